//! Scores as one map, with serde.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, Serializer};

use super::Scores;
use crate::{SCORES, score};

/// Keys beside those of the scores.
const STANDARD_ERRORS: &str = "standard_errors";
const RELIABILITY: &str = "reliability";
const ECE_UNCERTAINTY: &str = "ece_uncertainty";

impl Serialize for Scores {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in in_table_order(&self.values) {
            map.serialize_entry(key, &value.is_finite().then_some(value))?;
        }
        if !self.standard_errors.is_empty() {
            map.serialize_entry(STANDARD_ERRORS, &StandardErrors(&self.standard_errors))?;
        }
        if !self.reliability.is_empty() {
            map.serialize_entry(RELIABILITY, &self.reliability)?;
        }
        if let Some(uncertainty) = &self.ece_uncertainty {
            map.serialize_entry(ECE_UNCERTAINTY, uncertainty)?;
        }
        map.end()
    }
}

struct StandardErrors<'a>(&'a BTreeMap<String, f64>);

impl Serialize for StandardErrors<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(in_table_order(self.0))
    }
}

/// Entries in the order of [`SCORES`], those of other keys behind them.
fn in_table_order(values: &BTreeMap<String, f64>) -> impl Iterator<Item = (&str, f64)> {
    let known = SCORES
        .iter()
        .filter_map(|score| Some((score.key, *values.get(score.key)?)));
    let others = values.iter().filter(|(key, _)| score(key).is_none());
    known.chain(others.map(|(key, value)| (key.as_str(), *value)))
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
        let (mut values, mut standard_errors) = (BTreeMap::new(), None::<ReadStandardErrors>);
        let (mut reliability, mut ece_uncertainty) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            let is_duplicate = match key.as_str() {
                STANDARD_ERRORS => standard_errors.replace(map.next_value()?).is_some(),
                RELIABILITY => reliability.replace(map.next_value()?).is_some(),
                ECE_UNCERTAINTY => ece_uncertainty.replace(map.next_value()?).is_some(),
                _ if values.contains_key(&key) => true,
                _ => {
                    let value: Option<f64> = map.next_value()?;
                    values.insert(key.clone(), value.unwrap_or(f64::INFINITY)).is_some()
                }
            };
            if is_duplicate {
                return Err(A::Error::custom(format!("duplicate score `{key}`")));
            }
        }
        Ok(Scores {
            values,
            standard_errors: standard_errors.unwrap_or_default().0,
            reliability: reliability.unwrap_or_default(),
            ece_uncertainty,
        })
    }
}

#[derive(Default)]
struct ReadStandardErrors(BTreeMap<String, f64>);

impl<'de> Deserialize<'de> for ReadStandardErrors {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(StandardErrorsVisitor)
    }
}

struct StandardErrorsVisitor;

impl<'de> Visitor<'de> for StandardErrorsVisitor {
    type Value = ReadStandardErrors;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("standard errors by key")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ReadStandardErrors, A::Error> {
        let mut errors = BTreeMap::new();
        while let Some((key, error)) = map.next_entry::<String, f64>()? {
            if errors.contains_key(&key) {
                return Err(A::Error::custom(format!("duplicate standard error `{key}`")));
            }
            errors.insert(key, error);
        }
        Ok(ReadStandardErrors(errors))
    }
}
