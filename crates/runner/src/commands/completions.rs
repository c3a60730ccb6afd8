//! `vds completions`.

use anyhow::Result;
use clap::{Args, CommandFactory as _};
use clap_complete::Shell;

use crate::cli::Cli;
use crate::error::ExitCode;
use crate::output;

/// Print a completion script for a shell
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(self) -> Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "vds", &mut script);
        output::print(|out| out.write_all(&script))?;
        Ok(ExitCode::Success)
    }
}
