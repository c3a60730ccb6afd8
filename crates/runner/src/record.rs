//! What a finished run stores in `summary.json`: every number that the report and the tables show.
//!
//! The records are plain data. Whatever is printed or plotted is a function of them, so a page can be
//! written again from a run directory without the network or the data set.

use serde::{Deserialize, Serialize};

/// Version of the layout of `summary.json`; a reader refuses any other.
pub const SUMMARY_SCHEMA: u32 = 2;

/// The outcome of one training run, as stored in `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SUMMARY_SCHEMA`].
    pub schema: u32,
    /// Name of the data set in the catalogue, `spirals` for the generated one.
    pub dataset: String,
    /// `ldn` (learnt depth) or `ddn` (deterministic depth).
    pub method: String,
    /// `conv` or `fc`.
    pub network: String,
    /// `shared` or `per_depth`; what the output block's batch norm keeps.
    pub head_statistics: String,
    /// `validation` (held-out split), `none` (no split, training quantities decide) or `paper` (selection on the test set,
    /// as the authors did).
    pub protocol: String,
    /// Number of residual blocks trained.
    pub max_depth: usize,
    /// Seed of every random stream of the run.
    pub seed: u64,
    /// Training examples, the validation split not counted.
    pub n_train: usize,
    /// Examples of the validation split; 0 when there is none.
    pub n_validation: usize,
    /// Test examples.
    pub n_test: usize,
    /// Classes.
    pub n_classes: usize,
    /// Epochs run.
    pub epochs: usize,
    /// Epoch (from 1) whose weights were kept.
    pub best_epoch: usize,
    /// Why training ended: `max_epochs` or `early_stopping`.
    pub stopped_by: String,
    /// Posterior probabilities of the depths 0..=max_depth.
    pub posterior: Vec<f64>,
    /// Prior probabilities of the depths 0..=max_depth.
    pub prior: Vec<f64>,
    /// Mean of the posterior.
    pub expected_depth: f64,
    /// Depth kept by the configured pruning rule.
    pub pruned_depth: usize,
    /// Name of that rule.
    pub pruning_rule: String,
    /// Maximum depth of the network that this one was pruned from; `None` for a network that was trained as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruned_from: Option<usize>,
    /// Scores on the test set.
    pub test: TestScores,
    /// Scores of each depth on the training set, in evaluation mode.
    pub train_per_depth: Vec<DepthScores>,
}

impl Summary {
    /// What contradicts itself: a list that has not one entry a depth, or a depth beyond the maximum.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let max_depth = self.max_depth;
        let lists = [
            ("posterior", self.posterior.len()),
            ("prior", self.prior.len()),
            ("test.per_depth", self.test.per_depth.len()),
            ("train_per_depth", self.train_per_depth.len()),
        ];
        if let Some((name, len)) = lists.into_iter().find(|(_, len)| len.checked_sub(1) != Some(max_depth)) {
            return Some(format!(
                "{name} has length {len}, expected max_depth + 1 for max_depth = {max_depth}"
            ));
        }
        let depth = self.pruned_depth;
        (depth > max_depth).then(|| format!("pruned_depth is {depth}, expected at most max_depth = {max_depth}"))
    }
}

/// Scores on one data split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScores {
    /// The predictive that marginalises over the whole posterior.
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

/// One bin (lower, upper] of a reliability diagram.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReliabilityBin {
    /// Lower edge, not contained.
    pub lower: f64,
    /// Upper edge, contained.
    pub upper: f64,
    /// Examples whose confidence falls into the bin.
    pub count: usize,
    /// Share of them that is right; 0 in an empty bin.
    pub accuracy: f64,
    /// Their mean confidence; 0 in an empty bin.
    pub confidence: f64,
}

/// One line of `metrics.jsonl`: one epoch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EpochMetrics {
    /// Epoch, from 1.
    pub epoch: usize,
    /// Learning rate of the epoch.
    pub learning_rate: f64,
    /// Minimised loss, mean over the epoch's examples, nats an example.
    pub train_loss: f64,
    /// Expected negative log-likelihood under the posterior, nats an example (training mode).
    pub train_nll: f64,
    /// KL divergence of the posterior from the prior at the end of the epoch, nats.
    pub kl_nats: f64,
    /// Evidence lower bound of the training set, nats, from the epoch's minibatches.
    pub elbo_nats: f64,
    /// Error rate of the marginal predictive on the training minibatches.
    pub train_error: f64,
    /// Error rate of the marginal predictive on the selection split; `None` without one.
    pub validation_error: Option<f64>,
    /// Its negative log-likelihood, nats an example.
    pub validation_nll: Option<f64>,
    /// Posterior probabilities at the end of the epoch.
    pub posterior: Vec<f64>,
    /// Their mean depth.
    pub expected_depth: f64,
    /// The depth that the epoch's steps went to, where the configuration lets them leave out the posterior's tail. If it is
    /// not the deepest, the training quantities take all deeper depths for this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub train_depth: Option<usize>,
}

/// A training step that left the finite numbers, as stored in `nonfinite.json`.
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

/// Predictive probabilities over the plane for two-dimensional inputs, as stored in `plane.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plane {
    /// Smallest and largest first coordinate of the grid, in standardised units.
    pub x_range: [f64; 2],
    /// Smallest and largest second coordinate.
    pub y_range: [f64; 2],
    /// Grid points a side; the grid is row-major, `y` outer, both ascending.
    pub n_side: usize,
    /// Marginal probability of class 1 at each grid point.
    pub marginal: Vec<f32>,
    /// Mutual information of label and depth at each grid point, nats.
    pub mutual_information: Vec<f32>,
    /// Training points: first coordinate, second coordinate, class.
    pub points: Vec<(f32, f32, u32)>,
}

impl Plane {
    /// What contradicts itself: a grid that has not `n_side` rows and columns.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let n_side = self.n_side;
        let grids = [
            ("marginal", self.marginal.len()),
            ("mutual_information", self.mutual_information.len()),
        ];
        let odd = grids
            .into_iter()
            .find(|(_, len)| n_side.checked_mul(n_side) != Some(*len));
        odd.map(|(name, len)| format!("{name} has length {len}, expected the square of n_side = {n_side}"))
    }
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
