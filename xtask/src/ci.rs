//! `cargo xtask ci`: what CI checks, as commands that anyone can type, cheapest first.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context as _, Result, bail};

use crate::process::{cargo, check_known, workspace_root};

/// Arguments of `cargo xtask ci`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Leave out a step; may be given more than once
    #[arg(long, value_name = "STEP")]
    skip: Vec<String>,
    /// Run the other steps after one has failed
    #[arg(long)]
    keep_going: bool,
    /// Fetch no program that a step needs; the step is left out instead
    #[arg(long)]
    offline: bool,
}

/// The version that is installed; one that is there already may be another.
const CARGO_DENY: &str = "0.20.2";

/// Where the smoke run goes. It would resume what it finds, so it is removed first.
const SMOKE_FOLDER: &str = "target/smoke";

/// Name and command of every step, to be run in the workspace's root.
///
/// Each keeps the profile and the compiler flags of the others, so that artifacts are shared; one with other features names few
/// packages. Clippy takes the whole workspace with the feature `download`, `test` without it, and each is then done the other
/// way for what that changes. `cuda-check` checks `vds-model`, `vds-variational` and `vds-training`, too.
#[rustfmt::skip]
const STEPS: [(&str, &str); 14] = [
    ("fmt", "cargo fmt --all --check"),
    ("tidy", "cargo xtask tidy"),
    ("notices", "cargo xtask notices --check"),
    ("deny", "cargo deny check bans licenses sources"),
    ("clippy", "cargo clippy --workspace --all-targets --features vds-runner/download,vds-datasets/download -- -D warnings"),
    ("plain-clippy", "cargo clippy -p vds-datasets -p vds-runner -- -D warnings"),
    ("kernels-check", "cargo check -p vds-kernels --no-default-features"),
    ("cuda-check", "cargo check -p vds-runner --features cuda,dfdx/ci-check"),
    ("doc", "RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps"),
    ("test", "cargo test --workspace"),
    ("benches", "cargo test --workspace --bench '*'"),
    ("download-test", "cargo test --lib --test it -p vds-datasets -p vds-runner --features vds-runner/download,vds-datasets/download -- download fetch"),
    ("verify-build", "cargo xtask verify-build --quick"),
    ("smoke", "cargo xtask reproduce --profile smoke --out target/smoke"),
];

/// Runs the steps in order, stops at the first that fails, prints what each took.
pub(crate) fn run(args: &Args) -> Result<()> {
    check_known("step", &args.skip, &STEPS.map(|(name, _)| name))?;
    let smoke = workspace_root().join(SMOKE_FOLDER);
    if smoke.exists() {
        fs::remove_dir_all(&smoke).with_context(|| format!("removing {SMOKE_FOLDER}"))?;
    }
    let mut summary = String::new();
    let mut failed = Vec::new();
    for (name, command) in STEPS {
        println!("\n==> {name}: {command}");
        let start = Instant::now();
        let outcome = match reason_to_skip(name, args)? {
            Some(reason) => format!("skipped: {reason}"),
            None if is_success(command)? => "passed".to_owned(),
            None => {
                failed.push(name);
                "FAILED".to_owned()
            }
        };
        let elapsed_s = start.elapsed().as_secs_f64();
        println!("<== {name}: {outcome} ({elapsed_s:.1} s)");
        summary += &format!("\n{name:<14}{elapsed_s:>8.1} s  {outcome}");
        if !failed.is_empty() && !args.keep_going {
            break;
        }
    }
    println!("{summary}");
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn reason_to_skip(name: &str, args: &Args) -> Result<Option<&'static str>> {
    if args.skip.iter().any(|skipped| skipped == name) {
        return Ok(Some("asked for with --skip"));
    }
    if name == "deny" {
        return provide_cargo_deny(args.offline);
    }
    Ok(None)
}

/// Runs `NAME=VALUE... cargo ARGUMENTS...`.
fn is_success(command: &str) -> Result<bool> {
    let mut words = command.split_whitespace();
    let variables = words.by_ref().take_while(|word| *word != "cargo");
    let variables: Vec<_> = variables.filter_map(|word| word.split_once('=')).collect();
    // A quoted word has no blank in it.
    let status = cargo()
        .args(words.map(|word| word.trim_matches('\'')))
        .envs(variables)
        .env("PATH", search_path()?)
        .status();
    Ok(status.with_context(|| format!("starting `{command}`"))?.success())
}

/// Makes sure that `cargo deny` can be called with [`search_path`], or says why it cannot.
fn provide_cargo_deny(offline: bool) -> Result<Option<&'static str>> {
    let mut version = cargo();
    version.args(["deny", "--version"]).env("PATH", search_path()?);
    if version.output().is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    if offline {
        return Ok(Some(
            "cargo-deny is not installed, and --offline keeps it from being fetched",
        ));
    }
    println!(
        "installing cargo-deny {CARGO_DENY} into {}, once",
        folder().to_string_lossy()
    );
    let status = cargo()
        .args(["install", "cargo-deny", "--locked", "--version", CARGO_DENY, "--root"])
        .arg(folder())
        // It runs for seconds and is compiled for minutes, so it is hardly optimized.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .status()
        .context("starting cargo install")?;
    Ok((!status.success()).then_some("cargo-deny is not installed, and could not be: cargo says above why"))
}

/// Where programs are looked for: the folder of these tools, then as in the environment.
fn search_path() -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [folder().join("bin")].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).context("putting the folder of the tools before PATH")
}

fn folder() -> PathBuf {
    workspace_root().join("target/tools")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ci_runs_a_command_and_sees_whether_it_succeeds() {
        assert!(is_success("CARGO_TERM_COLOR=never cargo '--version'").unwrap());
        assert!(!is_success("cargo no-such-command").unwrap());
        assert!(!is_success("CARGO_TERM_COLOR=mauve cargo metadata").unwrap());
    }

    #[test]
    fn ci_finds_own_tools_come_before_those_of_the_machine() {
        let folders: Vec<PathBuf> = env::split_paths(&search_path().unwrap()).collect();
        let of_the_machine = env::var_os("PATH").unwrap();
        let of_the_machine: Vec<PathBuf> = env::split_paths(&of_the_machine).collect();
        assert!(folders[0].ends_with("target/tools/bin"), "{folders:?}");
        assert_eq!(folders[1..], of_the_machine);
    }
}
