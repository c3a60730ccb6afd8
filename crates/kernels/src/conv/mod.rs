//! The convolutional network: input block, pre-activation bottleneck blocks, and one output block for every depth.
//!
//! Activations are channels-last with channel counts padded to whole vectors. The padding stays zero through every
//! pass: a padded channel has zero weights, and its batch norm zero scale and shift.

mod block;
mod evaluation;
mod filter;
mod geometry;
mod head;
mod layout;
mod scratch;
mod stem;

pub use filter::Convolution;
pub use layout::{ConvBlockRanges, ConvBlockStatistics, ConvLayout, ConvShape};

use rayon::prelude::*;

use crate::buffer::Buffer;
use crate::norm::{add_input_gradient, add_row, group_moments};
use crate::simd::Isa;
use block::{Activation, BackwardBuffers, BlockState, BlockWeights, Pass};
use geometry::{Geometry, MAX_UNITS, unit_images};
use head::{Head, HeadState};
use scratch::with_scratch;
use stem::{Stem, StemGradient};

/// Buffers and padded weights of one convolutional network.
#[derive(Debug)]
pub struct ConvEngine {
    isa: Isa,
    layout: ConvLayout,
    geometry: Geometry,
    stem: Stem,
    blocks: Vec<BlockWeights>,
    head: Head,
    training: Option<Training>,
}

/// What a training pass keeps for its way back, and the buffers of both.
#[derive(Debug)]
struct Training {
    batch: usize,
    /// Depths that ran in the last pass.
    n_depths: usize,
    input: Vec<f32>,
    activations: Vec<Activation>,
    states: Vec<BlockState>,
    heads: Vec<HeadState>,
    moments: Buffer,
    gradient: Buffer,
    buffers: Option<BackwardBuffers>,
    stem_partials: Vec<StemGradient>,
}

impl ConvEngine {
    /// An engine for networks of the given shape, with the fastest instruction set of this CPU.
    pub fn new(shape: ConvShape) -> Self {
        Self::with(shape, Convolution::default(), Isa::detect())
    }

    /// The same with a given algorithm for the 3x3 convolutions and a given instruction set.
    pub fn with(shape: ConvShape, convolution: Convolution, isa: Isa) -> Self {
        let layout = ConvLayout::new(shape);
        Self {
            isa,
            geometry: Geometry::new(shape, convolution),
            stem: Stem::new(shape),
            blocks: vec![BlockWeights::new(shape, convolution); shape.max_depth],
            head: Head::new(&layout),
            training: None,
            layout,
        }
    }

    /// Where parameters and statistics lie.
    pub fn layout(&self) -> &ConvLayout {
        &self.layout
    }

