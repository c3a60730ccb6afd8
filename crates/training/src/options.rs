//! How a network is trained, in plain fields.

use serde::{Deserialize, Serialize};
use vds_model::{HeadStatistics, Schedule};
use vds_variational::{DepthPosterior, DepthPrior};

/// Everything that decides a training run beside the network and the data.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainOptions {
    /// What is minimized.
    pub objective: Objective,
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Momentum, in `[0, 1)`.
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
    /// Running statistics of a convolutional network's output block that epochs are compared with. Training does not read them.
    pub head_statistics: HeadStatistics,
    /// Seed of the initial parameters and of the order of the examples.
    pub seed: u64,
}

impl TrainOptions {
    /// The published optimizer, learning rate 0.1 and momentum 0.5, with batches of 128 for `epochs` epochs. The last epoch's
    /// weights are kept.
    pub fn new(objective: Objective, epochs: usize) -> Self {
        Self {
            objective,
            learning_rate: 0.1,
            momentum: 0.5,
            schedule: Schedule::Constant,
            batch_size: 128,
            epochs,
            skip_tail_mass: None,
            early_stopping: EarlyStopping {
                metric: Metric::TrainElbo,
                restore_best: false,
                patience: None,
            },
            head_statistics: HeadStatistics::PerDepth,
            seed: 0,
        }
    }

    /// The learning rate in `epoch`, counted from 0.
    pub fn learning_rate_in(&self, epoch: usize) -> f64 {
        self.schedule.rate(self.learning_rate, epoch)
    }
}

/// What is minimized.
#[derive(Clone, Debug, PartialEq)]
pub enum Objective {
    /// The negative ELBO of a posterior over depth.
    LearntDepth {
        /// One entry per depth.
        prior: DepthPrior,
        /// How the posterior changes in training.
        posterior: PosteriorUpdate,
    },
    /// The negative log-likelihood of the deepest depth.
    DeterministicDepth,
}

impl Objective {
    /// The negative ELBO with the published update of the posterior.
    pub fn published(prior: DepthPrior) -> Self {
        Self::LearntDepth {
            prior,
            posterior: PosteriorUpdate::Published,
        }
    }
}

/// How the posterior over depth changes in training.
#[derive(Clone, Debug, PartialEq)]
pub enum PosteriorUpdate {
    /// Gradient descent on its logits with the weights' learning rate, schedule and momentum, as in the published code. The
    /// gradient is that of the loss per example: on images the posterior hardly moves.
    Published,
    /// Gradient descent on its logits with settings of its own.
    Sgd {
        /// Learning rate.
        learning_rate: LogitsRate,
        /// Momentum, in `[0, 1)`.
        momentum: f64,
        /// Learning rate over the epochs.
        schedule: Schedule,
    },
    /// Coordinate ascent: after every step the posterior moves towards the exact maximizer of the ELBO, for the running means of
    /// the depths' negative log-likelihoods.
    ClosedForm {
        /// Epochs in which the posterior stays uniform, so that every depth is trained before they compete.
        warm_up_epochs: usize,
        /// Share of the way to the maximizer in a step, in `(0, 1]`.
        damping: f64,
    },
    /// It does not change: deep supervision.
    Fixed(DepthPosterior),
}

/// The learning rate of the posterior's logits.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum LogitsRate {
    /// For the gradient of the loss, which is per example.
    PerExample(f64),
    /// For the gradient of the negative ELBO of the whole training set: the number of training examples times as much.
    PerDataset(f64),
}

impl LogitsRate {
    /// The rate for the gradient of the loss with `n_train` training examples.
    pub fn for_loss(self, n_train: usize) -> f64 {
        match self {
            Self::PerExample(rate) => rate,
            Self::PerDataset(rate) => rate * n_train as f64,
        }
    }
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
    /// What the published code maximizes on images, highest first: [`EpochMetrics::validation_elbo_nats`](vds_records::EpochMetrics::validation_elbo_nats).
    PublishedElbo,
}
