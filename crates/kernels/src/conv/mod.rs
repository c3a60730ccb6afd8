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
mod training;

pub use filter::Convolution;
pub use layout::{ConvBlockRanges, ConvBlockStatistics, ConvLayout, ConvShape};

use rayon::prelude::*;

use crate::simd::Isa;
use block::{BlockWeights, Incoming, Pass};
use geometry::Geometry;
use head::Head;
use stem::Stem;
use training::Training;

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
    /// Whether the weights are those of the last training pass; an evaluation in between loads its own.
    holds_trained_weights: bool,
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
            holds_trained_weights: false,
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
        in_pool(|| self.train(params, input, statistics, logits));
    }

    fn train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]) {
        let (batch, n_depths) = self.check(params, input, statistics, logits);
        self.load(params);
        self.holds_trained_weights = true;
        let mut training = self.training.take().unwrap_or_else(|| self.training());
        self.fit(&mut training, batch, n_depths);
        training.params.copy_from_slice(params);
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
        in_pool(|| self.go_back(d_logits, d_params));
    }

    fn go_back(&mut self, d_logits: &[f32], d_params: &mut [f32]) {
        let mut training = self.training.take().expect("a training pass comes first");
        let shape = self.layout.shape;
        assert_eq!(d_params.len(), self.layout.n_params, "gradient of the parameters");
        assert_eq!(
            d_logits.len(),
            training.n_depths * training.batch * shape.n_classes,
            "gradient of the logits"
        );
        if !self.holds_trained_weights {
            self.load(&training.params);
            self.holds_trained_weights = true;
        }
        let n_blocks = training.n_depths - 1;
        let heads = &mut training.heads[..=n_blocks];
        self.head.backward(
            self.isa,
            &self.layout,
            heads,
            (d_logits, self.geometry.pixels()),
            d_params,
        );
        training.gradient.fill(0.0);
        let pass = self.pass(training.batch);
        for index in (0..n_blocks).rev() {
            self.block_back(pass, &mut training, index, d_params);
        }
        self.backward_stem(&mut training, d_params);
        self.training = Some(training);
    }

    fn block_back(&self, pass: Pass, training: &mut Training, index: usize, d_params: &mut [f32]) {
        let n_blocks = training.n_depths - 1;
        let Training {
            activations,
            states,
            heads,
            gradient,
            buffers,
            ..
        } = training;
        let (states, above) = states[..n_blocks].split_at_mut(index + 1);
        let incoming = Incoming {
            total: gradient,
            of_head: &heads[index + 1].d_pooled,
            above: above
                .first()
                .map(|state| (&*activations[index + 1].values, &state.norms[0])),
        };
        let buffers = buffers.as_mut().expect("made with the states");
        let block = (&self.blocks[index], &self.layout.blocks[index]);
        pass.backward(
            block,
            &activations[index],
            &mut states[index],
            incoming,
            (buffers, d_params),
        );
    }

    /// Evaluation pass with running statistics: per-depth logits `[max_depth + 1, batch, n_classes]`.
    ///
    /// # Panics
    /// If a slice does not have the length that the shape gives it.
    pub fn forward_eval(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        in_pool(|| self.evaluate(params, statistics, input, logits));
    }

    fn evaluate(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        let (_, n_depths) = self.check(params, input, statistics, logits);
        assert_eq!(n_depths, self.blocks.len() + 1, "depths");
        self.load(params);
        self.holds_trained_weights = false;
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
}

/// Runs a whole pass on one of the pool's threads: a parallel part that is begun from outside wakes the pool and then the
/// caller, and a pass has several parts for each block.
fn in_pool(pass: impl FnOnce() + Send) {
    rayon::scope(|_| pass());
}
