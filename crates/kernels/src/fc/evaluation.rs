//! Evaluation mode: a few examples at a time through all blocks, so that their rows stay in the cache.

use super::norm::{RowNorm, affine_add};
use super::rows::{Rows, transpose_out};
use super::{affine, layer, linear};
use crate::buffer::Buffer;
use crate::layout::FcLayout;
use crate::linalg::Start;
use crate::simd::Isa;

/// Examples that are taken at once.
const CHUNK: usize = 256;

/// Buffers for a chunk.
struct Scratch {
    input: Rows,
    h: Rows,
    next: Rows,
    rectified: Buffer,
    logits: Buffer,
}

/// Per-depth logits `[max_depth + 1, batch, n_classes]`; the lengths are checked by the engine.
pub(super) fn forward(
    isa: Isa,
    layout: &FcLayout,
    (params, statistics): (&[f32], &[f32]),
    input: &[f32],
    logits: &mut [f32],
) {
    let config = layout.config;
    let norms: Vec<RowNorm> = layout
        .blocks
        .iter()
        .zip(&layout.block_statistics)
        .map(|(block, ranges)| {
            let mut norm = RowNorm::new(config.width);
            let running = [&ranges.mean, &ranges.variance].map(|range| &statistics[range.clone()]);
            norm.set_running(running, affine(params, &block.norm));
            norm
        })
        .collect();
    let mut scratch = Scratch {
        input: Rows::default(),
        h: Rows::default(),
        next: Rows::default(),
        rectified: Buffer::default(),
        logits: Buffer::default(),
    };
    let of_depth = input.len() / config.n_inputs * config.n_classes;
    for (index, examples) in input.chunks(CHUNK * config.n_inputs).enumerate() {
        let batch = examples.len() / config.n_inputs;
        scratch.reserve(layout, batch);
        scratch.input.load(examples);
        let start = index * CHUNK * config.n_classes;
        let logits = logits
            .chunks_exact_mut(of_depth)
            .map(|logits| &mut logits[start..start + batch * config.n_classes]);
        scratch.run(isa, layout, (params, &norms), logits);
    }
}

impl Scratch {
    fn reserve(&mut self, layout: &FcLayout, batch: usize) {
        let config = layout.config;
        self.input.reserve(config.n_inputs, batch);
        self.h.reserve(config.width, batch);
        self.next.reserve(config.width, batch);
        self.rectified.resize(config.width * self.input.lanes());
        self.logits.resize(config.n_classes * self.input.lanes());
    }

    fn run<'a>(
        &mut self,
        isa: Isa,
        layout: &FcLayout,
        (params, norms): (&[f32], &[RowNorm]),
        logits: impl Iterator<Item = &'a mut [f32]>,
    ) {
        let (read_out, batch) = (&params[layout.read_out.affine()], self.input.batch());
        let stem = &params[layout.stem.affine()];
        linear(isa, stem, &self.input, Start::Zero, self.h.features_mut());
        for (depth, logits) in logits.enumerate() {
            if let Some(index) = depth.checked_sub(1) {
                let block = &params[layout.blocks[index].linear.affine()];
                linear(isa, block, &self.h, Start::Relu, &mut self.rectified);
                let layer = layer(&self.h, &self.rectified, batch);
                affine_add(isa, layer, &norms[index], self.next.features_mut());
                std::mem::swap(&mut self.h, &mut self.next);
            }
            linear(isa, read_out, &self.h, Start::Zero, &mut self.logits);
            transpose_out(&self.logits, self.h.lanes(), logits);
        }
    }
}
