//! Computed scores as they are stored.

use std::collections::BTreeMap;

use crate::{Evaluated, ReliabilityBin, ReliabilityDiagram, SCORES, Score};

/// Scores of one predictive distribution by key, and the reliability diagram behind its calibration errors.
///
/// With the feature `serde` it is one map: the value of each score under its key, in the order of [`SCORES`], and the bins
/// under `reliability`. An infinite value is stored as `null`, which JSON has in place of infinity; a score without a value
/// is left out. Keys that are not in the table are kept, so that files outlive the tables that wrote them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    values: BTreeMap<String, f64>,
    /// The bins of the reliability diagram; empty where they are not kept.
    pub reliability: Vec<ReliabilityBin>,
}

impl Scores {
    /// Computes the scores of a table, [`SCORES`] or some of its rows; those without a value are left out.
    pub fn compute<'t>(table: impl IntoIterator<Item = &'t Score>, evaluated: &Evaluated<'_>) -> Self {
        let mut scores = Self::default();
        for score in table {
            if let Some(value) = (score.compute)(evaluated) {
                scores.insert(score.key, value);
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

    /// Sets the value of a score.
    pub fn insert(&mut self, key: impl Into<String>, value: f64) {
        self.values.insert(key.into(), value);
    }

    /// The value of the score with this key.
    pub fn get(&self, key: &str) -> Option<f64> {
        self.values.get(key).copied()
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
mod stored {
    use std::fmt;

    use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
    use serde::ser::{Serialize, SerializeMap as _, Serializer};

    use super::Scores;
    use crate::score;

    /// Key of the bins, beside the keys of the scores.
    const RELIABILITY: &str = "reliability";

    impl Serialize for Scores {
        fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let others = self.values.iter().filter(|(key, _)| score(key).is_none());
            let others = others.map(|(key, value)| (key.as_str(), *value));
            let values = self.iter().map(|(score, value)| (score.key, value)).chain(others);
            let mut map = serializer.serialize_map(None)?;
            for (key, value) in values {
                map.serialize_entry(key, &value.is_finite().then_some(value))?;
            }
            if !self.reliability.is_empty() {
                map.serialize_entry(RELIABILITY, &self.reliability)?;
            }
            map.end()
        }
    }

    impl<'de> Deserialize<'de> for Scores {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_map(ScoresVisitor)
        }
    }

    struct ScoresVisitor;

    impl<'de> Visitor<'de> for ScoresVisitor {
        type Value = Scores;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("scores by key")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Scores, A::Error> {
            let mut scores = Scores::default();
            while let Some(key) = map.next_key::<String>()? {
                if key == RELIABILITY {
                    scores.reliability = map.next_value()?;
                } else if scores.values.contains_key(&key) {
                    return Err(A::Error::custom(format!("duplicate score `{key}`")));
                } else {
                    let value: Option<f64> = map.next_value()?;
                    scores.insert(key, value.unwrap_or(f64::INFINITY));
                }
            }
            Ok(scores)
        }
    }
}
