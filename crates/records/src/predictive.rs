//! The predictive distributions that one pass through a network gives.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A predictive distribution over classes: which depths are mixed with which weights, and what is done to the result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Predictive {
    /// All depths, with the posterior's weights.
    Marginal,
    /// All depths, with the weights that stacking fitted to held-out data.
    Stacked,
    /// The depths of the network pruned by the configured rule, with its truncated posterior.
    Pruned,
    /// Depth `max_depth` alone.
    Deepest,
    /// As [`Self::Marginal`], with one temperature that was fitted to held-out data.
    MarginalTempered,
    /// As [`Self::Marginal`], with a temperature for each depth before they are mixed.
    DepthTempered,
    /// As [`Self::Deepest`], with a temperature.
    DeepestTempered,
}

impl Predictive {
    /// All, in the order of tables.
    pub const ALL: [Self; 7] = [
        Self::Marginal,
        Self::Stacked,
        Self::Pruned,
        Self::Deepest,
        Self::MarginalTempered,
        Self::DepthTempered,
        Self::DeepestTempered,
    ];

    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Marginal => "marginal",
            Self::Stacked => "stacked",
            Self::Pruned => "pruned",
            Self::Deepest => "deepest",
            Self::MarginalTempered => "marginal_tempered",
            Self::DepthTempered => "depth_tempered",
            Self::DeepestTempered => "deepest_tempered",
        }
    }

    /// The name as text shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Marginal => "marginal",
            Self::Stacked => "stacked",
            Self::Pruned => "pruned",
            Self::Deepest => "deepest",
            Self::MarginalTempered => "marginal, T",
            Self::DepthTempered => "marginal, T per depth",
            Self::DeepestTempered => "deepest, T",
        }
    }
}

impl fmt::Display for Predictive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.label())
    }
}
