//! What a run stores while it trains: one object per epoch, and the step that failed.

use serde::{Deserialize, Serialize};

/// A line of `metrics.jsonl`: one epoch.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Learning rate of the epoch.
    pub learning_rate: f64,
    /// Minimised loss, mean over the epoch's examples, nats per example.
    pub train_loss: f64,
    /// Expected negative log-likelihood under the posterior, nats per example (training mode).
    pub train_nll: f64,
    /// KL divergence of the posterior from the prior at the end of the epoch, nats.
    pub kl_nats: f64,
    /// Evidence lower bound of the training set, nats, from the epoch's minibatches.
    pub elbo_nats: f64,
    /// What the log evidence of the epoch's minibatches has above the bound with the posterior at the end of the epoch, nats:
    /// the divergence from [`Self::exact_posterior`]. `None` where the depth is deterministic or not all depths ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub elbo_gap_nats: Option<f64>,
    /// Error rate of the marginal predictive on the training minibatches.
    pub train_error: f64,
    /// Error rate of the marginal predictive on the selection split; `None` without one.
    pub validation_error: Option<f64>,
    /// Its negative log-likelihood, nats per example.
    pub validation_nll: Option<f64>,
    /// What the published code calls test ELBO, nats: minus the number of examples of the selection split times the sum of
    /// the NLL there, as the unweighted mean over batches of the training's size, and of the divergence per training example,
    /// as the mean over the epoch's steps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_elbo_nats: Option<f64>,
    /// Posterior probabilities at the end of the epoch.
    pub posterior: Vec<f64>,
    /// Their mean depth.
    pub expected_depth: f64,
    /// The depth that the paper's rule chooses from them.
    pub pruned_depth: usize,
    /// The exact maximizer of the bound for the per-depth losses of the epoch's minibatches, `[max_depth + 1]`; as
    /// [`Self::elbo_gap_nats`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_posterior: Option<Vec<f32>>,
    /// Its mean depth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_expected_depth: Option<f64>,
    /// The depth that the paper's rule chooses from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exact_pruned_depth: Option<usize>,
    /// Negative log-likelihood of each depth that ran, nats per example, over the epoch's minibatches (training mode).
    pub train_depth_nll: Vec<f32>,
    /// Negative log-likelihood of each depth alone on the selection split, nats per example.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_depth_nll: Option<Vec<f32>>,
    /// The depth that the epoch's steps went to, where the configuration lets them leave out the posterior's tail. If it is
    /// not the deepest, the training quantities take all deeper depths for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_depth: Option<usize>,
}

/// A training step in which a number became NaN or infinite, as stored in `nonfinite.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NonFiniteStep {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Step of the epoch, from 1.
    pub step: usize,
    /// The quantity.
    pub what: String,
    /// Its value: `NaN`, `inf` or `-inf`.
    pub value: String,
    /// Depth at which such a value first appeared, if that was found.
    pub depth: Option<usize>,
    /// The layer, as weight files name it.
    pub layer: Option<String>,
    /// The batch: indices into the training examples, in the order of the batch.
    pub batch: Vec<usize>,
    /// Their labels.
    pub labels: Vec<u32>,
}