    /// Training pass: per-depth logits `[depth + 1, batch, n_classes]` of `input`, `[batch, channels, height, width]`.
    ///
    /// The length of `logits` says how deep to go: blocks beyond that depth do not run. Writes the mean and the unbiased
    /// variance of the input of each batch norm that ran into `statistics`. The state for [`Self::backward`] is kept until
    /// the next training pass.
    ///
    /// # Panics
    /// If a slice does not have the length that the shape gives it.
    pub fn forward_train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]) {
        let (batch, n_depths) = self.check(params, input, statistics, logits);
        self.load(params);
        let mut training = self.training.take().unwrap_or_else(|| self.training());
        self.fit(&mut training, batch, n_depths);
        training.input.copy_from_slice(input);
        self.forward_stem(&mut training);
        let pass = self.pass(batch);
        for (index, weights) in self.blocks[..n_depths - 1].iter().enumerate() {
            let (before, after) = training.activations.split_at_mut(index + 1);
            let (before, after, state) = (&before[index], &mut after[0], &mut training.states[index]);
            pass.forward(weights, before, state, after, &mut training.moments);
            state.store_statistics(&self.layout.block_statistics[index], statistics);
        }
        let outer = self.geometry.outer;
        let heads = &mut training.heads[..n_depths];
        for (head, activation) in heads.iter_mut().zip(&training.activations) {
            for (pooled, moments) in head
                .pooled
                .chunks_exact_mut(outer)
                .zip(activation.moments.chunks_exact(2 * outer))
            {
                pooled.copy_from_slice(&moments[..outer]);
            }
        }
        self.head
            .forward_train(self.isa, &self.layout, heads, statistics, logits);
        self.training = Some(training);
    }

    /// Gradient of a function of the logits of the last training pass: adds to `d_params` what `d_logits` gives.
    ///
    /// # Panics
    /// If there was no training pass, or a slice does not have the length that the shape gives it.
    pub fn backward(&mut self, d_logits: &[f32], d_params: &mut [f32]) {
        let mut training = self.training.take().expect("a training pass comes first");
        let shape = self.layout.shape;
        assert_eq!(d_params.len(), self.layout.n_params, "gradient of the parameters");
        assert_eq!(
            d_logits.len(),
            training.n_depths * training.batch * shape.n_classes,
            "gradient of the logits"
        );
        let n_blocks = training.n_depths - 1;
        let heads = &mut training.heads[..=n_blocks];
        self.head.backward(self.isa, &self.layout, heads, d_logits, d_params);
        training.gradient.fill(0.0);
        let pass = self.pass(training.batch);
        for index in (0..n_blocks).rev() {
            self.finish_activation_gradient(&mut training, index + 1);
            let Training {
                activations,
                states,
                gradient,
                buffers,
                ..
            } = &mut training;
            let buffers = buffers.as_mut().expect("made with the states");
            let block = (&self.blocks[index], &self.layout.blocks[index]);
            pass.backward(
                block,
                &activations[index],
                &mut states[index],
                gradient,
                (buffers, d_params),
            );
        }
        self.finish_activation_gradient(&mut training, 0);
        self.backward_stem(&mut training, d_params);
        self.training = Some(training);
    }

    /// Evaluation pass with running statistics: per-depth logits `[max_depth + 1, batch, n_classes]`.
    ///
    /// # Panics
    /// If a slice does not have the length that the shape gives it.
    pub fn forward_eval(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        let (_, n_depths) = self.check(params, input, statistics, logits);
        assert_eq!(n_depths, self.blocks.len() + 1, "depths");
        self.load(params);
        let blocks: Vec<_> = self
            .blocks
            .iter()
            .zip(&self.layout.block_statistics)
            .map(|(weights, ranges)| evaluation::FoldedBlock::new(self.isa, weights, ranges, statistics, self.geometry))
            .collect();
        let pooled = evaluation::pixel_means(self.isa, self.geometry, &self.stem, &blocks, input);
        self.head
            .forward_eval(self.isa, &self.layout, statistics, &pooled, logits);
    }

    /// Batch and number of depths.
    fn check(&self, params: &[f32], input: &[f32], statistics: &[f32], logits: &[f32]) -> (usize, usize) {
        let shape = self.layout.shape;
        let batch = input.len() / shape.image_len();
        assert_eq!(params.len(), self.layout.n_params, "parameters");
        assert_eq!(statistics.len(), self.layout.n_statistics, "statistics");
        assert_eq!(input.len(), batch * shape.image_len(), "inputs");
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
        self.head.load(params, &self.layout);
        let (isa, blocks) = (self.isa, self.blocks.par_iter_mut().zip(&self.layout.blocks));
        blocks.for_each(|(block, ranges)| block.load(isa, params, ranges));
    }

    fn pass(&self, batch: usize) -> Pass {
        Pass {
            isa: self.isa,
            geometry: self.geometry,
            batch,
        }
    }

    fn training(&self) -> Training {
        let n_depths = self.blocks.len() + 1;
        Training {
            batch: 0,
            n_depths: 1,
            input: Vec::new(),
            activations: vec![Activation::default(); n_depths],
            states: vec![BlockState::new(self.geometry); self.blocks.len()],
            heads: vec![self.head.state(); n_depths],
            moments: Buffer::default(),
            gradient: Buffer::default(),
            buffers: self.blocks.first().map(BackwardBuffers::new),
            stem_partials: vec![self.stem.gradient(); MAX_UNITS],
        }
    }

    /// Makes room for `batch` images and `n_depths` depths; smaller ones leave the larger ones' memory in place.
    fn fit(&self, training: &mut Training, batch: usize, n_depths: usize) {
        let g = self.geometry;
        (training.batch, training.n_depths) = (batch, n_depths);
        training.input.resize(batch * self.layout.shape.image_len(), 0.0);
        for activation in &mut training.activations[..n_depths] {
            activation.fit(g, batch);
        }
        for state in &mut training.states[..n_depths - 1] {
            state.fit(g, batch);
        }
        for head in &mut training.heads[..n_depths] {
            self.head.fit(head, batch);
        }
        training.moments.resize(batch * 2 * g.inner);
        training.gradient.resize(batch * g.outer_len());
        training.buffers.iter_mut().for_each(|buffers| buffers.fit(g, batch));
    }

    fn forward_stem(&self, training: &mut Training) {
        let (g, images) = (self.geometry, unit_images(training.batch));
        let image_len = self.layout.shape.image_len();
        let Activation { values, moments } = &mut training.activations[0];
        let results = values
            .par_chunks_mut(images * g.outer_len())
            .zip(moments.par_chunks_mut(images * 2 * g.outer));
        training
            .input
            .par_chunks(images * image_len)
            .zip(results)
            .for_each(|(input, (values, moments))| {
                with_scratch(g, self.stem.patch_len(), |scratch| {
                    let results = values
                        .chunks_exact_mut(g.outer_len())
                        .zip(moments.chunks_exact_mut(2 * g.outer));
                    for (image, (values, moments)) in input.chunks_exact(image_len).zip(results) {
                        self.stem.gather(image, &mut scratch.patches);
                        self.stem.forward(self.isa, &scratch.patches, values);
                        group_moments(self.isa, values, moments);
                    }
                });
            });
    }

    /// Adds to the running gradient what the output block at `depth` and the block above it give for their input.
    fn finish_activation_gradient(&self, training: &mut Training, depth: usize) {
        let (isa, g) = (self.isa, self.geometry);
        let Training {
            activations,
            states,
            heads,
            gradient,
            buffers,
            ..
        } = training;
        let d_pooled = &mut heads[depth].d_pooled;
        d_pooled.iter_mut().for_each(|d| *d /= g.pixels() as f32);
        let images = gradient
            .par_chunks_exact_mut(g.outer_len())
            .zip(d_pooled.par_chunks_exact(g.outer));
        let above = states[..training.n_depths - 1].get(depth);
        match (above, buffers) {
            (Some(BlockState { norms: [norm, ..], .. }), Some(buffers)) => {
                let d_above = buffers.outer.par_chunks_exact(g.outer_len());
                let images = images.zip(d_above.zip(activations[depth].values.par_chunks_exact(g.outer_len())));
                images.for_each(|((total, pooled), (d, x))| {
                    add_input_gradient(isa, total, d, x, norm, pooled);
                });
            }
            _ => images.for_each(|(total, pooled)| add_row(isa, total, pooled)),
        }
    }

    fn backward_stem(&self, training: &mut Training, d_params: &mut [f32]) {
        let (g, images) = (self.geometry, unit_images(training.batch));
        let image_len = self.layout.shape.image_len();
        training.stem_partials.iter_mut().for_each(StemGradient::clear);
        let gradients = training.gradient.par_chunks(images * g.outer_len());
        let units = training.input.par_chunks(images * image_len).zip(gradients);
        units
            .zip(&mut training.stem_partials)
            .for_each(|((input, d), partial)| {
                partial.clear();
                with_scratch(g, self.stem.patch_len(), |scratch| {
                    for (image, d) in input.chunks_exact(image_len).zip(d.chunks_exact(g.outer_len())) {
                        self.stem.gather(image, &mut scratch.patches);
                        self.stem.backward(self.isa, &scratch.patches, d, partial);
                    }
                });
            });
        for partial in &training.stem_partials {
            self.stem.unload(partial, &self.layout.stem, d_params);
        }
    }
}
