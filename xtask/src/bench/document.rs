//! The generated part of docs/PERFORMANCE.md: the table, and the machine that it was measured on.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};
use serde::Serialize;

use super::measure::Side;
use super::medians::Medians;
use super::rows::{Row, digits};
use crate::process::workspace_root;

/// The document, relative to the root.
pub(super) const DOCUMENT: &str = "docs/PERFORMANCE.md";
/// The lines around its generated part.
const MARKERS: [&str; 2] = [
    "<!-- Begin: written by `cargo xtask bench --peer PYTHON`, not by hand. -->",
    "<!-- End of what is written by `cargo xtask bench`. -->",
];

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
    let path = workspace_root().join(DOCUMENT);
    replace_generated(&path, &generated(rows, machine)).with_context(|| format!("writing {DOCUMENT}"))
}

fn replace_generated(path: &Path, generated: &str) -> Result<()> {
    let text = fs::read_to_string(path)?;
    let [begin, end] = MARKERS;
    let no_marker = |marker: &str| format!("there is no line `{marker}`");
    let (before, rest) = text.split_once(begin).with_context(|| no_marker(begin))?;
    let (_, after) = rest.split_once(end).with_context(|| no_marker(end))?;
    Ok(fs::write(
        path,
        format!("{before}{begin}\n\n{generated}\n{end}{after}"),
    )?)
}

fn generated(rows: &[Row], machine: &Machine) -> String {
    let mut text =
        "| what | ours | other side | ratio | bar | verdict |\n| --- | --- | --- | --- | --- | --- |\n".to_owned();
    for row in rows {
        text += &format!("| {} |\n", cells(row).join(" | "));
    }
    text += "\n| machine | |\n| --- | --- |\n";
    for (name, value) in machine.lines() {
        text += &format!("| {name} | {value} |\n");
    }
    text
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

fn has_uncommitted_changes() -> bool {
    let status = Command::new("git")
        .args(["status", "--porcelain", "--untracked-files=no"])
        .current_dir(workspace_root())
        .output();
    status.is_ok_and(|output| !output.stdout.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

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
    fn only_the_part_between_the_markers_changes() {
        let file = tempfile::NamedTempFile::new().unwrap();
        let [begin, end] = MARKERS;
        fs::write(file.path(), format!("before\n{begin}\nold\n{end}\nafter\n")).unwrap();
        replace_generated(file.path(), &generated(&[row()], &machine())).unwrap();
        let once = fs::read_to_string(file.path()).unwrap();
        assert!(once.starts_with(&format!("before\n{begin}\n\n| what |")), "{once}");
        assert!(once.ends_with(&format!("\n\n{end}\nafter\n")), "{once}");
        assert!(
            once.contains("| step | 10.0 ms | 20.0 ms | 2.00 | at least 2.00 | met |\n"),
            "{once}"
        );
        assert!(!once.contains("old"));
        replace_generated(file.path(), &generated(&[row()], &machine())).unwrap();
        assert_eq!(fs::read_to_string(file.path()).unwrap(), once);
    }

    #[test]
    fn document_without_markers_is_left_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "text\n").unwrap();
        assert!(replace_generated(file.path(), "table").is_err());
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "text\n");
    }

    #[test]
    fn the_document_of_the_repository_has_the_markers() {
        let text = fs::read_to_string(workspace_root().join(DOCUMENT)).unwrap();
        for marker in MARKERS {
            assert_eq!(text.matches(marker).count(), 1, "{marker}");
        }
    }
}
