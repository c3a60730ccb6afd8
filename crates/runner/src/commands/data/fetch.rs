//! `vds data fetch`.

#[cfg(not(feature = "download"))]
mod by_hand;

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;

use crate::data;
use crate::error::{Error, ExitCode};

/// Fetch data sets from the servers that publish them, verify their files and put them where they are found
///
/// An interrupted call leaves what it has as NAME.partial, and the next one resumes from there. The first of ALL_PROXY,
/// HTTPS_PROXY and HTTP_PROXY that is set names a proxy, NO_PROXY the servers that need none. The program must be built with
/// `--features download`.
#[derive(Clone, Debug, Args)]
pub(crate) struct Fetch {
    /// Data sets
    #[arg(required = true, value_name = "NAME")]
    names: Vec<String>,
    /// Folder to put them into, each in a folder of its name; by default VDS_DATA_DIR, else the XDG data folder
    #[arg(long, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address of a folder on a server that is tried before the known ones; may be repeated
    #[arg(long = "mirror", value_name = "URL")]
    mirrors: Vec<String>,
    /// Show no progress
    #[arg(long, short)]
    quiet: bool,
}

impl Fetch {
    pub(super) fn run(self) -> Result<ExitCode> {
        let is_address = |mirror: &&String| ["http://", "https://"].iter().any(|start| mirror.starts_with(start));
        if let Some(mirror) = self.mirrors.iter().find(|mirror| !is_address(mirror)) {
            let message = format!(
                "--mirror {}: expected an address that begins with http:// or https://",
                mirror.shown()
            );
            return Err(Error::input(message).into());
        }
        let datasets = data::named(&self.names)?;
        let data_dir = data::target_dir(self.data_dir.clone())?;
        self.fetch(&datasets, &data_dir)
    }

    /// Fetches data sets and prints where their files are.
    #[cfg(feature = "download")]
    fn fetch(&self, datasets: &[vds_datasets::Dataset], data_dir: &std::path::Path) -> Result<ExitCode> {
        use std::ops::ControlFlow;

        use vds_datasets::download::{Options, Proxy, fetch};

        use crate::error::OrInput as _;
        use crate::output;
        use crate::progress::fetch::FetchProgress;
        use crate::signals::Interrupt;

        let options = Options {
            mirrors: self.mirrors.clone(),
            proxy: Proxy::FromEnv,
            ..Options::default()
        };
        let interrupt = Interrupt::listen().or_input(|| "watching for signals")?;
        let (mut progress, mut printed) = (FetchProgress::new(self.quiet), Ok(()));
        for dataset in datasets {
            let fetched = fetch(dataset, data_dir, &options, &mut |event| {
                progress.show(&event);
                match interrupt.came() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            });
            progress.clear();
            match fetched {
                Ok(files) => {
                    let print = || {
                        output::print_stored("data set", data_dir, |out| {
                            let mut paths = files.iter().map(|file| &file.path);
                            paths.try_for_each(|path| writeln!(out, "{}", path.shown()))
                        })
                    };
                    // What cannot be printed does not keep the others from being fetched.
                    printed = printed.and_then(|()| print());
                }
                Err(vds_datasets::download::Error::Stopped { path }) => {
                    let path = path.shown();
                    let interrupted =
                        output::print(|out| writeln!(out, "interrupted; the next call resumes from what is in {path}"));
                    return output::verdict(ExitCode::Interrupted, printed.and(interrupted).map_err(Into::into));
                }
                Err(error) => return Err(error.into()),
            }
        }
        output::verdict(ExitCode::Success, printed.map_err(Into::into))
    }

    /// Says how to get the files without this program.
    #[cfg(not(feature = "download"))]
    fn fetch(&self, datasets: &[vds_datasets::Dataset], _: &std::path::Path) -> Result<ExitCode> {
        Err(by_hand::refusal(datasets, &self.mirrors).into())
    }
}
