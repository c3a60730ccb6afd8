//! `vds completions`.

use anyhow::Result;
use clap::{Args, Command};
use clap_complete::Shell;

use crate::error::ExitCode;
use crate::output;

/// Print a completion script for a shell
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    /// Prints the script for the whole program.
    pub(crate) fn run(self, program: &mut Command) -> Result<ExitCode> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, program, "vds", &mut script);
        output::print(|out| out.write_all(&script))?;
        Ok(ExitCode::Success)
    }
}
