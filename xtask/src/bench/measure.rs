//! Runs the settings on both sides, one after the other, and keeps every number that was printed.

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn objects_are_read_on_one_line_each_or_indented() {
        let read = objects(b"{\"a\": 1}\n{\"a\": 2}\n{\n  \"a\": 3\n}\n").unwrap();
        let values: Vec<_> = read.iter().map(|object| object["a"].as_u64()).collect();
        assert_eq!(values, [Some(1), Some(2), Some(3)]);
        assert!(objects(b"Traceback").is_err());
    }

    #[test]
    fn python_that_is_none_is_a_bad_request() {
        let error = check_python(Path::new("no/such/python")).unwrap_err();
        assert!(error.is::<BadRequest>());
        assert!(
            error.to_string().starts_with("no/such/python cannot run the peer: "),
            "{error}"
        );
    }
}
