//! The fully connected network: `Linear`, residual blocks `h + BN(ReLU(Linear(h)))`, one linear read-out for every depth.
//!
//! It is tiny, so everything runs in the calling thread and a step allocates nothing once the buffers fit the batch.

mod dots;
mod evaluation;
mod norm;
mod rows;

use crate::buffer::Buffer;
use crate::engine::{Engine, Lengths};
use crate::layout::{FcConfig, FcLayout};
use crate::linalg::{Product, Start, multiply};
use crate::norm::Affine;
use crate::simd::Isa;
use dots::add_row_products;
use norm::{Layer, RowNorm, gradient, normalize_add};
use rows::{Rows, lanes_of, transpose_in, transpose_out};

/// Buffers of one fully connected network.
#[derive(Debug)]
pub struct FcEngine {
    isa: Isa,
    layout: FcLayout,
    batch: usize,
    /// Depths that ran in the last training pass.
    n_depths: usize,
    params: Vec<f32>,
    input: Rows,
    activations: Vec<Rows>,
    /// `ReLU(Linear(h))` of each block.
    rectified: Vec<Buffer>,
    norms: Vec<RowNorm>,
    logits: Buffer,
    /// With respect to the activations of the depth that the backward pass has reached.
    gradient: Buffer,
    /// With respect to the output of a block's linear map.
    d_linear: Buffer,
}

impl FcEngine {
    /// An engine for networks of the given sizes, with a given instruction set.
    pub fn new(config: FcConfig, isa: Isa) -> Self {
        let layout = FcLayout::new(config);
        Self {
            isa,
            batch: 0,
            n_depths: 1,
            params: vec![0.0; layout.n_params],
            input: Rows::default(),
            activations: vec![Rows::default(); config.max_depth + 1],
            rectified: vec![Buffer::default(); config.max_depth],
            norms: vec![RowNorm::new(config.width); config.max_depth],
            logits: Buffer::default(),
            gradient: Buffer::default(),
            d_linear: Buffer::default(),
            layout,
        }
    }

    /// Takes `self.gradient` from the block's output to its input.
    fn backward_block(&mut self, index: usize, d_params: &mut [f32]) {
        let (isa, width, lanes) = (self.isa, self.layout.config.width, self.input.lanes());
        let (ranges, h) = (&self.layout.blocks[index], &self.activations[index]);
        let (layer, norm) = (Layer::new(h, &self.rectified[index]), &self.norms[index]);
        let d_affine = ranges.norm.split_mut(d_params);
        gradient(isa, &self.gradient, layer, norm, d_affine, &mut self.d_linear);
        let (shape, d_linear) = ([width + 1, width, lanes], &mut d_params[ranges.linear.affine()]);
        add_row_products(isa, h.all(), &self.d_linear, shape, d_linear);
        let weight = &self.params[ranges.linear.weight.clone()];
        linear_backward(isa, weight, &self.d_linear, lanes, &mut self.gradient);
    }

    fn lengths(&self) -> Lengths {
        Lengths {
            n_params: self.layout.n_params,
            n_statistics: self.layout.n_statistics,
            example_len: self.layout.config.n_inputs,
            n_classes: self.layout.config.n_classes,
            max_depth: self.layout.config.max_depth,
        }
    }

    /// Makes room for `batch` examples and `n_depths` depths; smaller ones leave the larger ones' memory in place.
    fn reserve(&mut self, batch: usize, n_depths: usize) {
        let FcConfig {
            n_inputs,
            width,
            n_classes,
            ..
        } = self.layout.config;
        let lanes = lanes_of(batch);
        (self.batch, self.n_depths) = (batch, n_depths);
        self.input.reserve(n_inputs, batch);
        self.activations[..n_depths]
            .iter_mut()
            .for_each(|rows| rows.reserve(width, batch));
        self.rectified[..n_depths - 1]
            .iter_mut()
            .for_each(|rows| rows.resize(width * lanes));
        self.logits.resize(n_classes * lanes);
        self.gradient.resize(width * lanes);
        self.d_linear.resize(width * lanes);
    }
}

impl Engine for FcEngine {
    fn n_params(&self) -> usize {
        self.layout.n_params
    }

    fn n_statistics(&self) -> usize {
        self.layout.n_statistics
    }

    fn forward_train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]) {
        let (batch, n_depths) = self.lengths().check(params, input, statistics, logits);
        self.params.copy_from_slice(params);
        self.reserve(batch, n_depths);
        self.input.load(input);
        let isa = self.isa;
        let stem = &params[self.layout.stem.affine()];
        self.input
            .linear(isa, stem, Start::Zero, self.activations[0].features_mut());
        for index in 0..n_depths - 1 {
            let (ranges, norm) = (&self.layout.blocks[index], &mut self.norms[index]);
            let (before, after) = self.activations.split_at_mut(index + 1);
            let (h, x) = (&before[index], &mut self.rectified[index]);
            h.linear(isa, &params[ranges.linear.affine()], Start::Relu, x);
            let (affine, y) = (Affine::new(params, &ranges.norm), after[0].features_mut());
            normalize_add(isa, Layer::new(h, x), affine, norm, y);
            norm.norm
                .store_statistics(&self.layout.block_statistics[index], statistics);
        }
        let read_out = &params[self.layout.read_out.affine()];
        let of_depth = logits.chunks_exact_mut(batch * self.layout.config.n_classes);
        for (h, logits) in self.activations.iter().zip(of_depth) {
            h.linear(isa, read_out, Start::Zero, &mut self.logits);
            transpose_out(&self.logits, h.lanes(), logits);
        }
    }

    fn backward(&mut self, d_logits: &[f32], d_params: &mut [f32]) {
        let isa = self.isa;
        let FcConfig {
            n_inputs,
            width,
            n_classes,
            ..
        } = self.layout.config;
        assert!(self.batch > 0, "a training pass comes first");
        self.lengths()
            .check_backward(self.batch, self.n_depths, d_logits, d_params);
        let lanes = self.input.lanes();
        self.gradient.fill(0.0);
        self.logits.fill(0.0);
        for (depth, d_logits) in d_logits.chunks_exact(self.batch * n_classes).enumerate().rev() {
            transpose_in(d_logits, lanes, &mut self.logits);
            let (h, read_out) = (&self.activations[depth], self.layout.read_out.clone());
            let shape = [width + 1, n_classes, lanes];
            add_row_products(isa, h.all(), &self.logits, shape, &mut d_params[read_out.affine()]);
            linear_backward(
                isa,
                &self.params[read_out.weight],
                &self.logits,
                lanes,
                &mut self.gradient,
            );
            if let Some(index) = depth.checked_sub(1) {
                self.backward_block(index, d_params);
            }
        }
        let shape = [n_inputs + 1, width, lanes];
        let d_stem = &mut d_params[self.layout.stem.affine()];
        add_row_products(isa, self.input.all(), &self.gradient, shape, d_stem);
    }

    fn forward_eval(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        self.lengths().check_eval(params, input, statistics, logits);
        evaluation::forward(self.isa, &self.layout, params, statistics, input, logits);
    }
}

/// `d_h += Wᵀ d_y`.
fn linear_backward(isa: Isa, weight: &[f32], d_y: &[f32], lanes: usize, d_h: &mut [f32]) {
    let n_out = d_y.len() / lanes;
    let product = Product::dense(weight.len() / n_out, n_out, lanes);
    multiply(isa, &product, weight, d_y, d_h, Start::Accumulate);
}
