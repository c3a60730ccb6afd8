//! Sums over the steps of an epoch.

use serde::{Deserialize, Serialize};
use vds_records::EpochMetrics;
use vds_variational::DepthPosterior;

use crate::evaluation::MarginalScores;
use crate::learner::StepMeans;

/// Sums over the examples seen in an epoch so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Totals {
    n: usize,
    loss: f64,
    nll: f64,
    errors: usize,
}

/// What is known at the end of an epoch beside the sums.
#[derive(Clone, Debug)]
pub(crate) struct EpochEnd {
    pub(crate) epoch: usize,
    pub(crate) learning_rate: f64,
    pub(crate) kl: f64,
    pub(crate) posterior: DepthPosterior,
    pub(crate) validation: Option<MarginalScores>,
    /// The depth that the steps went to, where the options let them skip deeper ones.
    pub(crate) train_depth: Option<usize>,
}

impl Totals {
    pub(crate) fn add(&mut self, step: &StepMeans) {
        let batch = step.batch as f64;
        self.n += step.batch;
        self.loss += step.loss * batch;
        self.nll += step.nll * batch;
        self.errors += step.n_errors;
    }

    /// Whether these can be sums over `n_examples` examples; a checkpoint may come from elsewhere.
    pub(crate) fn match_count(&self, n_examples: usize) -> bool {
        self.n == n_examples && self.errors <= self.n && self.loss.is_finite() && self.nll.is_finite()
    }

    /// The record of the epoch.
    pub(crate) fn metrics(&self, end: EpochEnd) -> EpochMetrics {
        let n = self.n as f64;
        EpochMetrics {
            epoch: end.epoch,
            learning_rate: end.learning_rate,
            train_loss: self.loss / n,
            train_nll: self.nll / n,
            kl_nats: end.kl,
            // The loss of a batch is an unbiased estimate of -ELBO / n_train, if all depths ran.
            elbo_nats: -self.loss,
            train_error: self.errors as f64 / n,
            validation_error: end.validation.map(|scores| scores.error),
            validation_nll: end.validation.map(|scores| scores.nll),
            expected_depth: end.posterior.expected_depth(),
            posterior: end.posterior.probs().to_vec(),
            train_depth: end.train_depth,
        }
    }
}
