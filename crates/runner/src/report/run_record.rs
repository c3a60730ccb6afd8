//! What the report knows of one run.

use serde_json::Value;

use crate::record::{EpochMetrics, Plane, Summary};

/// One stored run, as read from its directory.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Name by which the page calls the run.
    pub name: String,
    /// Directory it was read from, as the reader should see it; `None` if there is none.
    pub folder: Option<String>,
    /// `summary.json`.
    pub summary: Summary,
    /// `metrics.jsonl`, in order of epochs; may be empty.
    pub epochs: Vec<EpochMetrics>,
    /// `plane.json`, for two-dimensional inputs.
    pub plane: Option<Plane>,
    /// `environment.json`: commit, toolchain, processor, threads, data sums.
    pub environment: Value,
    /// `config.ron`, the resolved configuration.
    pub config_text: String,
}

impl RunRecord {
    /// Whether the run learnt its depth.
    pub(super) fn is_ldn(&self) -> bool {
        self.summary.method == "ldn"
    }

    /// The method as printed: `LDN`, `DDN`, or the stored name in capitals.
    pub(super) fn method_label(&self) -> String {
        let method = self.summary.method.to_uppercase();
        match self.summary.pruned_from {
            Some(depth) => format!("{method} pruned from D = {depth}"),
            None => method,
        }
    }

    /// Whether the run was trained at its maximum depth. One that was pruned to it says nothing about training there, so
    /// that comparisons over depth leave it out.
    pub(super) fn is_trained(&self) -> bool {
        self.summary.pruned_from.is_none()
    }
}
