//! `cargo xtask fuzz`: every fuzz target for some time, and what each found.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::process::{BadRequest, cargo, workspace_root};
use crate::table;

/// The package of the targets, and the folders of their seeds and of the words that they know in it.
const PACKAGE: &str = "fuzz";
const SEEDS: &str = "corpus-seeds";
const DICTIONARIES: &str = "dictionaries";
/// Where everything goes that a run makes, below the workspace's own target folder.
const OUTPUT: &str = "target/fuzz";
/// Seconds without an answer after which an input counts as a finding, and megabytes that it may take.
const TIMEOUT_S: u32 = 10;
const MEMORY_MB: u32 = 1024;

/// Arguments of `cargo xtask fuzz`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Targets; all of them if none is given
    #[arg(value_name = "TARGET")]
    targets: Vec<String>,
    /// Seconds for each target
    #[arg(long, value_name = "N", default_value_t = 600, value_parser = clap::value_parser!(u32).range(1..))]
    seconds: u32,
    /// Write what was found to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
struct Manifest {
    bin: Vec<Binary>,
}

#[derive(Debug, Deserialize)]
struct Binary {
    name: String,
}

#[derive(Debug, Serialize)]
struct Report {
    targets: Vec<TargetReport>,
}

#[derive(Debug, PartialEq, Serialize)]
struct TargetReport {
    name: String,
    executions: u64,
    seconds: u64,
    findings: Vec<Finding>,
    #[serde(skip)]
    corpus: u64,
}

#[derive(Clone, Debug, PartialEq, Serialize)]
struct Finding {
    /// What libFuzzer, the sanitizer or the panic says.
    what: String,
    /// The input that does it, relative to the workspace; none if the fuzzer did not get so far.
    artifact: Option<String>,
}

