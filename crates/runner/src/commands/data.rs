//! `vds data`.

use std::io::{self, Write};

use anyhow::Result;
use vds_datasets::{Dataset, Entry, FileStatus, Location, Lookup, Part, catalogue, import, verify};

use crate::cli::high::Data;
use crate::error::ExitCode;
use crate::output;

/// Lists, verifies, fetches or imports.
pub(super) fn run(request: &Data) -> Result<ExitCode> {
    match request {
        Data::List { lookup } => {
            for dataset in catalogue::all() {
                let entry = dataset.entry()?;
                output::print(|out| list(out, &dataset, entry, lookup))?;
            }
            Ok(ExitCode::Success)
        }
        Data::Verify { datasets, lookup } => {
            let found = || {
                let all = catalogue::all().into_iter();
                all.filter(|dataset| lookup.locate(dataset).is_ok()).collect()
            };
            let datasets = if datasets.is_empty() { found() } else { datasets.clone() };
            verify_all(&datasets, lookup)
        }
        #[cfg(feature = "download")]
        Data::Fetch(request) => super::fetch::run(request),
        #[cfg(not(feature = "download"))]
        Data::Fetch(request) => Err(super::fetch_by_hand::refusal(request).into()),
        Data::Import {
            dataset,
            folder,
            data_dir,
        } => {
            let paths = import(dataset, folder, data_dir)?;
            output::print(|out| paths.iter().try_for_each(|path| writeln!(out, "{}", path.display())))?;
            Ok(ExitCode::Success)
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
            format!("found in {}", folder.display())
        }
        _ => "built in".to_owned(),
    }
}

fn verify_all(datasets: &[Dataset], lookup: &Lookup) -> Result<ExitCode> {
    let mut all_good = true;
    for dataset in datasets {
        // One data set at a time: large ones take a while.
        let reports = verify(dataset, lookup)?;
        all_good &= reports.iter().all(|report| report.status.is_good());
        output::print(|out| {
            for report in &reports {
                writeln!(out, "{}/{}: {}", dataset.name, report.name, status(&report.status))?;
            }
            Ok(())
        })?;
    }
    Ok(if all_good {
        ExitCode::Success
    } else {
        ExitCode::BadInput
    })
}

fn status(status: &FileStatus) -> String {
    match status {
        FileStatus::Verified { .. } => "ok".to_owned(),
        FileStatus::NoKnownChecksum { sha256 } => format!("readable, no checksum is known (SHA-256 {sha256})"),
        FileStatus::Missing => "missing".to_owned(),
        FileStatus::Bad(error) => crate::error::text_of(error),
    }
}
