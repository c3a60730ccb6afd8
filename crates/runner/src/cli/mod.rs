//! The command line, in two stages: [`low`] is what was typed, [`high`] what is ready to be done.

pub mod bench;
pub mod fetch;
pub mod high;
pub mod low;
#[cfg(test)]
mod tests;
pub mod train;
pub mod verify;

use std::ffi::OsString;

use clap::Parser as _;
use clap::error::{ContextKind, ErrorKind};

/// Reads the arguments, the program's name first.
///
/// # Errors
/// A message to be printed: what is wrong, or the help or version that was asked for.
pub fn parse(arguments: &[OsString]) -> Result<low::Cli, clap::Error> {
    low::Cli::try_parse_from(arguments).map_err(|mut message| {
        // Its only tip is to pass the option as a value, which nobody wants to.
        if message.kind() == ErrorKind::UnknownArgument {
            message.remove(ContextKind::Suggested);
        }
        message
    })
}
