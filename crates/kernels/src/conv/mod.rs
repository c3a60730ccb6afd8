//! The convolutional network: input block, pre-activation bottleneck blocks, and one output block for every depth.
//!
//! Activations are channels-last with channel counts padded to whole vectors. The padding stays zero through every
//! pass: a padded channel has zero weights, and its batch norm zero scale and shift.

mod block;
mod evaluation;
mod filter;
mod geometry;
mod head;
mod network;
mod scratch;
mod stem;
mod training;

use crate::engine::{Engine, Lengths};
use crate::layout::ConvConfig;
use crate::simd::Isa;
use network::Network;
use training::Training;

/// Buffers and padded weights of one convolutional network.
#[derive(Debug)]
pub struct ConvEngine {
    network: Network,
    training: Option<Training>,
    /// Whether the weights are those of the last training pass; an evaluation in between packs its own.
    holds_trained_weights: bool,
}

impl ConvEngine {
    /// An engine for networks of the given sizes, with a given instruction set.
    pub fn new(config: ConvConfig, isa: Isa) -> Self {
        Self {
            network: Network::new(config, isa),
            training: None,
            holds_trained_weights: false,
        }
    }

    fn lengths(&self) -> Lengths {
        let layout = &self.network.layout;
        Lengths {
            n_params: layout.n_params,
            n_statistics: layout.n_statistics,
            example_len: layout.config.image_len(),
            n_classes: layout.config.n_classes,
            max_depth: layout.config.max_depth,
        }
    }
}

impl Engine for ConvEngine {
    fn n_params(&self) -> usize {
        self.network.layout.n_params
    }

    fn n_statistics(&self) -> usize {
        self.network.layout.n_statistics
    }

    fn forward_train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]) {
        let (batch, n_depths) = self.lengths().check(params, input, statistics, logits);
        in_pool(|| {
            self.network.pack_weights(params);
            self.holds_trained_weights = true;
            let training = self.training.get_or_insert_with(|| Training::new(&self.network));
            training.reserve(&self.network, batch, n_depths);
            training.forward(&self.network, params, input, statistics, logits);
        });
    }

    fn backward(&mut self, d_logits: &[f32], d_params: &mut [f32]) {
        let lengths = self.lengths();
        let training = self.training.as_mut().expect("a training pass comes first");
        lengths.check_backward(training.batch(), training.n_depths(), d_logits, d_params);
        in_pool(|| {
            if !self.holds_trained_weights {
                self.network.pack_weights(training.params());
                self.holds_trained_weights = true;
            }
            training.backward(&self.network, d_logits, d_params);
        });
    }

    fn forward_eval(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
        self.lengths().check_eval(params, input, statistics, logits);
        in_pool(|| {
            self.network.pack_weights(params);
            self.holds_trained_weights = false;
            evaluation::forward(&self.network, params, statistics, input, logits);
        });
    }
}

/// Runs a whole pass on one of the pool's threads: a parallel part that is begun from outside wakes the pool and then the
/// caller, and a pass has several parts for each block.
fn in_pool(pass: impl FnOnce() + Send) {
    rayon::scope(|_| pass());
}
