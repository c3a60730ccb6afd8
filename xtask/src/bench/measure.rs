//! Runs the settings on both sides, one after the other, and keeps every number that was printed.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use serde_json::{Map, Value};

use super::settings::{Setting, Side};
use crate::process::{BadRequest, workspace_root};

/// The peer's script.
const SCRIPT: &str = "benches/peer/bench_pytorch.py";

/// One object that a call printed: a way of running the network.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Record {
    pub(super) setting: String,
    /// From 1.
    pub(super) round: usize,
    pub(super) side: Side,
    pub(super) threads: usize,
    pub(super) command: Vec<String>,
    pub(super) printed: Map<String, Value>,
}

/// Refuses a Python that cannot import what the script needs.
pub(super) fn check_python(python: &Path) -> Result<()> {
    let imports = Command::new(python).args(["-c", "import numpy, torch"]).output();
    let reason = match imports {
        Ok(output) if output.status.success() => return Ok(()),
        Ok(output) => last_line(&output.stderr),
        Err(error) => error.to_string(),
    };
    let python = python.to_string_lossy();
    bail!(BadRequest(format!(
        "{python} cannot run the peer: {reason}; benches/peer/requirements.txt names what it needs"
    )))
}

/// Measures every setting in each of `n_rounds` rounds with `vds` and, if there is a Python, the peer's script. Rounds are outside
/// and sides inside, so that a machine that becomes slower or faster meanwhile does so for all.
pub(super) fn measure(settings: &[Setting], n_rounds: usize, vds: &Path, python: Option<&Path>) -> Result<Vec<Record>> {
    let text = |path: &Path| path.to_string_lossy().into_owned();
    let ours = vec![text(vds), "bench".to_owned(), "--json".to_owned()];
    let peer = python.map(|python| vec![text(python), text(&workspace_root().join(SCRIPT))]);
    let mut records = Vec::new();
    for (round, setting) in (1..=n_rounds).flat_map(|round| settings.iter().map(move |setting| (round, setting))) {
        for &threads in setting.threads.iter().filter(|_| round == 1 || !setting.once) {
            println!("round {round} of {n_rounds}: {}, threads: {threads}", setting.name);
            for (side, program) in [(Side::Ours, Some(&ours)), (Side::Peer, peer.as_ref())] {
                if let (Some(program), Some(arguments)) = (program, setting.arguments(side, threads)) {
                    let arguments = arguments.split_whitespace().map(str::to_owned);
                    let command: Vec<String> = program.iter().cloned().chain(arguments).collect();
                    records.extend(printed_objects(&command)?.into_iter().map(|printed| Record {
                        setting: setting.name.to_owned(),
                        round,
                        side,
                        threads,
                        command: command.clone(),
                        printed,
                    }));
                }
            }
        }
    }
    Ok(records)
}

/// The objects of the stream of JSON that a command prints.
fn printed_objects(command: &[String]) -> Result<Vec<Map<String, Value>>> {
    let line = command.join(" ");
    let output = Command::new(&command[0]).args(&command[1..]).output();
    let output = output.with_context(|| format!("starting {line}"))?;
    if !output.status.success() {
        bail!("{line} has failed: {}", last_line(&output.stderr));
    }
    let stream = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    let objects: Result<_, _> = stream.collect();
    objects.with_context(|| format!("reading what {line} printed"))
}

fn last_line(text: &[u8]) -> String {
    let text = String::from_utf8_lossy(text);
    text.trim_end().lines().last().unwrap_or("it said nothing").to_owned()
}

/// One side of a row: a field of what one side printed in a setting, the peer in those ways of running the network.
#[derive(Clone, Copy, Debug)]
pub(super) struct Number(
    pub(super) Side,
    pub(super) &'static str,
    pub(super) &'static str,
    pub(super) Ways,
);

/// Ways of running the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ways {
    All,
    Eager,
    Compiled,
}

impl Number {
    /// The best of the medians over the rounds, one for each number of threads and way of running the network, with that way
    /// (empty for ours); nothing if it was not measured. Speeds are best where they are largest, times and memory where they
    /// are smallest.
    pub(super) fn best(self, records: &[Record]) -> Result<Option<(f64, String)>> {
        let Self(.., field, ways) = self;
        let mut groups: BTreeMap<(usize, &str), Vec<f64>> = BTreeMap::new();
        for record in self.of(records) {
            let way = record.printed.get("way").and_then(Value::as_str).unwrap_or_default();
            if ways == Ways::All || way.ends_with("compiled") == (ways == Ways::Compiled) {
                groups
                    .entry((record.threads, way))
                    .or_default()
                    .push(record.number(field)?);
            }
        }
        let medians = groups
            .into_iter()
            .filter_map(|((_, way), values)| Some((median(values)?, way.to_owned())));
        let sign = if field.ends_with("_per_s") { -1.0 } else { 1.0 };
        Ok(medians.min_by(|a, b| (sign * a.0).total_cmp(&(sign * b.0))))
    }

