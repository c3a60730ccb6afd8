//! `vds data`.

mod fetch;

use std::io::{self, Write};
use std::path::PathBuf;

use anyhow::Result;
use clap::Subcommand;
use vds_datasets::{Dataset, Entry, FileStatus, Location, Lookup, Part, catalogue, import, verify};
use vds_files::Shown as _;

use crate::arguments::DataDir;
use crate::data;
use crate::error::ExitCode;
use crate::output;
use fetch::Fetch;

/// List, verify, fetch and import data sets
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Data {
    /// List the catalogue and where each data set was found
    List {
        #[command(flatten)]
        data_dir: DataDir,
    },
    /// Read data sets in full and compare their checksums with the catalogue
    Verify {
        /// Data sets; by default all that were found
        names: Vec<String>,
        #[command(flatten)]
        data_dir: DataDir,
    },
    Fetch(Fetch),
    /// Verify the files of a data set and copy them to where they are found
    Import {
        /// Data set
        name: String,
        /// Folder with its files
        folder: PathBuf,
        /// Folder to copy to, in a folder of the data set's name; by default VDS_DATA_DIR, else the XDG data folder
        #[arg(long, value_name = "DIR")]
        data_dir: Option<PathBuf>,
    },
}

impl Data {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Data::List { data_dir } => {
                let lookup = data_dir.lookup();
                for dataset in catalogue::all() {
                    let entry = dataset.entry()?;
                    output::print(|out| list(out, &dataset, entry, &lookup))?;
                }
                Ok(ExitCode::Success)
            }
            Data::Verify { names, data_dir } => {
                let (datasets, lookup) = (data::named(&names)?, data_dir.lookup());
                let found = || {
                    let all = catalogue::all().into_iter();
                    all.filter(|dataset| lookup.locate(dataset).is_ok()).collect()
                };
                let datasets = if datasets.is_empty() { found() } else { datasets };
                verify_all(&datasets, &lookup)
            }
            Data::Fetch(fetch) => fetch.run(),
            Data::Import { name, folder, data_dir } => {
                let target = data::target_dir(data_dir)?;
                let paths = import(&catalogue::find(&name)?, &folder, &target)?;
                output::print_stored("data set", &target, |out| {
                    paths.iter().try_for_each(|path| writeln!(out, "{}", path.shown()))
                })?;
                Ok(ExitCode::Success)
            }
        }
    }
}

fn list(out: &mut dyn Write, dataset: &Dataset, entry: &Entry, lookup: &Lookup) -> io::Result<()> {
    let place = match lookup.locate(dataset) {
        Ok(locations) => place(&locations),
        Err(_) => format!("not found; to get it: {}", entry.how_to_get),
    };
    writeln!(out, "{}: {}", dataset.name, dataset.description)?;
    writeln!(
        out,
        "  {} + {} examples, {} classes",
        entry.n_examples(Part::Train),
        entry.n_examples(Part::Test),
        dataset.n_classes()
    )?;
    writeln!(out, "  license: {}", entry.license)?;
    writeln!(out, "  {place}")
}

fn place(locations: &[Location]) -> String {
    match locations.first() {
        Some(Location::File(path)) => {
            let folder = path.parent().unwrap_or(path);
            format!("found in {}", folder.shown())
        }
        _ => "built in".to_owned(),
    }
}

fn verify_all(datasets: &[Dataset], lookup: &Lookup) -> Result<ExitCode> {
    let (mut all_good, mut printed) = (true, Ok(()));
    for dataset in datasets {
        // One data set at a time: large ones take a while.
        let reports = verify(dataset, lookup)?;
        all_good &= reports.iter().all(|report| report.status.is_good());
        printed = printed.and(output::print(|out| {
            for report in &reports {
                writeln!(out, "{}/{}: {}", dataset.name, report.name, status(&report.status))?;
            }
            Ok(())
        }));
    }
    let code = match all_good {
        true => ExitCode::Success,
        false => ExitCode::BadInput,
    };
    output::verdict(code, printed.map_err(Into::into))
}

fn status(status: &FileStatus) -> String {
    match status {
        FileStatus::Verified { .. } => "ok".to_owned(),
        FileStatus::NoKnownChecksum { sha256 } => format!("readable, no checksum is known (SHA-256 {sha256})"),
        FileStatus::Missing => "missing".to_owned(),
        FileStatus::Bad(error) => crate::error::text_of(error),
    }
}
