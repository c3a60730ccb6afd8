//! The generated part of docs/PERFORMANCE.md: the table, and the machine that it was measured on.

use std::fs;
use std::process::Command;

use anyhow::Result;
use serde::Serialize;

use super::measure::Side;
use super::medians::Medians;
use super::rows::{Row, digits};
use crate::document::{Document, markdown};
use crate::process::workspace_root;

/// The document.
pub(super) const DOCUMENT: Document = Document {
    path: "docs/PERFORMANCE.md",
    markers: [
        "<!-- Begin: written by `cargo xtask bench --peer PYTHON`, not by hand. -->",
        "<!-- End of what is written by `cargo xtask bench`. -->",
    ],
};

/// What the numbers depend on beside the program.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Machine {
    processor: String,
    cores: usize,
    instruction_set: String,
    system: String,
    compiler: String,
    commit: String,
    date: String,
    torch: Option<String>,
    rounds: usize,
    load: String,
}

impl Machine {
    /// This machine, as far as `vds` has told of it in its records; `load` is that before the run.
    pub(super) fn here(medians: Medians<'_>, rounds: usize, load: String) -> Self {
        let told = |field: &str| {
            medians
                .first_text(Side::Ours, field)
                .unwrap_or_else(|| "unknown".to_owned())
        };
        let changes = if has_uncommitted_changes() {
            ", with uncommitted changes"
        } else {
            ""
        };
        Self {
            processor: told("cpu"),
            cores: std::thread::available_parallelism().map_or(1, std::num::NonZeroUsize::get),
            instruction_set: told("instruction_set"),
            system: system(&told("target")),
            compiler: told("toolchain"),
            commit: format!("{}{changes}", told("commit")),
            date: told("date"),
            torch: medians.first_text(Side::Peer, "torch"),
            rounds,
            load,
        }
    }

    fn lines(&self) -> [(&'static str, String); 10] {
        [
            ("Processor", self.processor.clone()),
            ("Cores", self.cores.to_string()),
            ("Instruction set of the kernels", self.instruction_set.clone()),
            ("System", self.system.clone()),
            ("Compiler", self.compiler.clone()),
            ("Commit", self.commit.clone()),
            (
                "PyTorch",
                self.torch.clone().unwrap_or_else(|| "not measured".to_owned()),
            ),
            ("Rounds", self.rounds.to_string()),
            ("Load before the run", self.load.clone()),
            ("Date", self.date.clone()),
        ]
    }
}

/// How many processes ran in the last minute, on average, where the system tells: what is not idle is measured wrongly.
pub(super) fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").ok();
    let of_a_minute = text.and_then(|text| text.split_whitespace().next().map(str::to_owned));
    of_a_minute.unwrap_or_else(|| "unknown".to_owned())
}

/// Replaces the generated part of the document.
pub(super) fn write(rows: &[Row], machine: &Machine) -> Result<()> {
    DOCUMENT.write(&generated(rows, machine))
}

fn generated(rows: &[Row], machine: &Machine) -> String {
    let rows: Vec<Vec<String>> = rows.iter().map(cells).collect();
    let machine = machine.lines().map(|(name, value)| vec![name.to_owned(), value]);
    let header = ["what", "ours", "other side", "ratio", "bar", "verdict"];
    format!("{}\n{}", markdown(&header, &rows), markdown(&["machine", ""], &machine))
}

/// The cells of a row.
pub(super) fn cells(row: &Row) -> Vec<String> {
    let ratio = row.ratio.map_or_else(|| "-".to_owned(), digits);
    vec![
        row.what.clone(),
        row.ours.clone(),
        row.other.clone(),
        ratio,
        row.bar.clone(),
        row.verdict.clone(),
    ]
}

/// Name and kernel of the system, where it tells; otherwise what the program was built for.
fn system(target: &str) -> String {
    let read = |path: &str| fs::read_to_string(path).ok();
    let name = read("/etc/os-release").and_then(|text| {
        let line = text.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="))?;
        Some(line.trim_matches('"').to_owned())
    });
    let kernel = read("/proc/sys/kernel/osrelease").map(|version| format!("Linux {}", version.trim()));
    let parts: Vec<String> = name.into_iter().chain(kernel).chain([target.to_owned()]).collect();
    parts.join(", ")
}

pub(crate) fn has_uncommitted_changes() -> bool {
    let status = Command::new("git")
        .args(["status", "--porcelain", "--untracked-files=no"])
        .current_dir(workspace_root())
        .output();
    status.is_ok_and(|output| !output.stdout.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::check_markers;

    fn machine() -> Machine {
        let text = || "x".to_owned();
        Machine {
            processor: text(),
            cores: 2,
            instruction_set: text(),
            system: text(),
            compiler: text(),
            commit: text(),
            date: text(),
            torch: None,
            rounds: 3,
            load: text(),
        }
    }

    fn row() -> Row {
        Row {
            what: "step".to_owned(),
            ours: "10.0 ms".to_owned(),
            other: "20.0 ms".to_owned(),
            ratio: Some(2.0),
            bar: "at least 2.00".to_owned(),
            verdict: "met".to_owned(),
        }
    }

    #[test]
    fn table_comes_before_the_machine() {
        let text = generated(&[row()], &machine());
        let row = "| step | 10.0 ms | 20.0 ms | 2.00 | at least 2.00 | met |\n";
        let [table, of_row, of_machine] = ["| what |", row, "| machine |  |\n"].map(|part| text.find(part).unwrap());
        assert!(table < of_row && of_row < of_machine, "{text}");
    }

    #[test]
    fn the_document_of_the_repository_has_the_markers() {
        check_markers(&DOCUMENT);
    }
}
