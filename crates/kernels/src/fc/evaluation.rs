//! Evaluation mode: a few examples at a time through all blocks, so that their rows stay in the cache.

use super::norm::{Layer, affine_add};
use super::rows::{Rows, transpose_out};
use crate::buffer::Buffer;
use crate::layout::FcLayout;
use crate::linalg::Start;
use crate::norm::{Affine, Norm};
use crate::simd::Isa;

/// Examples that are taken at once.
const CHUNK: usize = 256;

/// Per-depth logits `[max_depth + 1, batch, n_classes]`; the lengths are checked by the engine.
pub(super) fn forward(
    isa: Isa,
    layout: &FcLayout,
    params: &[f32],
    statistics: &[f32],
    input: &[f32],
    logits: &mut [f32],
) {
    let config = layout.config;
    let norms: Vec<Norm> = layout
        .blocks
        .iter()
        .zip(&layout.block_statistics)
        .map(|(block, ranges)| Norm::running(config.width, statistics, ranges, Affine::new(params, &block.norm)))
        .collect();
    let (stem, read_out) = (&params[layout.stem.affine()], &params[layout.read_out.affine()]);
    let [mut rows, mut h, mut next] = [(); 3].map(|()| Rows::default());
    let (mut rectified, mut logit_rows) = (Buffer::default(), Buffer::default());
    let of_depth = input.len() / config.n_inputs * config.n_classes;
    for (index, examples) in input.chunks(CHUNK * config.n_inputs).enumerate() {
        let batch = examples.len() / config.n_inputs;
        rows.reserve(config.n_inputs, batch);
        h.reserve(config.width, batch);
        next.reserve(config.width, batch);
        rectified.resize(config.width * rows.lanes());
        logit_rows.resize(config.n_classes * rows.lanes());
        rows.load(examples);
        rows.linear(isa, stem, Start::Zero, h.features_mut());
        let start = index * CHUNK * config.n_classes;
        for (depth, logits) in logits.chunks_exact_mut(of_depth).enumerate() {
            if let Some(block) = depth.checked_sub(1) {
                let affine = &params[layout.blocks[block].linear.affine()];
                h.linear(isa, affine, Start::Relu, &mut rectified);
                affine_add(isa, Layer::new(&h, &rectified), &norms[block], next.features_mut());
                std::mem::swap(&mut h, &mut next);
            }
            h.linear(isa, read_out, Start::Zero, &mut logit_rows);
            let logits = &mut logits[start..start + batch * config.n_classes];
            transpose_out(&logit_rows, h.lanes(), logits);
        }
    }
}
