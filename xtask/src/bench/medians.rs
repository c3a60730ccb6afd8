//! Medians over the rounds.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::{Map, Value};

use super::measure::{Record, Side};

/// The records, and questions about them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Medians<'a>(pub(super) &'a [Record]);

/// Which ways of running the peer count.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    /// All of them.
    All,
    /// Without torch.compile.
    Eager,
    /// With torch.compile.
    Compiled,
}

impl Ways {
    fn contain(self, way: &str) -> bool {
        match self {
            Self::All => true,
            Self::Eager => !way.ends_with("compiled"),
            Self::Compiled => way.ends_with("compiled"),
        }
    }
}

impl<'a> Medians<'a> {
    /// Our median of a field; nothing if the setting was not measured.
    pub(super) fn ours(self, setting: &str, field: &str) -> Result<Option<f64>> {
        self.ours_by(setting, |object| number(object, field))
    }

    /// Our median of the quotient of two fields, taken in each run.
    pub(super) fn our_quotient(self, setting: &str, [above, below]: [&str; 2]) -> Result<Option<f64>> {
        self.ours_by(setting, |object| Ok(number(object, above)? / number(object, below)?))
    }

    fn ours_by(self, setting: &str, quantity: impl Fn(&Map<String, Value>) -> Result<f64>) -> Result<Option<f64>> {
        let values: Result<Vec<f64>> = self.printed(setting, Side::Ours).map(quantity).collect();
        Ok(median(values?))
    }

    /// The smallest of the peer's medians of a field, one for each way of running it, and that way.
    pub(super) fn peer_smallest(self, setting: &str, field: &str, ways: Ways) -> Result<Option<(f64, String)>> {
        let mut by_way: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for object in self.printed(setting, Side::Peer) {
            let way = text(object, "way")?;
            if ways.contain(way) {
                by_way.entry(way).or_default().push(number(object, field)?);
            }
        }
        let medians = by_way
            .into_iter()
            .filter_map(|(way, values)| Some((median(values)?, way.to_owned())));
        Ok(medians.min_by(|a, b| a.0.total_cmp(&b.0)))
    }

    /// The peer's median of a field over all ways of running it.
    pub(super) fn peer(self, setting: &str, field: &str) -> Result<Option<f64>> {
        let values: Result<Vec<f64>> = self
            .printed(setting, Side::Peer)
            .map(|object| number(object, field))
            .collect();
        Ok(median(values?))
    }

    /// Our texts of a field, one for each run.
    pub(super) fn our_texts(self, setting: &str, field: &str) -> Result<Vec<String>> {
        self.printed(setting, Side::Ours)
            .map(|object| Ok(text(object, field)?.to_owned()))
            .collect()
    }

    /// A text of the first object of a side that has it.
    pub(super) fn first_text(self, side: Side, field: &str) -> Option<String> {
        let objects = self
            .0
            .iter()
            .filter(|record| record.side == side)
            .flat_map(|record| &record.printed);
        objects
            .filter_map(|object| object.get(field)?.as_str())
            .next()
            .map(str::to_owned)
    }

    fn printed(self, setting: &str, side: Side) -> impl Iterator<Item = &'a Map<String, Value>> {
        let records = self.0.iter();
        records
            .filter(move |record| record.setting == setting && record.side == side)
            .flat_map(|record| &record.printed)
    }
}

fn number(object: &Map<String, Value>, field: &str) -> Result<f64> {
    let value = object.get(field).and_then(Value::as_f64);
    value.with_context(|| format!("no number `{field}` was printed"))
}

fn text<'a>(object: &'a Map<String, Value>, field: &str) -> Result<&'a str> {
    let value = object.get(field).and_then(Value::as_str);
    value.with_context(|| format!("no text `{field}` was printed"))
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[low], values[high]))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A record with objects given as JSON.
    pub(in super::super) fn record(setting: &str, side: Side, printed: &[&str]) -> Record {
        Record {
            setting: setting.to_owned(),
            round: 1,
            side,
            arguments: String::new(),
            printed: printed.iter().map(|text| serde_json::from_str(text).unwrap()).collect(),
        }
    }

    fn records() -> Vec<Record> {
        let ours = |train: u32| {
            record(
                "a",
                Side::Ours,
                &[&format!(r#"{{"train": {train}, "sgemm": 100, "sum": "x"}}"#)],
            )
        };
        let peer = |plain: u32, compiled: u32| {
            let plain = format!(r#"{{"train": {plain}, "way": "plain"}}"#);
            let compiled = format!(r#"{{"train": {compiled}, "way": "plain, compiled"}}"#);
            record("a", Side::Peer, &[&plain, &compiled])
        };
        // The smallest single number is one of the way that is slower by its median.
        vec![ours(30), peer(70, 90), ours(10), peer(80, 60), ours(20), peer(75, 95)]
    }

    #[track_caller]
    fn check(actual: Option<f64>, expected: f64) {
        assert!((actual.unwrap() - expected).abs() < 1e-12, "{actual:?}");
    }

    #[test]
    fn median_of_an_even_number_is_the_mean_of_the_middle() {
        check(median(vec![4.0, 1.0, 3.0, 2.0]), 2.5);
        check(median(vec![3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn peer_is_taken_the_way_that_is_fastest_by_its_median() {
        let records = records();
        let fastest = |ways| Medians(&records).peer_smallest("a", "train", ways).unwrap().unwrap();
        assert_eq!(fastest(Ways::All).1, "plain");
        check(Some(fastest(Ways::All).0), 75.0);
        check(Some(fastest(Ways::Compiled).0), 90.0);
        check(Some(fastest(Ways::Eager).0), 75.0);
    }

    #[test]
    fn ours_is_the_median_over_the_rounds() {
        let records = records();
        check(Medians(&records).ours("a", "train").unwrap(), 20.0);
        check(Medians(&records).our_quotient("a", ["train", "sgemm"]).unwrap(), 0.2);
        assert_eq!(Medians(&records).ours("b", "train").unwrap(), None);
        assert_eq!(Medians(&records).our_texts("a", "sum").unwrap(), ["x", "x", "x"]);
    }

    #[test]
    fn missing_field_is_an_error_that_names_it() {
        let error = Medians(&records()).ours("a", "memory").unwrap_err();
        assert_eq!(error.to_string(), "no number `memory` was printed");
    }
}
