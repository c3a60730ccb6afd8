//! `cargo xtask ci`: what CI checks, as commands that anyone can type, cheapest first.

use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::process::{BadRequest, cargo};
use crate::{table, tools};

/// Arguments of `cargo xtask ci`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leave out a step; may be given more than once
    #[arg(long, value_name = "STEP")]
    skip: Vec<String>,
    /// Go on after a failed step
    #[arg(long)]
    keep_going: bool,
    /// Fetch no program that a step needs; the step is left out instead
    #[arg(long)]
    offline: bool,
}

/// One check: a `cargo` command.
#[derive(Debug)]
struct Step {
    name: &'static str,
    args: Vec<String>,
    env: &'static [(&'static str, &'static str)],
}

#[derive(Debug, PartialEq)]
enum Outcome {
    Passed,
    Failed,
    Skipped(&'static str),
}

#[derive(Debug)]
struct Finished {
    name: &'static str,
    outcome: Outcome,
    elapsed_s: f64,
}

/// Runs the steps in order, stops at the first that fails, prints what each took.
pub(crate) fn run(args: &Args) -> Result<()> {
    let smoke_folder = tempfile::Builder::new().prefix("vds-smoke-").tempdir();
    let smoke_folder = smoke_folder.context("making a folder for the smoke run")?;
    let steps = steps(&smoke_folder.path().to_string_lossy());
    check_names(&args.skip, &steps)?;

    let mut finished = Vec::new();
    for step in &steps {
        let result = run_step(step, args)?;
        let stop = result.outcome == Outcome::Failed && !args.keep_going;
        finished.push(result);
        if stop {
            break;
        }
    }
    println!("\n{}", summary(&finished));
    let verdict = verdict(&finished);
    if verdict.is_err() {
        println!(
            "the smoke run, if it got so far, is kept in {}",
            smoke_folder.keep().display()
        );
    }
    verdict
}

/// Every step keeps the profile and the compiler flags of the others, so that artifacts are shared; a step with other features
/// names few packages. Clippy takes the whole workspace with the feature `download`, `test` without it, and each is then done
/// the other way for what that changes.
fn steps(smoke_folder: &str) -> Vec<Step> {
    let deny_warnings = ["--", "-D", "warnings"];
    let download = ["--features", "vds-runner/download,vds-datasets/download"];
    let changed = ["-p", "vds-datasets", "-p", "vds-runner"];
    vec![
        step("fmt", &[&["fmt", "--all", "--check"]]),
        step("tidy", &[&["xtask", "tidy"]]),
        step("notices", &[&["xtask", "notices", "--check"]]),
        step("deny", &[&["deny", "check", "bans", "licenses", "sources"]]),
        step(
            "clippy",
            &[&["clippy", "--workspace", "--all-targets"], &download, &deny_warnings],
        ),
        step("plain-clippy", &[&["clippy"], &changed, &deny_warnings]),
        step(
            "kernels-check",
            &[&["check", "-p", "vds-kernels", "--no-default-features"]],
        ),
        // With it `vds-model`, `vds-variational` and `vds-training`.
        step(
            "cuda-check",
            &[&["check", "-p", "vds-runner", "--features", "cuda,dfdx/ci-check"]],
        ),
        Step {
            env: &[("RUSTDOCFLAGS", "-D warnings")],
            ..step("doc", &[&["doc", "--workspace", "--no-deps"]])
        },
        step("test", &[&["test", "--workspace"]]),
        step("benches", &[&["test", "--workspace", "--bench", "*"]]),
        step(
            "download-test",
            &[
                &["test", "--lib", "--test", "it"],
                &changed,
                &download,
                &["--", "download", "fetch"],
            ],
        ),
        step("verify-build", &[&["xtask", "verify-build", "--quick"]]),
        step(
            "smoke",
            &[&["xtask", "reproduce", "--profile", "smoke", "--out", smoke_folder]],
        ),
    ]
}

fn step(name: &'static str, args: &[&[&str]]) -> Step {
    Step {
        name,
        args: args.concat().iter().map(|&arg| arg.to_owned()).collect(),
        env: &[],
    }
}

fn check_names(skip: &[String], steps: &[Step]) -> Result<()> {
    let known: Vec<&str> = steps.iter().map(|step| step.name).collect();
    match skip.iter().find(|name| !known.contains(&name.as_str())) {
        Some(name) => {
            let known = known.join(", ");
            bail!(BadRequest(format!("no step is called `{name}`; there are {known}")))
        }
        None => Ok(()),
    }
}

fn run_step(step: &Step, args: &Args) -> Result<Finished> {
    println!("\n==> {}: {}", step.name, command_line(step));
    let start = Instant::now();
    let outcome = match reason_to_skip(step, args)? {
        Some(reason) => Outcome::Skipped(reason),
        None => execute(step)?,
    };
    let elapsed_s = start.elapsed().as_secs_f64();
    println!("<== {}: {} ({elapsed_s:.1} s)", step.name, describe(&outcome));
    Ok(Finished {
        name: step.name,
        outcome,
        elapsed_s,
    })
}

fn execute(step: &Step) -> Result<Outcome> {
    let status = cargo()
        .args(&step.args)
        .envs(step.env.iter().copied())
        .env("PATH", tools::search_path()?)
        .status()
        .with_context(|| format!("starting `{}`", command_line(step)))?;
    Ok(if status.success() {
        Outcome::Passed
    } else {
        Outcome::Failed
    })
}

/// The step as it would be typed.
fn command_line(step: &Step) -> String {
    let env = step.env.iter().map(|(name, value)| format!("{name}={}", quoted(value)));
    let args = step.args.iter().map(|arg| quoted(arg));
    let words: Vec<String> = env.chain(["cargo".to_owned()]).chain(args).collect();
    words.join(" ")
}

fn quoted(word: &str) -> String {
    if word.contains([' ', '*']) {
        format!("'{word}'")
    } else {
        word.to_owned()
    }
}

fn reason_to_skip(step: &Step, args: &Args) -> Result<Option<&'static str>> {
    if args.skip.iter().any(|name| name == step.name) {
        return Ok(Some("asked for with --skip"));
    }
    Ok(match step.name {
        "deny" => tools::provide_cargo_deny(args.offline)?,
        _ => None,
    })
}

