//! `cargo xtask reliability`: the tests of what runs survive, at length, with the fuzz targets and the two builds; the counts go
//! to docs/RELIABILITY.md.

mod rows;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use crate::document::{Document, markdown};
use crate::process::{cargo, workspace_root};
use rows::Counts;

/// The document.
const DOCUMENT: Document = Document {
    path: "docs/RELIABILITY.md",
    markers: [
        "<!-- Begin: written by `cargo xtask reliability`, not by hand. -->",
        "<!-- End of what is written by `cargo xtask reliability`. -->",
    ],
};

/// Where the tests leave their counts, and the other tasks their records, relative to the root.
const OUTPUT: &str = "target/reliability";

/// Tests that leave counts: package, and what their names begin with.
const TESTS: [(&str, &[&str]); 2] = [
    ("vds-runner", &["survival", "bad_input", "mutation"]),
    ("vds-model", &["properties", "mutation"]),
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
        test(package, filters, &folder)?;
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
    let counts = Counts::read(&folder, &fuzz, &build)?;
    DOCUMENT.write(&generated(&counts)?)?;
    println!("{}", DOCUMENT.path);
    Ok(())
}

/// The long form of some tests of a package.
fn test(package: &str, filters: &[&str], folder: &Path) -> Result<()> {
    let mut command = cargo();
    command.args(["test", "--locked", "--package", package, "--test", "it", "--"]);
    command
        .args(filters)
        .env("SLOW_TESTS", "1")
        .env("VDS_COUNTS_DIR", folder);
    let status = command.status().context("starting cargo test")?;
    ensure!(status.success(), "the tests of {package} have failed");
    Ok(())
}

/// The record of another task.
fn task(arguments: &[&str], record: &Path) -> Result<Value> {
    let mut command = cargo();
    command.arg("xtask").args(arguments).arg("--json").arg(record);
    let status = command.status().context("starting cargo xtask")?;
    ensure!(status.success(), "cargo xtask {} has failed", arguments[0]);
    read(record)
}

fn read(path: &Path) -> Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("reading {}", path.display()))
}

fn generated(counts: &Counts) -> Result<String> {
    let told = |program: &str, arguments: &[&str]| -> Result<String> {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(workspace_root())
            .output();
        let output = output.with_context(|| format!("starting {program}"))?;
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    };
    let commit = told("git", &["rev-parse", "--short=12", "HEAD"])?;
    let date = told("git", &["log", "-1", "--format=%cs"])?;
    let of = [
        ("Commit", commit),
        ("Its date", date),
        ("Compiler", told("rustc", &["--version"])?),
    ];
    let of: Vec<Vec<String>> = of
        .into_iter()
        .map(|(name, value)| vec![name.to_owned(), value])
        .collect();
    Ok([
        markdown(&["what was done", "count", "what had to hold"], &counts.rows()),
        markdown(
            &["fuzz target", "executions", "seconds", "findings"],
            &counts.fuzz_rows(),
        ),
        markdown(&["build", "SHA-256 of `vds`", "bytes"], &counts.build_rows()),
        markdown(&["of", ""], &of),
    ]
    .join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::check_markers;

    #[test]
    fn the_document_of_the_repository_has_the_markers() {
        check_markers(&DOCUMENT);
    }
}
