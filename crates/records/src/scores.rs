//! Scores as they are stored.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use vds_calibration::{PairedDifference, Scores};
use vds_kernels::layout::HeadStatistics;
use vds_variational::{HeldOut, PruningRule};

use crate::predictive::Predictive;

/// Scores of a network on both splits that it was not trained on, with one kind of the output block's running statistics.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Evaluation {
    /// The running statistics that the output block was evaluated with.
    pub head_statistics: HeadStatistics,
    /// Scores on the validation split; what was fitted to it is scored on it, too.
    pub validation: Option<SplitScores>,
    /// Scores on the test set.
    pub test: SplitScores,
    /// What was fitted to the validation split.
    pub fitted: Option<Fitted>,
    /// What each rule chooses, and what pruning there costs on the validation split.
    pub choices: Vec<RuleChoice>,
}

/// Scores on one split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitScores {
    /// Examples.
    pub n: usize,
    /// Scores of each predictive distribution.
    pub predictives: BTreeMap<Predictive, Scores>,
    /// Scores of each depth alone, shallowest first: those that the table marks for that.
    pub per_depth: Vec<Scores>,
}

impl SplitScores {
    /// The scores of a predictive distribution, without values if it was not evaluated.
    pub fn of(&self, predictive: Predictive) -> &Scores {
        static NONE: LazyLock<Scores> = LazyLock::new(Scores::default);
        self.predictives.get(&predictive).unwrap_or(&NONE)
    }
}

/// What is fitted to held-out data after training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fitted {
    /// Per-depth likelihoods, and the weights of stacking.
    pub held_out: HeldOut,
    /// The temperatures.
    pub temperatures: Temperatures,
}

/// Temperatures that minimize the negative log-likelihood of held-out data.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Temperatures {
    /// Of the marginal predictive.
    pub marginal: f64,
    /// Of each depth alone, shallowest first.
    pub per_depth: Vec<f64>,
}

/// What a pruning rule chooses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RuleChoice {
    /// The rule.
    pub rule: PruningRule,
    /// The depth that it chooses.
    pub depth: usize,
    /// Validation NLL of the pruned network less that of the whole one, nats per example, paired over the examples; both
    /// predict with the posterior.
    pub cost: PairedDifference,
    /// The same if both predict with stacking weights, those of the pruned network fitted to its own depths.
    pub stacked_cost: PairedDifference,
}
