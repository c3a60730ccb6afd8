//! How a network is trained, in plain fields.

use serde::{Deserialize, Serialize};
use vds_model::Schedule;
use vds_variational::DepthPrior;

/// Everything that decides a training run beside the network and the data.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// What is minimized.
    pub objective: Objective,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Momentum of the weights and of the posterior, in `[0, 1)`.
    pub momentum: f64,
    /// Learning rate over the epochs.
    pub schedule: Schedule,
    /// Examples of a step, at least 2.
    pub batch_size: usize,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Stop the forward pass at the first depth whose posterior tail mass is below this; `None` to run all blocks always.
    /// Every fifth epoch runs them all the same.
    pub skip_tail_mass: Option<f64>,
    /// Which epoch's weights are kept, and when training ends early.
    pub early_stopping: EarlyStopping,
    /// Seed of the initial parameters and of the order of the examples.
    pub seed: u64,
}

impl TrainOptions {
    /// The learning rate in `epoch`, counted from 0.
    pub fn learning_rate_in(&self, epoch: usize) -> f64 {
        self.schedule.rate(self.learning_rate, epoch)
    }
}

/// What is minimized.
#[derive(Clone, Debug, PartialEq)]
pub enum Objective {
    /// The negative ELBO over a posterior that is learnt with the weights. The prior has one entry per depth.
    LearntDepth(DepthPrior),
    /// The negative log-likelihood of the deepest depth.
    DeterministicDepth,
}

/// Which epoch's weights are kept, and when training ends early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EarlyStopping {
    /// By what epochs are compared.
    pub metric: Metric,
    /// Whether the weights of the best epoch are kept; else those of the last.
    pub restore_best: bool,
    /// Epochs without improvement after which training ends; `None` to run all epochs.
    pub patience: Option<usize>,
}

/// By what epochs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Metric {
    /// Negative log-likelihood of the marginal predictive on the selection split, lowest first.
    ValidationNll,
    /// Error rate of the marginal predictive on the selection split, lowest first.
    ValidationError,
    /// Evidence lower bound of the training set, highest first.
    TrainElbo,
}
