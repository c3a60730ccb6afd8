//! The command line: which command was typed, and what runs it.

#[cfg(test)]
mod tests;

use std::ffi::OsString;

use anyhow::Result;
use clap::error::{ContextKind, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands::{
    bench::Bench, completions::Completions, data::Data, evaluate::Evaluate, predict::Predict, prune::Prune,
    report::Report, sweep::Sweep, train::Train, verify::Verify,
};
use crate::error::ExitCode;

/// Learn the depth of residual networks, prune them, and measure how well they know what they do not know
///
/// Exit codes: 0 done; 1 failed; 2 arguments, configuration, data or folder at fault; 75 interrupted, `train --resume` resumes.
#[derive(Clone, Debug, Parser)]
#[command(name = "vds", version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

/// A command with its arguments. Each has a file in `commands`.
#[derive(Clone, Debug, Subcommand)]
enum Command {
    Train(Train),
    Evaluate(Evaluate),
    Verify(Verify),
    Prune(Prune),
    Predict(Predict),
    Report(Report),
    #[command(subcommand)]
    Sweep(Sweep),
    #[command(subcommand)]
    Data(Data),
    Bench(Bench),
    Completions(Completions),
}

/// Reads the arguments, the program's name first.
///
/// # Errors
/// A message to be printed: what is wrong, or the help or version that was asked for.
pub fn parse(arguments: &[OsString]) -> Result<Cli, clap::Error> {
    Cli::try_parse_from(arguments).map_err(|mut message| {
        // Its only tip is to pass the option as a value, which nobody wants to.
        if message.kind() == ErrorKind::UnknownArgument {
            message.remove(ContextKind::Suggested);
        }
        message
    })
}

impl Cli {
    /// Runs the command; `arguments` are recorded as typed.
    ///
    /// # Errors
    /// What failed; [`crate::error::exit_code`] says how the process ends.
    pub fn run(self, arguments: &[OsString]) -> Result<ExitCode> {
        let command_line: Vec<String> = arguments
            .iter()
            .map(|text| text.to_string_lossy().into_owned())
            .collect();
        match self.command {
            Command::Train(train) => train.run(&command_line),
            Command::Evaluate(evaluate) => evaluate.run(),
            Command::Verify(verify) => verify.run(),
            Command::Prune(prune) => prune.run(&command_line),
            Command::Predict(predict) => predict.run(),
            Command::Report(report) => report.run(&command_line),
            Command::Sweep(sweep) => sweep.run(),
            Command::Data(data) => data.run(),
            Command::Bench(bench) => bench.run(),
            Command::Completions(completions) => completions.run(&mut Self::command()),
        }
    }
}
