//! `cargo xtask reliability`: the tests of what runs survive, at length, with the fuzz targets and the two builds; the counts
//! go to docs/RELIABILITY.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;

use crate::process::{self, cargo, output, workspace_root};
use crate::{document, table};

/// Where the tests leave their counts, and the other tasks their records, relative to the root.
const OUTPUT: &str = "target/reliability";

/// Tests that run in their long form: package, and what their names begin with.
const TESTS: [(&str, &[&str]); 3] = [
    ("vds-runner", &["resume", "bad_input", "mutation", "model"]),
    ("vds-model", &["mutation"]),
    ("vds-training", &["properties"]),
];

/// A row for each count that the tests leave: its file, the field that counts, what was done, what had to hold.
#[rustfmt::skip]
const ROWS: [(&str, &str, &str, &str); 15] = [
    ("kills", "/kills", "SIGKILL at a random moment of a run, then `--resume`",
        "all files of the finished run and its page equal those of a run that was left alone"),
    ("kills", "/hashes", "SHA-256 digests compared after those", "equal"),
    ("faults", "/faults", "end of the process inside the writing of a checkpoint, at each of six places", "as above"),
    ("signals", "/signals", "SIGINT, SIGTERM, SIGUSR1", "a checkpoint within 5 s, exit code 75"),
    ("damage", "/faults", "newest checkpoint empty, truncated or with a flipped bit",
        "reported, the one before it used, equal files"),
    ("disk-full", "/faults", "disk full while training, and while resuming",
        "exit code 2, resumes when there is room, equal files"),
    ("disk-read-only", "/faults", "disk read-only", "exit code 2, resumes when it can be written"),
    ("disk-removed", "/faults", "run directory removed while training", "exit code 2"),
    ("bad-input", "/cases", "bad inputs: data, configurations, command lines, runs, weights, places",
        "exact message, exit code 2, nothing on disk changed"),
    ("model", "/steps", "steps of random sequences on a few run directories: commands, kills, damages, moves",
        "nothing else on disk changed, no number changed without an error, nothing lost that `--overwrite` did not name"),
    ("model", "/commands", "commands among them", "exit code 0, 1, 2 or 75 within 30 s, no panic, no control character"),
    ("model", "/kills", "of these ended by SIGKILL or inside a write", "as above"),
    ("model", "/resumed", "unfinished runs resumed to their end", "equal to the undisturbed run of their configuration"),
    ("model", "/damages", "files among them damaged, removed or replaced", "refused by name where they are used"),
    ("model", "/seeds", "sequences, seeds from 0", "as above"),
];

/// Arguments of `cargo xtask reliability`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Seconds for each fuzz target
    #[arg(long, value_name = "N", default_value_t = 600)]
    fuzz_seconds: u32,
    /// Take the fuzz targets' record from this file of `cargo xtask fuzz --json` in place of a run; may be repeated
    #[arg(long, value_name = "FILE")]
    fuzz: Vec<PathBuf>,
    /// Take the builds' record from this file of `cargo xtask verify-build --json` in place of two builds
    #[arg(long, value_name = "FILE")]
    build: Option<PathBuf>,
}

/// Runs everything and writes the document.
pub(crate) fn run(args: &Args) -> Result<()> {
    let folder = workspace_root().join(OUTPUT);
    if folder.exists() {
        fs::remove_dir_all(&folder).with_context(|| format!("removing {OUTPUT}"))?;
    }
    fs::create_dir_all(&folder).with_context(|| format!("making {OUTPUT}"))?;
    for (package, filters) in TESTS {
        let mut command = cargo();
        command.args(["test", "--locked", "--package", package, "--test", "it", "--"]);
        command.args(filters);
        let command = command.env("SLOW_TESTS", "1").env("VDS_COUNTS_DIR", &folder);
        process::run(command).with_context(|| format!("the tests of {package}"))?;
    }
    let fuzz = if args.fuzz.is_empty() {
        let seconds = args.fuzz_seconds.to_string();
        vec![task(&["fuzz", "--seconds", &seconds], &folder.join("fuzz.record"))?]
    } else {
        args.fuzz.iter().map(|path| read(path)).collect::<Result<_>>()?
    };
    let build = match &args.build {
        Some(path) => read(path)?,
        None => task(&["verify-build"], &folder.join("build.record"))?,
    };
    let text = [
        table::markdown(&["what was done", "count", "what had to hold"], &count_rows(&folder)?),
        table::markdown(
            &["fuzz target", "executions", "seconds", "findings"],
            &fuzz_rows(&fuzz)?,
        ),
        table::markdown(&["build", "SHA-256 of `vds`", "bytes"], &build_rows(&build)?),
        table::markdown(&["measured with", ""], &origin_rows()?),
    ];
    document::RELIABILITY.write(&text.join("\n"))?;
    println!("written to {}", document::RELIABILITY.path);
    Ok(())
}

