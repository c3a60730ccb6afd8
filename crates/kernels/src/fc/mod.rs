//! The fully connected network: `Linear`, residual blocks `h + BN(ReLU(Linear(h)))`, one linear read-out for every depth.
//!
//! It is tiny, so everything runs in the calling thread and a step allocates nothing once the buffers fit the batch.

mod layout;

pub use layout::{FcBlockRanges, FcLayout, FcShape};

use crate::linear::{Linear, LinearGradient};
use crate::norm::Norm;
use crate::residual_linear::{ResidualLinear, ResidualLinearGradient, Saved};
use crate::simd::{Isa, padded};

/// Buffers and padded weights of one fully connected network.
#[derive(Debug)]
pub struct FcEngine {
    isa: Isa,
    layout: FcLayout,
    stem: Linear,
    blocks: Vec<ResidualLinear>,
    read_out: Linear,
    batch: usize,
    /// Depths that ran in the last training pass.
    n_depths: usize,
    input: Vec<f32>,
    activations: Vec<Vec<f32>>,
    saved: Vec<Saved>,
    logits: Vec<f32>,
    gradient: Vec<f32>,
    stem_gradient: LinearGradient,
    block_gradient: ResidualLinearGradient,
    read_out_gradient: LinearGradient,
}

impl FcEngine {
    /// An engine for networks of the given shape, with the fastest instruction set of this CPU.
    pub fn new(shape: FcShape) -> Self {
        Self::with_isa(shape, Isa::detect())
    }

    /// The same with a given instruction set.
    pub fn with_isa(shape: FcShape, isa: Isa) -> Self {
        let stem = Linear::new(shape.n_inputs, shape.width);
        let read_out = Linear::new(shape.width, shape.n_classes);
        let block = ResidualLinear::new(shape.width);
        Self {
            isa,
            stem_gradient: stem.gradient(),
            block_gradient: block.gradient(),
            read_out_gradient: read_out.gradient(),
            stem,
            saved: vec![block.saved(); shape.max_depth],
            blocks: vec![block; shape.max_depth],
            read_out,
            batch: 0,
            n_depths: 1,
            input: Vec::new(),
            activations: vec![Vec::new(); shape.max_depth + 1],
            logits: Vec::new(),
            gradient: Vec::new(),
            layout: FcLayout::new(shape),
        }
    }

    /// Where parameters and statistics lie.
    pub fn layout(&self) -> &FcLayout {
        &self.layout
    }

