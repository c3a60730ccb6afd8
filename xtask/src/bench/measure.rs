//! Runs the settings on both sides, one after the other, and keeps every number that was printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::{Map, Value};

use super::plan::Setting;
use crate::process::{BadRequest, workspace_root};

/// The peer's script.
const SCRIPT: &str = "benches/peer/bench_pytorch.py";

/// Whose numbers they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Side {
    /// Those of `vds`.
    Ours,
    /// Those of PyTorch.
    Peer,
}

/// What one call printed.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Record {
    pub(super) setting: String,
    /// From 1.
    pub(super) round: usize,
    pub(super) side: Side,
    pub(super) arguments: String,
    /// One object for each way of running the network.
    pub(super) printed: Vec<Map<String, Value>>,
}

/// The two programs.
#[derive(Debug)]
pub(super) struct Programs {
    pub(super) vds: PathBuf,
    /// A Python with the packages of the script's requirements.
    pub(super) python: Option<PathBuf>,
}

/// Refuses a Python that cannot import what the script needs.
pub(super) fn check_python(python: &Path) -> Result<()> {
    let imports = Command::new(python).args(["-c", "import numpy, torch"]).output();
    let reason = match imports {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => last_line(&output.stderr),
        Err(error) => error.to_string(),
    };
    let python = python.display();
    bail!(BadRequest(format!(
        "{python} cannot run the peer: {reason}; benches/peer/requirements.txt names what it needs"
    )))
}

/// Measures every setting in each of `n_rounds` rounds. Rounds are outside and sides inside, so that a machine that becomes
/// slower or faster meanwhile does so for all.
pub(super) fn measure(settings: &[Setting], n_rounds: usize, programs: &Programs) -> Result<Vec<Record>> {
    let mut records = Vec::new();
    for round in 1..=n_rounds {
        for setting in settings.iter().filter(|setting| round == 1 || !setting.once) {
            println!("round {round} of {n_rounds}: {}", setting.name);
            for (side, arguments) in [(Side::Ours, Some(&setting.ours)), (Side::Peer, setting.peer.as_ref())] {
                let (Some(command), Some(arguments)) = (programs.command(side), arguments) else {
                    continue;
                };
                records.push(Record {
                    setting: setting.name.clone(),
                    round,
                    side,
                    arguments: arguments.clone(),
                    printed: printed_objects(command, arguments)?,
                });
            }
        }
    }
    Ok(records)
}

impl Programs {
    /// The beginning of a side's command; nothing for a side that is not there.
    fn command(&self, side: Side) -> Option<Command> {
        match side {
            Side::Ours => {
                let mut command = Command::new(&self.vds);
                command.args(["bench", "--json"]);
                Some(command)
            }
            Side::Peer => {
                let mut command = Command::new(self.python.as_ref()?);
                command.arg(workspace_root().join(SCRIPT));
                Some(command)
            }
        }
    }
}

fn printed_objects(mut command: Command, arguments: &str) -> Result<Vec<Map<String, Value>>> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command
        .args(arguments.split_whitespace())
        .output()
        .with_context(|| format!("starting {program}"))?;
    if !output.status.success() {
        bail!("{program} {arguments} has failed: {}", last_line(&output.stderr));
    }
    objects(&output.stdout).with_context(|| format!("reading what {program} {arguments} printed"))
}

/// The objects of a stream of JSON.
fn objects(text: &[u8]) -> Result<Vec<Map<String, Value>>> {
    let stream = serde_json::Deserializer::from_slice(text).into_iter();
    Ok(stream.collect::<Result<_, _>>()?)
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.trim_end().lines().last().unwrap_or("it said nothing").to_owned()
}

/// The records, and medians over their rounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measured<'a>(pub(super) &'a [Record]);

/// A median, and the peer's way of running the network that gave it: empty for ours.
type Median = Option<(f64, String)>;