    /// This number over another, taken in each run if both come from the same runs, else of the two best.
    pub(super) fn over(self, below: Self, records: &[Record]) -> Result<Option<f64>> {
        if (self.0, self.1) == (below.0, below.1) {
            let quotients = self
                .of(records)
                .map(|record| Ok(record.number(self.2)? / record.number(below.2)?));
            return Ok(median(quotients.collect::<Result<_>>()?));
        }
        let sides = self.best(records)?.zip(below.best(records)?);
        Ok(sides.map(|(above, below)| above.0 / below.0))
    }

    fn of(self, records: &[Record]) -> impl Iterator<Item = &Record> {
        let Self(side, setting, ..) = self;
        records
            .iter()
            .filter(move |record| record.side == side && record.setting == setting)
    }
}

impl Record {
    fn number(&self, field: &str) -> Result<f64> {
        let value = self.printed.get(field).and_then(Value::as_f64);
        value.with_context(|| format!("no number `{field}` was printed"))
    }
}

fn median(mut values: Vec<f64>) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.len().checked_sub(1)? / 2, values.len() / 2);
    Some(f64::midpoint(values[low], values[high]))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    pub(in crate::bench) fn record(setting: &str, threads: usize, side: Side, printed: Value) -> Record {
        Record {
            setting: setting.to_owned(),
            round: 1,
            side,
            threads,
            command: Vec::new(),
            printed: serde_json::from_value(printed).unwrap(),
        }
    }

    #[test]
    fn bench_takes_medians_over_the_rounds_and_the_best_way_and_threads_by_them() {
        let mut records = Vec::new();
        for (ms, threads) in [(5, 1), (40, 1), (10, 2), (20, 2)] {
            let printed = json!({"ms": ms, "gflop_per_s": 10 * ms});
            records.push(record("a", threads, Side::Ours, printed));
        }
        // The smallest single number is one of the way, and of the number of threads, that is slower by its median.
        for (eager, compiled) in [(70, 90), (80, 60), (75, 95)] {
            for (ms, way) in [(eager, "plain"), (compiled, "plain, compiled")] {
                records.push(record("a", 1, Side::Peer, json!({"ms": ms, "way": way})));
            }
        }
        let (ms, gflop) = (
            Number(Side::Ours, "a", "ms", Ways::All),
            Number(Side::Ours, "a", "gflop_per_s", Ways::All),
        );
        let peer = |ways| Number(Side::Peer, "a", "ms", ways);
        for (number, best, way) in [
            (ms, 15.0, ""),
            (gflop, 225.0, ""),
            (peer(Ways::All), 75.0, "plain"),
            (peer(Ways::Eager), 75.0, "plain"),
            (peer(Ways::Compiled), 90.0, "plain, compiled"),
        ] {
            assert_eq!(
                number.best(&records).unwrap(),
                Some((best, way.to_owned())),
                "{number:?}"
            );
        }
        assert_eq!(peer(Ways::All).over(ms, &records).unwrap(), Some(5.0));
        assert_eq!(gflop.over(ms, &records).unwrap(), Some(10.0));
        let error = Number(Side::Ours, "a", "memory", Ways::All).best(&records).unwrap_err();
        assert_eq!(error.to_string(), "no number `memory` was printed");
        assert_eq!(ms.best(&[]).unwrap(), None);
    }

    #[test]
    fn bench_reads_the_objects_that_a_command_prints() {
        let run = |words: &[&str]| printed_objects(&words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        let read = run(&["echo", "{\"a\": 1}\n{\n  \"a\": 2\n}"]).unwrap();
        assert_eq!(
            read.iter().map(|object| object["a"].as_u64()).collect::<Vec<_>>(),
            [Some(1), Some(2)]
        );
        assert!(run(&["echo", "Traceback"]).is_err());
        assert!(
            run(&["ls", "no/such/folder"])
                .unwrap_err()
                .to_string()
                .contains("has failed: ls: ")
        );
    }

    #[test]
    fn bench_refuses_a_python_that_cannot_run_the_peer() {
        let error = check_python(Path::new("no/such/python")).unwrap_err();
        assert!(error.is::<BadRequest>());
        let start = "no/such/python cannot run the peer: ";
        assert!(error.to_string().starts_with(start), "{error}");
    }
}
