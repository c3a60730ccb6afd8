//! The `vds` command: arguments in, exit code out.

use std::process::ExitCode;

use vds_runner::{cli, error};

#[expect(clippy::print_stderr, reason = "the one place where a failure is printed")]
fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().collect();
    let cli = match cli::parse(&arguments) {
        Ok(cli) => cli,
        Err(message) => {
            // A reader of the help text that has gone away is not a failure.
            let code = if message.use_stderr() {
                error::ExitCode::BadInput
            } else {
                error::ExitCode::Success
            };
            return message.print().map_or(error::ExitCode::Success, |()| code).into();
        }
    };
    match cli.run(&arguments) {
        Ok(code) => code.into(),
        Err(failure) => {
            let code = error::exit_code(&failure);
            if code != error::ExitCode::Success {
                eprintln!("error: {}", error::text(&failure));
            }
            code.into()
        }
    }
}
