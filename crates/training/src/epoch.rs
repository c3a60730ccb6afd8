//! Sums over the steps of an epoch.

use serde::{Deserialize, Serialize};
use vds_records::EpochMetrics;
use vds_variational::{DepthPosterior, DepthPrior, PruningRule, exact_posterior, kl_divergence};

use crate::error::Result;
use crate::evaluation::EpochScores;
use crate::step::{StepMeans, to_f32};

/// Sums over the examples seen in an epoch so far.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Totals {
    n: usize,
    loss: f64,
    nll: f64,
    errors: usize,
    /// Over the steps: divergence from the prior, and their number.
    kl: f64,
    steps: usize,
    /// Of each depth that ran.
    depth_nll: Vec<f64>,
}

/// What is known at the end of an epoch beside the sums.
#[derive(Clone, Debug)]
pub(crate) struct EpochEnd {
    pub(crate) epoch: usize,
    pub(crate) learning_rate: f64,
    pub(crate) posterior: DepthPosterior,
    /// Of a depth that is learnt.
    pub(crate) prior: Option<DepthPrior>,
    pub(crate) validation: Option<EpochScores>,
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
        self.kl += step.kl;
        self.steps += 1;
        self.depth_nll.resize(step.depth_nll.len(), 0.0);
        for (total, nll) in self.depth_nll.iter_mut().zip(&step.depth_nll) {
            *total += nll * batch;
        }
    }

    /// Whether these can be sums over `n_examples` examples; a checkpoint may come from elsewhere.
    pub(crate) fn match_count(&self, n_examples: usize) -> bool {
        self.n == n_examples
            && self.errors <= self.n
            && self.loss.is_finite()
            && self.nll.is_finite()
            && self.kl.is_finite()
            && self.depth_nll.iter().all(|nll| nll.is_finite())
    }

    /// The record of the epoch.
    pub(crate) fn metrics(&self, end: EpochEnd) -> Result<EpochMetrics> {
        let n = self.n as f64;
        let n_depths = end.posterior.n_depths();
        let (mut kl, mut exact) = (0.0, None);
        if let Some(prior) = &end.prior {
            kl = kl_divergence(&end.posterior, prior)?;
            if self.depth_nll.len() == n_depths {
                let log_likelihoods: Vec<f64> = self.depth_nll.iter().map(|nll| -nll).collect();
                exact = Some(exact_posterior(prior, &log_likelihoods)?);
            }
        }
        // The evidence exceeds the bound by the divergence from the exact posterior.
        let gap = exact
            .as_ref()
            .map(|exact| kl_divergence(&end.posterior, &exact.clone().into()));
        let pruned = |posterior: &DepthPosterior| PruningRule::PAPER.pruned_depth(posterior, None);
        Ok(EpochMetrics {
            epoch: end.epoch,
            learning_rate: end.learning_rate,
            train_loss: self.loss / n,
            train_nll: self.nll / n,
            kl_nats: kl,
            // The loss of a batch is an unbiased estimate of -ELBO / n_train, if all depths ran.
            elbo_nats: -self.loss,
            elbo_gap_nats: gap.transpose()?,
            train_error: self.errors as f64 / n,
            validation_error: end.validation.as_ref().map(|scores| scores.error),
            validation_nll: end.validation.as_ref().map(|scores| scores.nll),
            validation_elbo_nats: end.validation.as_ref().map(|scores| {
                let kl_per_example = self.kl / self.steps as f64 / n;
                -(kl_per_example + scores.nll_of_batches) * scores.n as f64
            }),
            expected_depth: end.posterior.expected_depth(),
            pruned_depth: pruned(&end.posterior)?,
            exact_expected_depth: exact.as_ref().map(DepthPosterior::expected_depth),
            exact_pruned_depth: exact.as_ref().map(pruned).transpose()?,
            posterior: end.posterior.probs().to_vec(),
            exact_posterior: exact.map(|exact| narrow(exact.probs())),
            train_depth_nll: self.depth_nll.iter().map(|nll| to_f32(nll / n)).collect(),
            validation_depth_nll: end.validation.map(|scores| narrow(&scores.depth_nll)),
            train_depth: end.train_depth,
        })
    }
}

/// Lists of the log are in single precision: there is one for each depth and epoch.
fn narrow(values: &[f64]) -> Vec<f32> {
    values.iter().copied().map(to_f32).collect()
}
