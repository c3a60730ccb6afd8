//! What each command does.

mod bench;
mod data;
mod evaluate;
#[cfg(feature = "download")]
mod fetch;
#[cfg(not(feature = "download"))]
mod fetch_by_hand;
mod predict;
mod predict_input;
mod prune;
mod report;
mod store;
mod train;
mod verify;
mod verify_compare;

use std::ffi::OsString;
use std::num::NonZeroUsize;

use anyhow::Result;
use clap::CommandFactory as _;

use crate::cli::high::Request;
use crate::cli::low::Cli;
use crate::error::{ExitCode, OrInput as _};
use crate::output;

/// Does what was asked for; `arguments` are recorded as typed.
///
/// # Errors
/// What failed; [`crate::error::exit_code`] says how the process ends.
pub fn run(cli: Cli, arguments: &[OsString]) -> Result<ExitCode> {
    match Request::resolve(cli, arguments)? {
        Request::Train(request) => {
            use_threads(request.threads)?;
            train::run(&request)
        }
        Request::Evaluate(request) => {
            use_threads(request.threads)?;
            evaluate::run(&request).map(|()| ExitCode::Success)
        }
        Request::Verify(request) => {
            use_threads(request.threads)?;
            verify::run(&request)
        }
        Request::Prune(request) => {
            use_threads(request.threads)?;
            prune::run(&request).map(|()| ExitCode::Success)
        }
        Request::Predict(request) => {
            use_threads(request.threads)?;
            predict::run(&request).map(|()| ExitCode::Success)
        }
        Request::Report(request) => report::run(&request).map(|()| ExitCode::Success),
        Request::Data(request) => data::run(&request),
        Request::Bench(request) => {
            use_threads(Some(request.settings.threads))?;
            bench::run(&request).map(|()| ExitCode::Success)
        }
        Request::Completions(shell) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "vds", &mut script);
            output::print(|out| out.write_all(&script))?;
            Ok(ExitCode::Success)
        }
    }
}

/// Sets the number of threads of the whole process.
fn use_threads(threads: Option<NonZeroUsize>) -> Result<()> {
    let mut builder = rayon::ThreadPoolBuilder::new();
    if let Some(threads) = threads {
        builder = builder.num_threads(threads.get());
    }
    Ok(builder.build_global().or_input(|| "starting the threads")?)
}
