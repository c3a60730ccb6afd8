//! The command line, in two stages: [`low`] is what was typed, [`high`] what is ready to be done.

pub mod bench;
pub mod high;
pub mod low;
#[cfg(test)]
mod tests;
pub mod verify;

use std::ffi::OsString;

use clap::Parser as _;

/// Reads the arguments, the program's name first.
///
/// # Errors
/// A message to be printed: what is wrong, or the help or version that was asked for.
pub fn parse(arguments: &[OsString]) -> Result<low::Cli, clap::Error> {
    low::Cli::try_parse_from(arguments)
}