/// Runs the targets one after the other and reports on all; an error if one found something.
pub(crate) fn run(args: &Args) -> Result<()> {
    let targets = chosen(&args.targets, &all_targets()?)?;
    check_tool()?;
    let mut report = Report { targets: Vec::new() };
    for target in &targets {
        println!("\n==> {target}: building, then {} s", args.seconds);
        report.targets.push(fuzz(target, args.seconds)?);
    }
    println!("\n{}", summary(&report));
    if let Some(path) = &args.json {
        let text = serde_json::to_string_pretty(&report)? + "\n";
        fs::write(path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    verdict(&report)
}

/// The targets that the package names.
fn all_targets() -> Result<Vec<String>> {
    let path = workspace_root().join(PACKAGE).join("Cargo.toml");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {}", path.display()))?;
    let manifest: Manifest = toml::from_str(&text).with_context(|| format!("reading {}", path.display()))?;
    Ok(manifest.bin.into_iter().map(|binary| binary.name).collect())
}

fn chosen(asked: &[String], all: &[String]) -> Result<Vec<String>> {
    if let Some(name) = asked.iter().find(|name| !all.contains(name)) {
        let known = all.join(", ");
        bail!(BadRequest(format!(
            "no fuzz target is called `{name}`; there are {known}"
        )));
    }
    let asked = if asked.is_empty() { all } else { asked };
    Ok(asked.to_vec())
}

fn check_tool() -> Result<()> {
    let status = cargo()
        .args(["fuzz", "--version"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .context("starting cargo")?;
    if !status.success() {
        let message = "there is no cargo-fuzz; `cargo install cargo-fuzz` installs it (it needs a C++ compiler too)";
        bail!(BadRequest(message.to_owned()));
    }
    Ok(())
}

fn fuzz(target: &str, seconds: u32) -> Result<TargetReport> {
    let (package, output) = (workspace_root().join(PACKAGE), workspace_root().join(OUTPUT));
    let [corpus, artifacts] = ["corpus", "artifacts"].map(|folder| output.join(folder).join(target));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.display()))?;
    }
    let build = cargo_fuzz("build", target).status().context("starting cargo fuzz")?;
    ensure!(build.success(), "building the fuzz target {target} has failed");

    let mut command = cargo_fuzz("run", target);
    command.arg(corpus).arg(package.join(SEEDS).join(target));
    if target == "config" {
        command.arg(workspace_root().join("configs"));
    }
    command.arg("--").arg(format!("-max_total_time={seconds}"));
    command.arg(format!("-timeout={TIMEOUT_S}"));
    command.arg(format!("-rss_limit_mb={MEMORY_MB}"));
    command.arg(format!("-artifact_prefix={}/", artifacts.display()));
    command.arg("-print_final_stats=1");
    let dictionary = package.join(DICTIONARIES).join(format!("{target}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.display()));
    }
    let ended = command.stdout(Stdio::inherit()).stderr(Stdio::piped()).output();
    let ended = ended.context("starting cargo fuzz")?;
    let text = String::from_utf8_lossy(&ended.stderr);
    let log = output.join(format!("{target}.log"));
    fs::write(&log, text.as_bytes()).with_context(|| format!("writing {}", log.display()))?;
    let report = parse(target, &text, ended.status.success());
    match &report.findings[..] {
        [] => println!("<== {target}: {} executions, nothing found", report.executions),
        [first, ..] => println!("<== {target}: {}; all of it in {}", first.what, log.display()),
    }
    Ok(report)
}

/// Optimized, with assertions and the address sanitizer, in the workspace's target folder.
///
/// The flags of coverage and sanitizers are unstable; the pinned compiler takes them too, and dfdx does not build with a
/// nightly one.
fn cargo_fuzz(subcommand: &str, target: &str) -> Command {
    let mut command = cargo();
    command.env("RUSTC_BOOTSTRAP", "1");
    command.args(["fuzz", subcommand, "--release", "--debug-assertions"]);
    command.args(["--target-dir", OUTPUT, target]);
    command
}

/// What libFuzzer's lines say.
fn parse(target: &str, log: &str, is_success: bool) -> TargetReport {
    let stats: BTreeMap<&str, u64> = log.lines().filter_map(stat).collect();
    let done = log.lines().find_map(done);
    let executions = done
        .map(|(executions, _)| executions)
        .or_else(|| stats.get("number_of_executed_units").copied());
    let findings = if is_success { Vec::new() } else { vec![finding(log)] };
    TargetReport {
        name: target.to_owned(),
        executions: executions.unwrap_or(0),
        seconds: done.map_or_else(|| seconds_of(&stats), |(_, seconds)| seconds),
        findings,
        corpus: log.lines().rev().find_map(corpus_size).unwrap_or(0),
    }
}

/// `Done 1234 runs in 11 second(s)`; a run that ends with a finding has no such line.
fn done(line: &str) -> Option<(u64, u64)> {
    let (executions, rest) = line.strip_prefix("Done ")?.split_once(" runs in ")?;
    Some((executions.parse().ok()?, rest.strip_suffix(" second(s)")?.parse().ok()?))
}

/// `stat::number_of_executed_units: 1234`.
fn stat(line: &str) -> Option<(&str, u64)> {
    let (name, value) = line.strip_prefix("stat::")?.split_once(':')?;
    Some((name, value.trim().parse().ok()?))
}

/// Estimated from executions and their rate, which is all that a run with a finding tells.
fn seconds_of(stats: &BTreeMap<&str, u64>) -> u64 {
    let of = |name| stats.get(name).copied().unwrap_or(0);
    of("number_of_executed_units")
        .checked_div(of("average_exec_per_sec"))
        .unwrap_or(0)
}

/// The number of inputs in `#1234 REDUCE cov: 10 ft: 20 corp: 5/100b ...`.
fn corpus_size(line: &str) -> Option<u64> {
    let (_, rest) = line.strip_prefix('#')?.split_once(" corp: ")?;
    rest.split('/').next()?.parse().ok()
}

fn finding(log: &str) -> Finding {
    let is_cause = |line: &&str| line.contains("panicked at") || line.contains("ERROR: ");
    let what = log
        .lines()
        .find(is_cause)
        .unwrap_or("the fuzzer failed without a word that is known");
    let artifact = log.lines().find_map(|line| {
        let (_, path) = line.split_once("Test unit written to ")?;
        let path = Path::new(path.trim());
        Some(
            path.strip_prefix(workspace_root())
                .unwrap_or(path)
                .display()
                .to_string(),
        )
    });
    Finding {
        what: what.trim().to_owned(),
        artifact,
    }
}

fn summary(report: &Report) -> String {
    let rows: Vec<Vec<String>> = report
        .targets
        .iter()
        .map(|target| {
            let per_s = target.executions.checked_div(target.seconds).unwrap_or(0);
            let numbers = [target.executions, target.seconds, per_s, target.corpus];
            let mut row = vec![target.name.clone()];
            row.extend(numbers.map(|number| number.to_string()));
            row.push(target.findings.len().to_string());
            row
        })
        .collect();
    table::render(
        &["target", "executions", "seconds", "exec/s", "corpus", "findings"],
        &rows,
    )
}

fn verdict(report: &Report) -> Result<()> {
    let found: Vec<String> = report
        .targets
        .iter()
        .flat_map(|target| target.findings.iter().map(move |finding| (target, finding)))
        .map(|(target, finding)| {
            let artifact = finding.artifact.as_deref().unwrap_or("no input was written");
            format!("  {}: {} ({artifact})", target.name, finding.what)
        })
        .collect();
    if !found.is_empty() {
        bail!("the fuzzer has found something:\n{}", found.join("\n"));
    }
    Ok(())
}

#[cfg(test)]
mod tests;
