//! Scores as they are stored.

use serde::{Deserialize, Serialize};
use vds_calibration::ReliabilityBin;

/// Scores on one data split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScores {
    /// The predictive that marginalizes over the whole posterior.
    pub marginal: Scores,
    /// The predictive of the pruned network with its truncated posterior.
    pub pruned: Scores,
    /// Depth `max_depth` alone.
    pub deepest: Scores,
    /// Each depth alone, shallowest first.
    pub per_depth: Vec<DepthScores>,
}

/// Scores of one predictive distribution. Means are over examples.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Error rate.
    pub error: f64,
    /// Mean negative log-likelihood, nats; `null` in JSON (infinite) where a label has probability 0.
    #[serde(with = "infinite_as_null")]
    pub nll: f64,
    /// Expected calibration error of the top label, `ece_bins` equal-width (lo, hi] bins.
    pub ece: f64,
    /// Maximum calibration error over the same bins.
    pub mce: f64,
    /// Brier score, in [0, 2].
    pub brier: f64,
    /// Mean probability of the true class: the paper's 'test log-likelihood'.
    pub mean_true_probability: f64,
    /// The paper's notebook quantity that pools all class probabilities (see docs/DEVIATIONS.md); not an
    /// ECE. `None` if one of its bins is empty.
    pub paper_pooled_calibration: Option<f64>,
    /// Mean confidence.
    pub mean_confidence: f64,
    /// Mean predictive entropy, nats.
    pub predictive_entropy: f64,
    /// Mean expected entropy over depths (aleatoric part), nats.
    pub expected_entropy: f64,
    /// Mean mutual information of label and depth (epistemic part), nats.
    pub mutual_information: f64,
    /// The reliability diagram behind `ece`.
    pub reliability: Vec<ReliabilityBin>,
}

/// Scores of one depth alone.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DepthScores {
    /// Error rate.
    pub error: f64,
    /// Mean negative log-likelihood, nats; `null` in JSON (infinite) where a label has probability 0.
    #[serde(with = "infinite_as_null")]
    pub nll: f64,
    /// Expected calibration error of the top label.
    pub ece: f64,
}

/// JSON has no infinity; an infinite score is stored as `null`.
mod infinite_as_null {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(super) fn serialize<S: Serializer>(value: &f64, serializer: S) -> Result<S::Ok, S::Error> {
        value.is_finite().then_some(*value).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<f64, D::Error> {
        Ok(Option::<f64>::deserialize(deserializer)?.unwrap_or(f64::INFINITY))
    }
}
