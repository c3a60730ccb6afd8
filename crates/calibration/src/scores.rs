//! Computed scores as they are stored.

use std::collections::BTreeMap;

use crate::{EceUncertainty, Evaluated, ReliabilityBin, ReliabilityDiagram, SCORES, Score};

/// Scores of one predictive distribution by key with their standard errors, the reliability diagram behind its calibration errors,
/// and the uncertainty of the expected one.
///
/// With the feature `serde` it is one map: the value of each score under its key, in the order of [`SCORES`], the standard
/// errors as a map under `standard_errors`, the bins under `reliability`, and `ece_uncertainty`; of these three, what is absent is
/// left out. An infinite value is stored as `null`, which JSON has in place of infinity; a score without a value is left out.
/// Keys that are not in the table are kept, so that files outlive the tables that wrote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    values: BTreeMap<String, f64>,
    standard_errors: BTreeMap<String, f64>,
    /// The bins of the reliability diagram; empty where they are not kept.
    pub reliability: Vec<ReliabilityBin>,
    /// Interval and floor of the expected calibration error; `None` where they are not kept.
    pub ece_uncertainty: Option<EceUncertainty>,
}

impl Scores {
    /// Computes the scores of a table, [`SCORES`] or some of its rows, and their standard errors; those without a value are left
    /// out.
    pub fn compute<'t>(table: impl IntoIterator<Item = &'t Score>, evaluated: &Evaluated<'_>) -> Self {
        let mut scores = Self::default();
        for score in table {
            if let Some(value) = (score.compute)(evaluated) {
                scores.insert(score.key, value);
            }
            if let Some(error) = (score.standard_error)(evaluated) {
                scores.insert_standard_error(score.key, error);
            }
        }
        scores
    }

    /// Keeps the bins of a reliability diagram with the scores.
    #[must_use]
    pub fn with_reliability(mut self, diagram: &ReliabilityDiagram) -> Self {
        self.reliability.clone_from(&diagram.bins);
        self
    }

    /// Keeps interval and floor of the expected calibration error with the scores.
    #[must_use]
    pub fn with_ece_uncertainty(mut self, uncertainty: EceUncertainty) -> Self {
        self.ece_uncertainty = Some(uncertainty);
        self
    }

    /// Sets the value of a score.
    pub fn insert(&mut self, key: impl Into<String>, value: f64) {
        self.values.insert(key.into(), value);
    }

    /// The value of the score with this key.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.values.get(key).copied()
    }

    /// Sets the standard error of a score; one that is NaN or infinite says nothing and is not kept.
    pub fn insert_standard_error(&mut self, key: impl Into<String>, error: f64) {
        if error.is_finite() {
            self.standard_errors.insert(key.into(), error);
        }
    }

    /// Standard error over the examples of the score with this key, in the unit of the score.
    pub fn standard_error(&self, key: &str) -> Option<f64> {
        self.standard_errors.get(key).copied()
    }

    /// The value of the score with this key, or NaN if it has none: figures and means then have a gap.
    pub fn value(&self, key: &str) -> f64 {
        self.get(key).unwrap_or(f64::NAN)
    }

    /// Error rate; NaN if there is none.
    pub fn error(&self) -> f64 {
        self.value("error")
    }

    /// Mean negative log-likelihood, nats per example; infinite where a label has probability 0, NaN if there is none.
    pub fn nll(&self) -> f64 {
        self.value("nll")
    }

    /// The scores of [`SCORES`] that have a value, in the order of the table.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Score, f64)> + '_ {
        SCORES.iter().filter_map(|score| Some((score, self.get(score.key)?)))
    }
}

#[cfg(feature = "serde")]
mod stored;