    /// Training pass: per-depth logits `[depth + 1, batch, n_classes]` of `input`, `[batch, n_inputs]`.
    ///
    /// The length of `logits` says how deep to go: blocks beyond that depth do not run. Writes the mean and the unbiased
    /// variance of the input of each batch norm that ran into `statistics`, laid out as the running statistics. The state for [`Self::backward`] is kept until the next training pass.
    ///
    /// # Panics
    /// If a slice does not have the length that the shape gives it.
    pub fn forward_train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]) {
        let (batch, n_depths) = self.check(params, input, logits);
        assert_eq!(statistics.len(), self.layout.n_statistics, "statistics");
        self.load(params);
        self.fit(batch);
        self.n_depths = n_depths;
        pad_rows(input, self.layout.shape.n_inputs, &mut self.input);
        self.stem.forward(self.isa, &self.input, &mut self.activations[0]);
        for (depth, block) in self.blocks[..n_depths - 1].iter().enumerate() {
            let (before, after) = self.activations.split_at_mut(depth + 1);
            block.forward_train(self.isa, &before[depth], &mut self.saved[depth], &mut after[0]);
            let ranges = &self.layout.block_statistics[depth];
            let width = self.layout.shape.width;
            statistics[ranges.first.clone()].copy_from_slice(&self.saved[depth].norm.mean[..width]);
            statistics[ranges.second.clone()].copy_from_slice(&self.saved[depth].norm.unbiased_variance[..width]);
        }
        self.read_out_all(logits);
    }

    /// Gradient of a function of the logits of the last training pass: adds to `d_params` what `d_logits` gives.
    ///
    /// # Panics
    /// If a slice does not have the length that the shape gives it.
    pub fn backward(&mut self, d_logits: &[f32], d_params: &mut [f32]) {
        let (isa, n_classes) = (self.isa, self.layout.shape.n_classes);
        assert_eq!(d_params.len(), self.layout.n_params, "gradient of the parameters");
        assert_eq!(
            d_logits.len(),
            self.n_depths * self.batch * n_classes,
            "gradient of the logits"
        );
        self.read_out_gradient.clear();
        self.gradient.fill(0.0);
        let depths = d_logits.chunks_exact(self.batch * n_classes).enumerate().rev();
        for (depth, d_logits) in depths {
            pad_rows(d_logits, n_classes, &mut self.logits);
            let h = &self.activations[depth];
            self.read_out
                .parameter_gradient(isa, h, &self.logits, &mut self.read_out_gradient);
            self.read_out.input_gradient_add(isa, &self.logits, &mut self.gradient);
            if let Some(index) = depth.checked_sub(1) {
                let (block, ranges) = (&self.blocks[index], &self.layout.blocks[index]);
                self.block_gradient.clear();
                let h = &self.activations[index];
                block.backward(
                    isa,
                    h,
                    &mut self.saved[index],
                    &mut self.gradient,
                    &mut self.block_gradient,
                );
                block.unload(&self.block_gradient, &ranges.linear, &ranges.norm, d_params);
            }
        }
        self.stem_gradient.clear();
        self.stem
            .parameter_gradient(isa, &self.input, &self.gradient, &mut self.stem_gradient);
        self.stem.unload(&self.stem_gradient, &self.layout.stem, d_params);
        self.read_out
            .unload(&self.read_out_gradient, &self.layout.read_out, d_params);
    }

    /// Evaluation pass with running statistics: per-depth logits `[max_depth + 1, batch, n_classes]`.
    ///
    /// # Panics
    /// If a slice does not have the length that the shape gives it.
    pub fn forward_eval(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        let (batch, n_depths) = self.check(params, input, logits);
        assert_eq!(n_depths, self.blocks.len() + 1, "depths");
        assert_eq!(statistics.len(), self.layout.n_statistics, "statistics");
        self.load(params);
        let (isa, shape) = (self.isa, self.layout.shape);
        let mut rows = vec![0.0; batch * self.stem.padded_in()];
        pad_rows(input, shape.n_inputs, &mut rows);
        let mut h = vec![0.0; batch * padded(shape.width)];
        let (mut next, mut rectified) = (h.clone(), h.clone());
        let mut padded_logits = vec![0.0; batch * self.read_out.padded_out()];
        let mut norm = Norm::new(padded(shape.width));
        self.stem.forward(isa, &rows, &mut h);
        for (depth, logits) in logits.chunks_exact_mut(batch * shape.n_classes).enumerate() {
            if let Some(index) = depth.checked_sub(1) {
                let (block, ranges) = (&self.blocks[index], &self.layout.block_statistics[index]);
                block.set_running(
                    &mut norm,
                    &statistics[ranges.first.clone()],
                    &statistics[ranges.second.clone()],
                );
                block.forward_eval(isa, &h, &norm, &mut rectified, &mut next);
                std::mem::swap(&mut h, &mut next);
            }
            self.read_out.forward(isa, &h, &mut padded_logits);
            unpad_rows(&padded_logits, shape.n_classes, logits);
        }
    }

    /// Batch and number of depths.
    fn check(&self, params: &[f32], input: &[f32], logits: &[f32]) -> (usize, usize) {
        let shape = self.layout.shape;
        let batch = input.len() / shape.n_inputs;
        assert_eq!(params.len(), self.layout.n_params, "parameters");
        assert_eq!(input.len(), batch * shape.n_inputs, "inputs");
        let n_depths = logits.len() / (batch * shape.n_classes).max(1);
        assert!(
            (1..=shape.max_depth + 1).contains(&n_depths),
            "logits of {n_depths} depths"
        );
        assert_eq!(logits.len(), n_depths * batch * shape.n_classes, "logits");
        (batch, n_depths)
    }

    fn load(&mut self, params: &[f32]) {
        self.stem.load(params, &self.layout.stem);
        self.read_out.load(params, &self.layout.read_out);
        for (block, ranges) in self.blocks.iter_mut().zip(&self.layout.blocks) {
            block.load(params, &ranges.linear, &ranges.norm);
        }
    }

    /// Makes room for `batch` examples; a smaller batch leaves the larger one's memory in place.
    fn fit(&mut self, batch: usize) {
        let width = padded(self.layout.shape.width);
        self.batch = batch;
        self.input.resize(batch * self.stem.padded_in(), 0.0);
        self.logits.resize(batch * self.read_out.padded_out(), 0.0);
        self.gradient.resize(batch * width, 0.0);
        self.activations
            .iter_mut()
            .for_each(|rows| rows.resize(batch * width, 0.0));
        self.blocks
            .iter()
            .zip(&mut self.saved)
            .for_each(|(block, saved)| block.fit(saved, batch));
    }

    fn read_out_all(&mut self, logits: &mut [f32]) {
        let n_classes = self.layout.shape.n_classes;
        for (h, out) in self
            .activations
            .iter()
            .zip(logits.chunks_exact_mut(self.batch * n_classes))
        {
            self.read_out.forward(self.isa, h, &mut self.logits);
            unpad_rows(&self.logits, n_classes, out);
        }
    }
}

/// Copies rows of `width` into rows padded to whole vectors; the padding is left as it is.
pub(crate) fn pad_rows(from: &[f32], width: usize, to: &mut [f32]) {
    for (from, to) in from.chunks_exact(width).zip(to.chunks_exact_mut(padded(width))) {
        to[..width].copy_from_slice(from);
    }
}

/// Copies rows of `width` out of rows padded to whole vectors.
pub(crate) fn unpad_rows(from: &[f32], width: usize, to: &mut [f32]) {
    for (from, to) in from.chunks_exact(padded(width)).zip(to.chunks_exact_mut(width)) {
        to.copy_from_slice(&from[..width]);
    }
}