fn describe(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Passed => "passed".to_owned(),
        Outcome::Failed => "FAILED".to_owned(),
        Outcome::Skipped(reason) => format!("skipped: {reason}"),
    }
}

fn summary(finished: &[Finished]) -> String {
    let rows: Vec<Vec<String>> = finished
        .iter()
        .map(|step| {
            vec![
                step.name.to_owned(),
                format!("{:.1}", step.elapsed_s),
                describe(&step.outcome),
            ]
        })
        .collect();
    table::render(&["step", "seconds", "outcome"], &rows)
}

fn verdict(finished: &[Finished]) -> Result<()> {
    let failed: Vec<&str> = finished
        .iter()
        .filter(|step| step.outcome == Outcome::Failed)
        .map(|step| step.name)
        .collect();
    if failed.is_empty() {
        return Ok(());
    }
    bail!("failed: {}", failed.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finished(name: &'static str, outcome: Outcome) -> Finished {
        Finished {
            name,
            outcome,
            elapsed_s: 1.0,
        }
    }

    #[test]
    fn one_failed_step_fails_the_whole() {
        let all = [finished("fmt", Outcome::Passed), finished("tidy", Outcome::Failed)];
        assert_eq!(verdict(&all).unwrap_err().to_string(), "failed: tidy");
    }

    #[test]
    fn skipped_step_does_not_fail_the_whole() {
        let all = [
            finished("fmt", Outcome::Passed),
            finished("deny", Outcome::Skipped("absent")),
        ];
        assert!(verdict(&all).is_ok());
    }

    #[test]
    fn unknown_step_name_is_a_bad_request() {
        let error = check_names(&["tests".to_owned()], &steps("folder")).unwrap_err();
        assert!(error.is::<BadRequest>());
        assert!(
            error
                .to_string()
                .starts_with("no step is called `tests`; there are fmt, tidy")
        );
    }

    #[test]
    fn no_step_switches_all_features_on() {
        for step in steps("folder") {
            assert!(!step.args.iter().any(|arg| arg == "--all-features"), "{step:?}");
        }
    }

    #[test]
    fn printed_command_can_be_typed() {
        let steps = steps("folder");
        let doc = steps.iter().find(|step| step.name == "doc").unwrap();
        assert_eq!(
            command_line(doc),
            "RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps"
        );
    }
}