/// The record of another task.
fn task(arguments: &[&str], record: &Path) -> Result<Value> {
    let mut command = cargo();
    command.arg("xtask").args(arguments).arg("--json").arg(record);
    process::run(&mut command).with_context(|| format!("cargo xtask {}", arguments[0]))?;
    read(record)
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.to_string_lossy()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.to_string_lossy()))
}

/// What stands at JSON pointers in a record; of a list its length.
fn cells(record: &Value, pointers: &[&str]) -> Result<Vec<String>> {
    let cell = |pointer: &&str| match record.pointer(pointer) {
        Some(Value::String(text)) => Ok(text.clone()),
        Some(Value::Number(number)) => Ok(number.to_string()),
        Some(Value::Array(list)) => Ok(list.len().to_string()),
        _ => bail!("a record has no `{pointer}`"),
    };
    pointers.iter().map(cell).collect()
}

fn count_rows(folder: &Path) -> Result<Vec<Vec<String>>> {
    let row = |(file, pointer, done, held): (&str, &str, &str, &str)| {
        let count = cells(&read(&folder.join(format!("{file}.json")))?, &[pointer])?.concat();
        ensure!(
            count != "0",
            "{file}: a test that should count was skipped; mounting a disk needs root"
        );
        Ok(vec![done.to_owned(), count, held.to_owned()])
    };
    ROWS.into_iter().map(row).collect()
}

fn fuzz_rows(records: &[Value]) -> Result<Vec<Vec<String>>> {
    let targets = records.iter().flat_map(|record| record["targets"].as_array()).flatten();
    let rows = targets.map(|target| cells(target, &["/name", "/executions", "/seconds", "/findings"]));
    let mut rows: Vec<Vec<String>> = rows.collect::<Result<_>>()?;
    ensure!(!rows.is_empty(), "the record of the fuzz targets has none");
    rows.sort();
    Ok(rows)
}

fn build_rows(record: &Value) -> Result<Vec<Vec<String>>> {
    let row = |index: usize| {
        let pointers = ["sha256", "n_bytes"].map(|field| format!("/builds/{index}/artifacts/0/{field}"));
        let cells = cells(record, &pointers.each_ref().map(String::as_str))?;
        Ok([vec![["first folder", "second folder"][index].to_owned()], cells].concat())
    };
    (0..2).map(row).collect()
}

fn origin_rows() -> Result<Vec<Vec<String>>> {
    let rows = [
        ("Commit", "git rev-parse --short=12 HEAD"),
        ("Its date", "git log -1 --format=%cs"),
        ("Compiler", "rustc --version"),
    ];
    let row = |(name, command): (&str, &str)| {
        let words: Vec<&str> = command.split(' ').collect();
        let printed = output(Command::new(words[0]).args(&words[1..]).current_dir(workspace_root()))?;
        Ok(vec![name.to_owned(), printed.trim().to_owned()])
    };
    rows.into_iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn write_counts(folder: &Path, faults: u64) {
        for (file, ..) in ROWS {
            let counts = json!({"kills": 7, "hashes": 8, "faults": faults, "signals": 3, "cases": 9, "steps": 4, "commands": 5,
                "damages": 6, "resumed": 2, "seeds": [0]});
            fs::write(folder.join(format!("{file}.json")), counts.to_string()).unwrap();
        }
    }

    #[test]
    fn reliability_has_a_row_for_each_count_target_and_build() {
        let folder = tempfile::tempdir().unwrap();
        write_counts(folder.path(), 1);
        let counts = count_rows(folder.path()).unwrap();
        assert_eq!((counts.len(), counts[0][1].as_str()), (ROWS.len(), "7"));
        let target = |name| json!({"name": name, "executions": 5, "seconds": 600, "findings": []});
        let fuzz = [json!({"targets": [target("mat")]}), json!({"targets": [target("idx")]})];
        let expected = [["idx", "5", "600", "0"], ["mat", "5", "600", "0"]];
        assert_eq!(fuzz_rows(&fuzz).unwrap(), expected);
        let build = json!({"artifacts": [{"sha256": "ab", "n_bytes": 3}]});
        let builds = build_rows(&json!({"builds": [build, build]})).unwrap();
        assert_eq!(builds[1], ["second folder", "ab", "3"]);
    }

    #[test]
    fn reliability_refuses_a_missing_and_a_skipped_count() {
        let folder = tempfile::tempdir().unwrap();
        let error = count_rows(folder.path()).unwrap_err();
        assert!(format!("{error:#}").contains("kills.json"), "{error:#}");
        write_counts(folder.path(), 0);
        let error = count_rows(folder.path()).unwrap_err().to_string();
        assert!(
            error.starts_with("faults: a test that should count was skipped"),
            "{error}"
        );
    }
}
