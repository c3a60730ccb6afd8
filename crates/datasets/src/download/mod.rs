//! Fetching the files of a data set from the servers that publish them.
//!
//! A file is written as `NAME.partial` and gets its name once it is complete, verified as [`crate::verify`] does it, and on
//! disk. A partial file that an earlier call left behind is resumed, if the server can do that.

mod client;
mod error;
mod options;
mod partial;
mod progress;
mod transfer;

use std::fs;
use std::path::Path;

pub use error::{Attempt, Error, FetchProblem, Result};
pub use options::{Options, Proxy};
pub use progress::{Fetched, Progress, Report};

use crate::dataset::{Dataset, EntryFile};
use crate::error::Error as DatasetError;
use crate::load::read_entry_file;
use crate::lookup::file_in;
use crate::provenance::Location;
use client::Client;
use partial::Partial;
use transfer::Transfer;

/// Fetches the files of `dataset` into the folder of that name in `data_dir`, and returns where each of
/// them is, in the catalogue's order. Files that are there already are verified and not fetched again.
///
/// A file without a checksum in the catalogue is checked for its format and its sizes only.
///
/// # Examples
/// ```no_run
/// use std::{ops::ControlFlow, path::Path};
/// use vds_datasets::{catalogue, download};
///
/// let options = download::Options { proxy: download::Proxy::FromEnv, ..Default::default() };
/// let files = download::fetch(&catalogue::find("mnist")?, Path::new("data"), &options, &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!(files.len(), 4);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// - If the data set is not of the catalogue; no server is known; a file that is there is not the right one; another process is fetching the same file; a file or
///   folder cannot be written; or no server gives a file, with what was wrong with each.
/// - If `report` asks to stop.
pub fn fetch(dataset: &Dataset, data_dir: &Path, options: &Options, report: &mut Report<'_>) -> Result<Vec<Fetched>> {
    let entry = dataset.entry()?;
    let mirrors = mirrors(dataset, options)?;
    let client = Client::new(options);
    let folder = data_dir.join(&dataset.name);
    // All of them before the first request: a wrong file should be known before much is fetched for nothing.
    let present = entry.files.iter().map(|file| present(dataset, file, &folder));
    let present: Vec<Option<Fetched>> = present.collect::<Result<_>>()?;
    let mut fetched = Vec::new();
    for (file, present) in entry.files.iter().zip(present) {
        let file = match present {
            Some(present) => present,
            None => fetch_file(
                Transfer::new(dataset, file, &client, options),
                &mirrors,
                &folder,
                report,
            )?,
        };
        // Nothing is half done here: a wish to stop is heard at the next file.
        let _ = report(Progress::Done { file: &file });
        fetched.push(file);
    }
    Ok(fetched)
}

fn mirrors(dataset: &Dataset, options: &Options) -> Result<Vec<String>> {
    let entry = dataset.entry()?;
    let mirrors: Vec<String> = options.mirrors.iter().chain(&entry.mirrors).cloned().collect();
    if mirrors.is_empty() || entry.is_embedded {
        return Err(Error::NoMirror {
            name: dataset.name.clone(),
            how_to_get: entry.how_to_get.clone(),
        });
    }
    Ok(mirrors)
}

/// The file in `folder`, if it is there and right.
fn present(dataset: &Dataset, file: &EntryFile, folder: &Path) -> Result<Option<Fetched>> {
    let Some(path) = file_in(folder, file) else {
        return Ok(None);
    };
    match read_entry_file(dataset, file, &Location::File(path.clone())) {
        Ok(_) => Ok(Some(Fetched { path, url: None })),
        Err(source) => Err(Error::Occupied {
            path,
            source: Box::new(source),
        }),
    }
}

fn fetch_file(transfer: Transfer<'_>, mirrors: &[String], folder: &Path, report: &mut Report<'_>) -> Result<Fetched> {
    fs::create_dir_all(folder).map_err(DatasetError::write(folder))?;
    let mut partial = Partial::open(folder, &transfer.file.published_name())?;
    // Another process may have finished the file before this one had the lock.
    if let Some(present) = present(transfer.dataset, transfer.file, folder)? {
        partial.remove();
        return Ok(present);
    }
    match transfer.run(mirrors, &mut partial, report) {
        Ok(url) => Ok(Fetched {
            path: partial.finish()?,
            url: Some(url),
        }),
        Err(error) => {
            if partial.len() == 0 {
                partial.remove();
            }
            Err(error)
        }
    }
}
