//! Scores as they are stored.

use serde::{Deserialize, Serialize};
use vds_calibration::Scores;

/// Scores on the test set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TestScores {
    /// The predictive that marginalizes over the whole posterior.
    pub marginal: Scores,
    /// The predictive of the pruned network with its truncated posterior.
    pub pruned: Scores,
    /// Depth `max_depth` alone.
    pub deepest: Scores,
    /// Each depth alone, shallowest first: the scores that the table marks for that.
    pub per_depth: Vec<Scores>,
}
