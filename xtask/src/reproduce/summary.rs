//! The part of a run's `summary.json` that the closing table shows.
//!
//! The full record is `vds_runner::record::Summary`; these fields are read by name, so that this package
//! need not link the runner.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;

/// The version of the layout that this reader knows.
const SCHEMA: u32 = 2;

/// One finished run.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Summary {
    schema: u32,
    pub(crate) expected_depth: f64,
    pub(crate) pruned_depth: usize,
    pub(crate) test: TestScores,
}

/// Scores on the test set of the two predictives that the table compares.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct TestScores {
    pub(crate) marginal: Scores,
    pub(crate) pruned: Scores,
}

/// Scores of one predictive.
#[derive(Clone, Debug, PartialEq, Deserialize)]
pub(crate) struct Scores {
    pub(crate) error: f64,
    /// Nats; `null` in the file stands for infinity.
    nll: Option<f64>,
    pub(crate) ece: f64,
}

impl Scores {
    /// Mean negative log-likelihood, nats.
    pub(crate) fn nll(&self) -> f64 {
        self.nll.unwrap_or(f64::INFINITY)
    }
}

impl Summary {
    /// Reads `summary.json` of a run directory.
    pub(crate) fn read(run: &Path) -> Result<Self> {
        let path = run.join("summary.json");
        let text = std::fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
        Self::parse(&text).with_context(|| format!("in {}", path.display()))
    }

    fn parse(text: &str) -> Result<Self> {
        let summary: Self = serde_json::from_str(text)?;
        ensure!(
            summary.schema == SCHEMA,
            "schema {} where {SCHEMA} was expected",
            summary.schema
        );
        Ok(summary)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// A `summary.json` as the runner writes it, with fields that this reader does not know.
    pub(crate) fn summary_text() -> String {
        let scores = |nll: &str| format!(r#"{{"error":0.1,"nll":{nll},"ece":0.02,"brier":0.3}}"#);
        let (marginal, pruned) = (scores("0.5"), scores("null"));
        format!(
            r#"{{"schema":2,"dataset":"spirals","stopped_by":"max_epochs","expected_depth":2.5,"pruned_depth":3,
            "test":{{"marginal":{marginal},"pruned":{pruned},"per_depth":[]}}}}"#
        )
    }

    #[test]
    fn null_is_an_infinite_negative_log_likelihood() {
        let summary = Summary::parse(&summary_text()).unwrap();
        assert!((summary.test.marginal.nll() - 0.5).abs() < 1e-12);
        assert_eq!(
            summary.test.pruned.nll().total_cmp(&f64::INFINITY),
            std::cmp::Ordering::Equal
        );
    }

    #[test]
    fn other_schema_is_refused() {
        let text = summary_text().replace("\"schema\":2", "\"schema\":3");
        assert_eq!(
            Summary::parse(&text).unwrap_err().to_string(),
            "schema 3 where 2 was expected"
        );
    }

    #[test]
    fn missing_field_is_an_error_that_names_it() {
        let text = summary_text().replace("pruned_depth", "depth");
        assert!(Summary::parse(&text).unwrap_err().to_string().contains("pruned_depth"));
    }
}
