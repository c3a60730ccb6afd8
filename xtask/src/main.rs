//! Repository tasks: `cargo xtask ci`, `cargo xtask tidy`, `cargo xtask reproduce`, `cargo xtask bench`,
//! `cargo xtask fuzz`, `cargo xtask verify-build`, `cargo xtask notices`, `cargo xtask reliability`.
//!
//! Exit codes: 0 done, 1 something checked or run has failed, 2 the request itself cannot be served; `reproduce` exits with that of `vds`.
//! No crate of the workspace is linked, so that this builds in seconds; the tasks call `cargo` and the built `vds`.

#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "a task runner talks to the terminal"
)]

mod bench;
mod ci;
mod document;
mod fuzz;
mod notices;
mod process;
mod reliability;
mod reproduce;
mod table;
mod tidy;
mod verify_build;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Repository tasks of the vds workspace.
#[derive(Debug, Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Debug, Subcommand)]
enum Task {
    /// Run every check that CI runs, cheapest first
    Ci(ci::Args),
    /// Check the repository's own rules: layering, boundaries, text
    Tidy,
    /// Build vds twice, in two folders, and compare the bytes
    VerifyBuild(verify_build::Args),
    /// Write the table of foreign crates into NOTICES.md
    Notices(notices::Args),
    /// Train, evaluate and prune the networks of a profile and write the page that shows them
    Reproduce(reproduce::Args),
    /// Measure the time and memory of training and evaluation, beside PyTorch if asked to
    Bench(bench::Args),
    /// Run the long tests, the fuzz targets and the two builds, and write docs/RELIABILITY.md
    Reliability(reliability::Args),
    /// Run the fuzz targets for some time each and report what they found
    Fuzz(fuzz::Args),
}

fn main() -> ExitCode {
    let done = |()| ExitCode::SUCCESS;
    let outcome = match Cli::parse().task {
        Task::Ci(args) => ci::run(&args).map(done),
        Task::Tidy => tidy::run().map(done),
        Task::VerifyBuild(args) => verify_build::run(&args).map(done),
        Task::Notices(args) => notices::run(&args).map(done),
        Task::Reproduce(args) => reproduce::run(&args),
        Task::Bench(args) => bench::run(&args).map(done),
        Task::Reliability(args) => reliability::run(&args).map(done),
        Task::Fuzz(args) => fuzz::run(&args).map(done),
    };
    outcome.unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        ExitCode::from(exit_code(&error))
    })
}

/// 2 for a request that cannot be served, 1 for everything else.
fn exit_code(error: &anyhow::Error) -> u8 {
    if error.is::<process::BadRequest>() { 2 } else { 1 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory as _;

    #[test]
    fn command_line_is_well_formed() {
        Cli::command().debug_assert();
    }

    #[test]
    fn bad_request_exits_with_2_and_failure_with_1() {
        let bad_request = anyhow::Error::new(process::BadRequest("no such experiment".to_owned()));
        assert_eq!(exit_code(&bad_request.context("while planning")), 2);
        assert_eq!(exit_code(&anyhow::anyhow!("1 cell has failed")), 1);
    }
}
