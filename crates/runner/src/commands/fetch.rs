//! `vds data fetch`.

use std::ops::ControlFlow;

use anyhow::Result;
use vds_datasets::download::{Error, Options, Proxy, fetch};

use crate::cli::high::Fetch;
use crate::error::{ExitCode, OrInput as _};
use crate::output;
use crate::progress::fetch::FetchProgress;
use crate::signals::Interrupt;

/// Fetches data sets and prints where their files are.
pub(super) fn run(request: &Fetch) -> Result<ExitCode> {
    let options = Options {
        mirrors: request.mirrors.clone(),
        proxy: Proxy::FromEnv,
        ..Options::default()
    };
    let interrupt = Interrupt::listen().or_input(|| "watching for signals")?;
    let mut progress = FetchProgress::new(request.quiet);
    for dataset in &request.datasets {
        let fetched = fetch(dataset, &request.data_dir, &options, &mut |event| {
            progress.show(&event);
            match interrupt.came() {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        progress.clear();
        match fetched {
            Ok(files) => output::print(|out| {
                files
                    .iter()
                    .try_for_each(|file| writeln!(out, "{}", file.path.display()))
            })?,
            Err(Error::Stopped { path }) => {
                let path = path.display();
                output::print(|out| writeln!(out, "interrupted; the next call resumes from what is in {path}"))?;
                return Ok(ExitCode::Interrupted);
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(ExitCode::Success)
}
