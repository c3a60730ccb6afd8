//! The convolutional network: input block, pre-activation bottleneck blocks, and one output block for every depth.
//!
//! Activations are channels-last with channel counts padded to whole vectors. The padding stays zero through every
//! pass: a padded channel has zero weights, and its batch norm zero scale and shift.

mod block;
mod evaluation;
mod filter;
mod geometry;
mod head;
mod scratch;
mod stem;
mod training;

use rayon::prelude::*;

use crate::engine::{Engine, Lengths};
use crate::layout::{ConvConfig, ConvLayout};
use crate::simd::Isa;
use block::{BlockPass, BlockWeights, Normed, UpstreamGrad};
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
    /// Whether the weights are those of the last training pass; an evaluation in between packs its own.
    holds_trained_weights: bool,
}

impl ConvEngine {
    /// An engine for networks of the given sizes, with a given instruction set.
    pub fn new(config: ConvConfig, isa: Isa) -> Self {
        let layout = ConvLayout::new(config);
        Self {
            isa,
            geometry: Geometry::new(&config),
            stem: Stem::new(config),
            blocks: vec![BlockWeights::new(&config); config.max_depth],
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

    fn train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]) {
        let (batch, n_depths) = self.lengths().check(params, input, statistics, logits);
        self.pack_weights(params);
        self.holds_trained_weights = true;
        let mut training = self.training.take().unwrap_or_else(|| self.training());
        self.reserve(&mut training, batch, n_depths);
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
        let channels = self.geometry.channels;
        let heads = &mut training.heads[..n_depths];
        for (head, activation) in heads.iter_mut().zip(&training.activations) {
            for (pooled, moments) in head
                .pooled
                .chunks_exact_mut(channels)
                .zip(activation.moments.chunks_exact(2 * channels))
            {
                pooled.copy_from_slice(&moments[..channels]);
            }
        }
        self.head
            .forward_train(self.isa, &self.layout, heads, statistics, logits);
        self.training = Some(training);
    }

    fn backpropagate(&mut self, d_logits: &[f32], d_params: &mut [f32]) {
        let mut training = self.training.take().expect("a training pass comes first");
        let config = self.layout.config;
        assert_eq!(d_params.len(), self.layout.n_params, "gradient of the parameters");
        assert_eq!(
            d_logits.len(),
            training.n_depths * training.batch * config.n_classes,
            "gradient of the logits"
        );
        if !self.holds_trained_weights {
            self.pack_weights(&training.params);
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
            self.backward_block(pass, &mut training, index, d_params);
        }
        self.backward_stem(&mut training, d_params);
        self.training = Some(training);
    }

    fn backward_block(&self, pass: BlockPass, training: &mut Training, index: usize, d_params: &mut [f32]) {
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
        let upstream = UpstreamGrad {
            total: gradient,
            of_head: &heads[index + 1].d_pooled,
            above: above
                .first()
                .map(|state| Normed::new(&activations[index + 1].values, &state.norms[0])),
        };
        let buffers = buffers.as_mut().expect("made with the states");
        let block = (&self.blocks[index], &self.layout.blocks[index]);
        pass.backward(
            block,
            &activations[index],
            &mut states[index],
            upstream,
            (buffers, d_params),
        );
    }

    fn evaluate(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        let (_, n_depths) = self.lengths().check(params, input, statistics, logits);
        assert_eq!(n_depths, self.blocks.len() + 1, "depths");
        self.pack_weights(params);
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

    fn lengths(&self) -> Lengths {
        let ConvLayout {
            config,
            n_params,
            n_statistics,
            ..
        } = self.layout;
        Lengths {
            n_params,
            n_statistics,
            example_len: config.image_len(),
            n_classes: config.n_classes,
            max_depth: config.max_depth,
        }
    }

    fn pack_weights(&mut self, params: &[f32]) {
        self.stem.pack_weights(params, &self.layout.stem);
        self.head.pack_weights(params, &self.layout);
        let (isa, blocks) = (self.isa, self.blocks.par_iter_mut().zip(&self.layout.blocks));
        blocks.for_each(|(block, ranges)| block.pack_weights(isa, params, ranges));
    }

    fn pass(&self, batch: usize) -> BlockPass {
        BlockPass {
            isa: self.isa,
            geometry: self.geometry,
            batch,
        }
    }
}

impl Engine for ConvEngine {
    fn n_params(&self) -> usize {
        self.layout.n_params
    }

    fn n_statistics(&self) -> usize {
        self.layout.n_statistics
    }

    fn forward_train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]) {
        in_pool(|| self.train(params, input, statistics, logits));
    }

    fn backward(&mut self, d_logits: &[f32], d_params: &mut [f32]) {
        in_pool(|| self.backpropagate(d_logits, d_params));
    }

    fn forward_eval(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        in_pool(|| self.evaluate(params, statistics, input, logits));
    }
}

/// Runs a whole pass on one of the pool's threads: a parallel part that is begun from outside wakes the pool and then the
/// caller, and a pass has several parts for each block.
fn in_pool(pass: impl FnOnce() + Send) {
    rayon::scope(|_| pass());
}
