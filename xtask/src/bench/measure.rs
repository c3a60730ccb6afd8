//! Runs the settings on both sides, one after the other, and keeps every number that was printed.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::{Map, Value};

use super::settings::Setting;
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
    pub(super) threads: usize,
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
            for &threads in setting.threads {
                println!("round {round} of {n_rounds}: {}, threads: {threads}", setting.name);
                for side in [Side::Ours, Side::Peer] {
                    let (Some(command), Some(arguments)) = (programs.command(side), setting.arguments(side, threads))
                    else {
                        continue;
                    };
                    let printed = printed_objects(command, &arguments)?;
                    records.push(Record {
                        setting: setting.name.to_owned(),
                        round,
                        side,
                        threads,
                        arguments,
                        printed,
                    });
                }
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

/// One side of a row: a field of what one side printed in a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Number {
    pub(super) side: Side,
    pub(super) setting: &'static str,
    pub(super) field: &'static str,
    /// Which of the peer's ways of running the network count.
    pub(super) ways: Ways,
}

/// Ways of running the peer's network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    All,
    Eager,
    Compiled,
}

impl Ways {
    fn has(self, way: &str) -> bool {
        self == Self::All || way.ends_with("compiled") == (self == Self::Compiled)
    }
}

impl Number {
    /// The best of the medians over the rounds, one for each number of threads and way of running the network, with that way
    /// (empty for ours); nothing if it was not measured. Speeds are best where they are largest, times and memory where they
    /// are smallest.
    pub(super) fn best(self, records: &[Record]) -> Result<Option<(f64, String)>> {
        let mut groups: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
        for (record, object) in self.objects(records) {
            let way = object.get("way").and_then(Value::as_str).unwrap_or_default();
            if self.ways.has(way) {
                let value = number(object, self.field)?;
                groups.entry((record.threads, way)).or_default().push(value);
            }
        }
        let medians = groups
            .into_iter()
            .filter_map(|((_, way), values)| Some((median(values)?, way.to_owned())));
        Ok(if self.field.ends_with("_per_s") {
            medians.max_by(|a, b| a.0.total_cmp(&b.0))
        } else {
            medians.min_by(|a, b| a.0.total_cmp(&b.0))
        })
    }

    /// This number over another, taken in each run if both come from the same runs, else of the two best.
    pub(super) fn over(self, below: Self, records: &[Record]) -> Result<Option<f64>> {
        if (self.side, self.setting) == (below.side, below.setting) {
            let quotients = self.objects(records).map(|(_, object)| {
                let [above, below] = [self.field, below.field].map(|field| number(object, field));
                Ok(above? / below?)
            });
            return Ok(median(quotients.collect::<Result<_>>()?));
        }
        let quotient = |above: (f64, _), below: (f64, _)| above.0 / below.0;
        Ok(self
            .best(records)?
            .zip(below.best(records)?)
            .map(|(above, below)| quotient(above, below)))
    }

    fn objects(self, records: &[Record]) -> impl Iterator<Item = (&Record, &Map<String, Value>)> {
        let records = records
            .iter()
            .filter(move |record| record.setting == self.setting && record.side == self.side);
        records.flat_map(|record| record.printed.iter().map(move |object| (record, object)))
    }
}

/// Every text that a side printed under a name in a setting that begins like this.
pub(super) fn texts(records: &[Record], side: Side, setting: &str, field: &str) -> Vec<String> {
    let records = records
        .iter()
        .filter(|record| record.side == side && record.setting.starts_with(setting));
    let texts = records
        .flat_map(|record| &record.printed)
        .filter_map(|object| object.get(field)?.as_str());
    texts.map(str::to_owned).collect()
}

fn number(object: &Map<String, Value>, field: &str) -> Result<f64> {
    let value = object.get(field).and_then(Value::as_f64);
    value.with_context(|| format!("no number `{field}` was printed"))
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
    pub(in crate::bench) fn record(setting: &str, threads: usize, side: Side, printed: &[&str]) -> Record {
        let printed = printed.iter().map(|text| serde_json::from_str(text).unwrap());
        Record {
            setting: setting.to_owned(),
            round: 1,
            side,
            threads,
            arguments: String::new(),
            printed: printed.collect(),
        }
    }

    fn of(side: Side, field: &'static str, ways: Ways) -> Number {
        let setting = "a";
        Number {
            side,
            setting,
            field,
            ways,
        }
    }

    #[test]
    fn bench_takes_medians_over_the_rounds_and_the_best_way_and_threads_by_them() {
        let ours = |ms: u32, threads| {
            let printed = format!(r#"{{"ms": {ms}, "gflop_per_s": {}}}"#, 10 * ms);
            record("a", threads, Side::Ours, &[&printed])
        };
        let peer = |eager: u32, compiled: u32| {
            let eager = format!(r#"{{"ms": {eager}, "way": "plain"}}"#);
            let compiled = format!(r#"{{"ms": {compiled}, "way": "plain, compiled"}}"#);
            record("a", 1, Side::Peer, &[&eager, &compiled])
        };
        // The smallest single number is one of the way, and of the number of threads, that is slower by its median.
        let records = [
            ours(5, 1),
            ours(40, 1),
            ours(10, 2),
            ours(20, 2),
            peer(70, 90),
            peer(80, 60),
            peer(75, 95),
        ];
        let best = |number: Number| number.best(&records).unwrap();
        let (all, eager, compiled) = (Ways::All, Ways::Eager, Ways::Compiled);
        assert_eq!(best(of(Side::Ours, "ms", all)), Some((15.0, String::new())));
        assert_eq!(best(of(Side::Ours, "gflop_per_s", all)), Some((225.0, String::new())));
        assert_eq!(best(of(Side::Peer, "ms", all)), Some((75.0, "plain".to_owned())));
        assert_eq!(best(of(Side::Peer, "ms", eager)), best(of(Side::Peer, "ms", all)));
        assert_eq!(
            best(of(Side::Peer, "ms", compiled)),
            Some((90.0, "plain, compiled".to_owned()))
        );
        let over = |above: Number, below| above.over(below, &records).unwrap();
        let ms = of(Side::Ours, "ms", all);
        assert_eq!(over(of(Side::Peer, "ms", all), ms), Some(5.0));
        assert_eq!(over(of(Side::Ours, "gflop_per_s", all), ms), Some(10.0));
        let error = of(Side::Ours, "memory", all).best(&records).unwrap_err();
        assert_eq!(error.to_string(), "no number `memory` was printed");
        assert_eq!(ms.best(&[]).unwrap(), None);
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