impl Measured<'_> {
    /// What `of` takes from each object that a side printed in a setting.
    pub(super) fn values<T>(
        self,
        setting: &str,
        side: Side,
        of: impl Fn(&Map<String, Value>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let records = self
            .0
            .iter()
            .filter(|record| record.setting == setting && record.side == side);
        records.flat_map(|record| &record.printed).map(of).collect()
    }

    /// Our median of a field; nothing if the setting was not measured.
    pub(super) fn ours(self, setting: &str, field: &str) -> Result<Median> {
        let values = self.values(setting, Side::Ours, |object| number(object, field))?;
        Ok(median(values).map(|value| (value, String::new())))
    }

    /// Our median of the quotient of two fields, taken in each run.
    pub(super) fn our_quotient(self, setting: &str, [above, below]: [&str; 2]) -> Result<Option<f64>> {
        let quotient = |object: &Map<String, Value>| Ok(number(object, above)? / number(object, below)?);
        Ok(median(self.values(setting, Side::Ours, quotient)?))
    }

    /// The smallest of the peer's medians of a field, one for each way of running it that counts, and that way.
    pub(super) fn peer_smallest(self, setting: &str, field: &str, counts: impl Fn(&str) -> bool) -> Result<Median> {
        let mut by_way: BTreeMap<String, Vec<f64>> = BTreeMap::new();
        for (way, value) in self.values(setting, Side::Peer, |object| {
            Ok((text(object, "way")?, number(object, field)?))
        })? {
            by_way.entry(way).or_default().push(value);
        }
        let counting = by_way.into_iter().filter(|(way, _)| counts(way));
        let medians = counting.filter_map(|(way, values)| Some((median(values)?, way)));
        Ok(medians.min_by(|a, b| a.0.total_cmp(&b.0)))
    }

    /// A text of the first object of a side that has it.
    pub(super) fn first_text(self, side: Side, field: &str) -> Option<String> {
        let mut objects = self
            .0
            .iter()
            .filter(|record| record.side == side)
            .flat_map(|record| &record.printed);
        objects.find_map(|object| text(object, field).ok())
    }
}

pub(super) fn number(object: &Map<String, Value>, field: &str) -> Result<f64> {
    let value = object.get(field).and_then(Value::as_f64);
    value.with_context(|| format!("no number `{field}` was printed"))
}

pub(super) fn text(object: &Map<String, Value>, field: &str) -> Result<String> {
    let value = object.get(field).and_then(Value::as_str).map(str::to_owned);
    value.with_context(|| format!("no text `{field}` was printed"))
}

pub(super) fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[low], values[high]))
}

/// A record with objects given as JSON.
#[cfg(test)]
pub(super) fn record(setting: &str, side: Side, printed: &[&str]) -> Record {
    Record {
        setting: setting.to_owned(),
        round: 1,
        side,
        arguments: String::new(),
        printed: printed
            .iter()
            .map(|text| serde_json::from_str(text).expect("JSON"))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records() -> Vec<Record> {
        let ours = |train: u32| record("a", Side::Ours, &[&format!(r#"{{"train": {train}, "sgemm": 100}}"#)]);
        let peer = |plain: u32, compiled: u32| {
            let plain = format!(r#"{{"train": {plain}, "way": "plain"}}"#);
            let compiled = format!(r#"{{"train": {compiled}, "way": "plain, compiled"}}"#);
            record("a", Side::Peer, &[&plain, &compiled])
        };
        // The smallest single number is one of the way that is slower by its median.
        vec![ours(30), peer(70, 90), ours(10), peer(80, 60), ours(20), peer(75, 95)]
    }

    #[test]
    fn bench_median_of_an_even_number_is_the_mean_of_the_middle() {
        assert_eq!(median(vec![4.0, 1.0, 3.0, 2.0]), Some(2.5));
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(Vec::new()), None);
    }

    #[test]
    fn bench_takes_medians_over_the_rounds_and_the_fastest_way_by_them() {
        let records = records();
        let measured = Measured(&records);
        let fastest = |counts: fn(&str) -> bool| measured.peer_smallest("a", "train", counts).unwrap();
        assert_eq!(fastest(|_| true), Some((75.0, "plain".to_owned())));
        assert_eq!(
            fastest(|way| way != "plain"),
            Some((90.0, "plain, compiled".to_owned()))
        );
        assert_eq!(measured.ours("a", "train").unwrap(), Some((20.0, String::new())));
        assert_eq!(measured.our_quotient("a", ["train", "sgemm"]).unwrap(), Some(0.2));
        assert_eq!(measured.ours("b", "train").unwrap(), None);
        let error = measured.ours("a", "memory").unwrap_err();
        assert_eq!(error.to_string(), "no number `memory` was printed");
    }

    #[test]
    fn bench_reads_objects_on_one_line_each_or_indented() {
        let read = objects(b"{\"a\": 1}\n{\"a\": 2}\n{\n  \"a\": 3\n}\n").unwrap();
        let values: Vec<_> = read.iter().map(|object| object["a"].as_u64()).collect();
        assert_eq!(values, [Some(1), Some(2), Some(3)]);
        assert!(objects(b"Traceback").is_err());
    }

    #[test]
    fn bench_refuses_a_python_that_cannot_run_the_peer() {
        let error = check_python(Path::new("no/such/python")).unwrap_err();
        assert!(error.is::<BadRequest>());
        let start = "no/such/python cannot run the peer: ";
        assert!(error.to_string().starts_with(start), "{error}");
    }
}
