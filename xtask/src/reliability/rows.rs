//! From the records that the tests and tasks have left to the rows of the document.

use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Everything that was counted.
#[derive(Debug)]
pub(super) struct Counts {
    rows: Vec<Vec<String>>,
    fuzz_rows: Vec<Vec<String>>,
    build_rows: Vec<Vec<String>>,
}

/// A row over one file of counts: its name, the field that counts, what was done, what had to hold.
const ROWS: [(&str, &str, &str, &str); 10] = [
    (
        "kills",
        "kills",
        "SIGKILL at a random moment of a run, then `--resume`",
        "all files of the finished run and its page equal those of a run that was left alone",
    ),
    ("kills", "hashes", "SHA-256 sums compared after those", "equal"),
    (
        "faults",
        "faults",
        "end of the process inside the writing of a checkpoint, at each of six places",
        "as above",
    ),
    (
        "signals",
        "signals",
        "SIGINT, SIGTERM, SIGUSR1",
        "a checkpoint within 5 s, exit code 75",
    ),
    (
        "damage",
        "faults",
        "newest checkpoint empty, cut or with a flipped bit",
        "told, the one before it used, equal files",
    ),
    (
        "disk-full",
        "faults",
        "disk full while training, and while resuming",
        "exit code 2, goes on when there is room, equal files",
    ),
    (
        "disk-read-only",
        "faults",
        "disk read-only",
        "exit code 2, goes on when it can be written",
    ),
    (
        "disk-removed",
        "faults",
        "run directory removed while training",
        "exit code 2",
    ),
    (
        "bad-input",
        "cases",
        "bad inputs: data, configurations, command lines, runs, weights, places",
        "exact message, exit code 2, nothing on disk changed",
    ),
    (
        "network-properties",
        "cases",
        "random networks and batches, against f64 and against themselves",
        "ten properties of gradients, prefixes, pruning, batches and the loss",
    ),
];

impl Counts {
    /// Reads the counts in a folder, and takes the records of the fuzz targets and of the builds.
    pub(super) fn read(folder: &Path, fuzz: &[Value], build: &Value) -> Result<Self> {
        Ok(Self {
            rows: ROWS.iter().map(|row| row_of(folder, row)).collect::<Result<_>>()?,
            fuzz_rows: fuzz_rows(fuzz)?,
            build_rows: build_rows(build)?,
        })
    }

    pub(super) fn rows(&self) -> Vec<Vec<String>> {
        self.rows.clone()
    }

    pub(super) fn fuzz_rows(&self) -> Vec<Vec<String>> {
        self.fuzz_rows.clone()
    }

    pub(super) fn build_rows(&self) -> Vec<Vec<String>> {
        self.build_rows.clone()
    }
}

fn row_of(folder: &Path, (file, field, done, held): &(&str, &str, &str, &str)) -> Result<Vec<String>> {
    let counts = super::read(&folder.join(format!("{file}.json")))?;
    let count = counts[*field].as_u64();
    let count = count.with_context(|| format!("{file}.json has no count `{field}`"))?;
    ensure!(
        count > 0,
        "{file}: a test that should count was skipped; mounting a disk needs root"
    );
    Ok(vec![(*done).to_owned(), count.to_string(), (*held).to_owned()])
}

fn fuzz_rows(records: &[Value]) -> Result<Vec<Vec<String>>> {
    let mut rows = Vec::new();
    for record in records {
        let targets = record["targets"]
            .as_array()
            .context("a record of fuzz targets has no targets")?;
        for target in targets {
            let text = |field: &str| target[field].to_string();
            let name = target["name"].as_str().context("a fuzz target has no name")?;
            let findings = target["findings"].as_array().context("a fuzz target has no findings")?;
            let row = [
                format!("`{name}`"),
                text("executions"),
                text("seconds"),
                findings.len().to_string(),
            ];
            rows.push(row.to_vec());
        }
    }
    rows.sort();
    Ok(rows)
}

fn build_rows(record: &Value) -> Result<Vec<Vec<String>>> {
    let builds = record["builds"]
        .as_array()
        .context("a record of builds has no builds")?;
    let rows = builds.iter().enumerate().map(|(index, build)| {
        let artifact = &build["artifacts"][0];
        let sum = artifact["sha256"].as_str().context("a build has no sum")?;
        let name = ["first folder", "second folder"][index.min(1)];
        Ok(vec![
            name.to_owned(),
            format!("`{sum}`"),
            artifact["n_bytes"].to_string(),
        ])
    });
    rows.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn build() -> Value {
        let build = |sum| json!({"artifacts": [{"sha256": sum, "n_bytes": 3}]});
        json!({"builds": [build("ab"), build("ab")]})
    }

    fn write_counts(folder: &Path, faults: u64) {
        for (file, ..) in ROWS {
            let counts = json!({"kills": 7, "hashes": 8, "faults": faults, "signals": 3, "cases": 9});
            std::fs::write(folder.join(format!("{file}.json")), counts.to_string()).unwrap();
        }
    }

    #[test]
    fn every_count_becomes_a_row() {
        let folder = tempfile::tempdir().unwrap();
        write_counts(folder.path(), 1);
        let target = |name| json!({"name": name, "executions": 5, "seconds": 600, "findings": []});
        let fuzz = [json!({"targets": [target("mat")]}), json!({"targets": [target("idx")]})];
        let counts = Counts::read(folder.path(), &fuzz, &build()).unwrap();
        assert_eq!(counts.rows().len(), ROWS.len());
        assert_eq!(counts.rows()[0][1], "7");
        assert_eq!(
            counts.fuzz_rows(),
            [["`idx`", "5", "600", "0"], ["`mat`", "5", "600", "0"]]
        );
        assert_eq!(counts.build_rows()[1], ["second folder", "`ab`", "3"]);
    }

    #[test]
    fn missing_or_skipped_count_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let error = Counts::read(folder.path(), &[], &build()).unwrap_err();
        assert!(format!("{error:#}").contains("kills.json"), "{error:#}");
        write_counts(folder.path(), 0);
        let error = Counts::read(folder.path(), &[], &build()).unwrap_err();
        assert!(
            error
                .to_string()
                .starts_with("faults: a test that should count was skipped"),
            "{error}"
        );
    }
}
