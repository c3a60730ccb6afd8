//! `cargo xtask fuzz`: every fuzz target for some time, and what each found.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde_json::json;

use crate::process::{self, cargo, check_known, read_toml, workspace_root, write_json};

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

#[derive(Debug, PartialEq, Serialize)]
struct Report {
    name: String,
    executions: u64,
    seconds: u64,
    /// What libFuzzer, the sanitizer or the panic reports, and the input that does it, relative to the workspace.
    findings: Vec<String>,
}

/// Runs the targets one after the other and reports on all; an error if one found something.
pub(crate) fn run(args: &Args) -> Result<()> {
    let all = all_targets()?;
    check_known(
        "fuzz target",
        &args.targets,
        &all.iter().map(String::as_str).collect::<Vec<_>>(),
    )?;
    let targets = if args.targets.is_empty() { &all } else { &args.targets };
    let mut reports = Vec::new();
    for target in targets {
        println!("\n==> {target}: building, then {} s", args.seconds);
        reports.push(fuzz(target, args.seconds)?);
    }
    if let Some(path) = &args.json {
        write_json(path, &json!({ "targets": reports }))?;
    }
    verdict(&reports)
}

/// The targets that the package names.
fn all_targets() -> Result<Vec<String>> {
    let manifest = read_toml(&format!("{PACKAGE}/Cargo.toml"))?;
    let targets = manifest.get("bin").and_then(toml::Value::as_array);
    let names = targets.into_iter().flatten();
    Ok(names
        .filter_map(|target| Some(target.get("name")?.as_str()?.to_owned()))
        .collect())
}

fn fuzz(target: &str, seconds: u32) -> Result<Report> {
    let (package, output) = (workspace_root().join(PACKAGE), workspace_root().join(OUTPUT));
    let [corpus, artifacts] = ["corpus", "artifacts"].map(|folder| output.join(folder).join(target));
    for folder in [&corpus, &artifacts] {
        fs::create_dir_all(folder).with_context(|| format!("making {}", folder.to_string_lossy()))?;
    }
    process::run(&mut cargo_fuzz("build", target)).with_context(|| {
        format!("building the fuzz target {target}, which needs a C++ compiler and `cargo install cargo-fuzz`")
    })?;

    let mut command = cargo_fuzz("run", target);
    command.arg(corpus).arg(package.join(SEEDS).join(target));
    if target == "config" {
        command.arg(workspace_root().join("configs"));
    }
    command.args(["--", "-print_final_stats=1"]);
    command
        .arg(format!("-max_total_time={seconds}"))
        .arg(format!("-timeout={TIMEOUT_S}"));
    command
        .arg(format!("-rss_limit_mb={MEMORY_MB}"))
        .arg(format!("-artifact_prefix={}/", artifacts.to_string_lossy()));
    let dictionary = package.join(DICTIONARIES).join(format!("{target}.dict"));
    if dictionary.is_file() {
        command.arg(format!("-dict={}", dictionary.to_string_lossy()));
    }
    let start = Instant::now();
    let ended = command.stdout(Stdio::inherit()).stderr(Stdio::piped()).output();
    let seconds = start.elapsed().as_secs();
    let ended = ended.context("starting cargo fuzz")?;
    let text = String::from_utf8_lossy(&ended.stderr);
    let log = output.join(format!("{target}.log"));
    fs::write(&log, text.as_bytes()).with_context(|| format!("writing {}", log.to_string_lossy()))?;
    let report = parse(target, &text, seconds, ended.status.success());
    match &report.findings[..] {
        [] => println!("<== {target}: {} executions, nothing found", report.executions),
        [first, ..] => println!("<== {target}: {first}; all of it in {}", log.to_string_lossy()),
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

/// What libFuzzer's lines report.
fn parse(target: &str, log: &str, seconds: u64, is_success: bool) -> Report {
    let executions = log.lines().find_map(|line| {
        let number = line.strip_prefix("stat::number_of_executed_units:")?;
        number.trim().parse().ok()
    });
    Report {
        name: target.to_owned(),
        executions: executions.unwrap_or(0),
        seconds,
        findings: if is_success { Vec::new() } else { vec![finding(log)] },
    }
}

fn finding(log: &str) -> String {
    let is_cause = |line: &&str| line.contains("panicked at") || line.contains("ERROR: ");
    let cause = log.lines().find(is_cause).map(str::trim);
    let artifact = log.split_once("Test unit written to ");
    let artifact = artifact
        .and_then(|(_, rest)| rest.lines().next())
        .unwrap_or("no input was written");
    let root = format!("{}/", workspace_root().to_string_lossy());
    let cause = cause.unwrap_or("the fuzzer failed without a known message");
    format!("{cause} ({})", artifact.trim().trim_start_matches(&root))
}

fn verdict(reports: &[Report]) -> Result<()> {
    let lines = reports.iter().flat_map(|report| {
        let findings = report.findings.iter();
        findings.map(move |finding| format!("\n  {}: {finding}", report.name))
    });
    let lines: String = lines.collect();
    ensure!(lines.is_empty(), "the fuzzer has found something:{lines}");
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUIET: &str = "\
Done 90000 runs in 11 second(s)
stat::number_of_executed_units: 90000
";

    #[test]
    fn fuzz_run_without_findings_is_counted() {
        let report = parse("idx", QUIET, 11, true);
        let expected = Report {
            name: "idx".to_owned(),
            executions: 90_000,
            seconds: 11,
            findings: Vec::new(),
        };
        assert_eq!(report, expected);
        assert!(verdict(&[report]).is_ok());
    }

    #[test]
    fn fuzz_finding_is_reported_with_its_input() {
        let artifact = workspace_root().join("target/fuzz/artifacts/mat/crash-0a");
        let log = format!(
            "thread '<unnamed>' panicked at crates/datasets/src/mat/mod.rs:7:9:\n\
             ==12== ERROR: libFuzzer: deadly signal\n\
             artifact_prefix='x/'; Test unit written to {}\n\
             stat::number_of_executed_units: 700\n",
            artifact.to_string_lossy()
        );
        let report = parse("mat", &log, 2, false);
        assert_eq!((report.executions, report.seconds, report.findings.len()), (700, 2, 1));
        let message = verdict(&[report]).unwrap_err().to_string();
        let expected = "mat: thread '<unnamed>' panicked at crates/datasets/src/mat/mod.rs:7:9: \
                        (target/fuzz/artifacts/mat/crash-0a)";
        assert!(message.ends_with(expected), "{message}");
    }

    #[test]
    fn fuzz_failure_without_a_known_word_is_a_finding() {
        assert_eq!(parse("mat", QUIET, 11, false).findings.len(), 1);
    }

    #[test]
    fn fuzz_targets_have_their_file_and_seeds() {
        let all = all_targets().unwrap();
        assert!(all.len() >= 6);
        for target in &all {
            let package = workspace_root().join(PACKAGE);
            assert!(package.join(format!("fuzz_targets/{target}.rs")).is_file(), "{target}");
            assert!(package.join(SEEDS).join(target).is_dir(), "{target}");
        }
    }
}
