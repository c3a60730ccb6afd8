//! The command line: which command was typed, and what runs it.

#[cfg(test)]
mod tests;

use std::ffi::OsString;
use std::io::{self, Write as _};

use anyhow::Result;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{CommandFactory as _, Parser, Subcommand};

use crate::commands::{
    bench::Bench, completions::Completions, data::Data, evaluate::Evaluate, findings::Findings, predict::Predict,
    prune::Prune, report::Report, sweep::Sweep, train::Train, verify::Verify,
};
use crate::error::{Error, ExitCode};
use crate::signals;
use vds_files::Shown as _;

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
    Findings(Findings),
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
        escaped(message)
    })
}

/// A message about arguments that may hold anything, without control characters.
fn escaped(mut message: clap::Error) -> clap::Error {
    let quoted: Vec<(ContextKind, ContextValue)> = message
        .context()
        .filter_map(|(kind, value)| match value {
            ContextValue::String(text) => Some((kind, ContextValue::String(text.shown().to_string()))),
            ContextValue::Strings(texts) => {
                let texts = texts.iter().map(|text| text.shown().to_string());
                Some((kind, ContextValue::Strings(texts.collect())))
            }
            _ => None,
        })
        .collect();
    for (kind, value) in quoted {
        message.insert(kind, value);
    }
    message
}

/// Prints the message that [`parse`] gives instead of a command.
///
/// # Errors
/// [`Error::Output`] if help or version were asked for and cannot be printed.
pub fn print(message: &clap::Error) -> Result<ExitCode> {
    let printed = message.print().and_then(|()| io::stdout().flush());
    match (message.use_stderr(), printed) {
        (true, _) => Ok(ExitCode::BadInput),
        (false, Ok(())) => Ok(ExitCode::Success),
        (false, Err(source)) => Err(Error::Output { hint: None, source }.into()),
    }
}

impl Cli {
    /// Runs the command; `arguments` are recorded as typed.
    ///
    /// # Errors
    /// What failed; [`crate::error::exit_code`] says how the process ends.
    pub fn run(self, arguments: &[OsString]) -> Result<ExitCode> {
        signals::ignore_file_size_limit();
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
            Command::Findings(findings) => findings.run(),
            Command::Sweep(sweep) => sweep.run(),
            Command::Data(data) => data.run(),
            Command::Bench(bench) => bench.run(),
            Command::Completions(completions) => completions.run(&mut Self::command()),
        }
    }
}
