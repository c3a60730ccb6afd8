//! The `vds` command: arguments in, exit code out.

use std::process::ExitCode;

use vds_runner::{cli, error};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let ended = match cli::parse(&arguments) {
        Ok(cli) => cli.run(&arguments),
        Err(message) => cli::print(&message),
    };
    ended.unwrap_or_else(|failure| error::report(&failure)).into()
}
