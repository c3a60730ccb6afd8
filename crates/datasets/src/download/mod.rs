//! Fetching the files of a data set from the servers that publish them.
//!
//! A file is written as `NAME.partial` and gets its name once it is complete, verified as [`crate::verify`] does it, and on
//! disk. A partial file that an earlier call left behind is gone on from, if the server can do that.

mod client;
mod options;
mod partial;
mod problem;
mod transfer;

use std::fs;
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

pub use options::{Options, Proxy};
pub(crate) use problem::not_fetched_text;
pub use problem::{Attempt, FetchProblem};

use crate::catalogue::{Dataset, DatasetFile};
use crate::error::{Error, Result};
use crate::load::read_file;
use crate::lookup::file_in;
use crate::provenance::Location;
use client::Client;
use partial::Partial;
use transfer::Transfer;

/// A file that is in its place and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// The address that it came from; nothing if it was there already.
    pub url: Option<String>,
}

/// What happens on the way; the caller may show it, and end it by [`ControlFlow::Break`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Event<'a> {
    /// A server begins to send a file.
    Started {
        /// Where from.
        url: &'a str,
        /// Bytes that an earlier attempt left behind and that are not sent again.
        n_kept: u64,
        /// Bytes of the whole file, if the server says so.
        n_total: Option<u64>,
    },
    /// More bytes of the file are there.
    Advanced {
        /// Bytes of the file so far.
        n_bytes: u64,
    },
    /// An attempt failed; the same or the next server is tried.
    Failed {
        /// Where from.
        url: &'a str,
        /// Why.
        problem: &'a FetchProblem,
    },
    /// A file is in its place.
    Done {
        /// The file.
        file: &'a Fetched,
    },
}

/// A function that is told what happens.
pub type Report<'a> = dyn FnMut(Event<'_>) -> ControlFlow<()> + 'a;

/// Fetches the files of `dataset` into the folder of that name in `data_dir`, and says of each, in the catalogue's order, where
/// it is. Files that are there already are verified and not fetched again.
///
/// A file without a sum in the catalogue is checked for its format and its sizes only.
///
/// # Examples
/// ```no_run
/// use std::{ops::ControlFlow, path::Path};
/// use vds_datasets::{catalogue, download};
///
/// let options = download::Options { proxy: download::Proxy::OfEnvironment, ..Default::default() };
/// let files = download::fetch(catalogue::find("mnist")?, Path::new("data"), &options, &mut |_| ControlFlow::Continue(()))?;
/// assert_eq!(files.len(), 4);
/// # Ok::<(), vds_datasets::Error>(())
/// ```
///
/// # Errors
/// - If no server is known; a file that is there is not the right one; another process is fetching the same file; a file or
///   folder cannot be written; or no server gives a file, with what was wrong with each.
/// - If `report` asks to stop.
pub fn fetch(
    dataset: &'static Dataset,
    data_dir: &Path,
    options: &Options,
    report: &mut Report<'_>,
) -> Result<Vec<Fetched>> {
    let mirrors = mirrors(dataset, options)?;
    let client = Client::new(options);
    let folder = data_dir.join(dataset.name);
    // All of them before the first request: a wrong file should be known before much is fetched for nothing.
    let present = dataset.files.iter().map(|file| present(dataset, file, &folder));
    let present: Vec<Option<Fetched>> = present.collect::<Result<_>>()?;
    let mut fetched = Vec::new();
    for (file, present) in dataset.files.iter().zip(present) {
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
        let _ = report(Event::Done { file: &file });
        fetched.push(file);
    }
    Ok(fetched)
}

fn mirrors(dataset: &Dataset, options: &Options) -> Result<Vec<String>> {
    let known = dataset.mirrors.iter().map(|mirror| (*mirror).to_owned());
    let mirrors: Vec<String> = options.mirrors.iter().cloned().chain(known).collect();
    if mirrors.is_empty() || dataset.is_embedded {
        return Err(Error::NoMirror {
            name: dataset.name,
            how_to_get: dataset.how_to_get,
        });
    }
    Ok(mirrors)
}

/// The file in `folder`, if it is there and right.
fn present(dataset: &'static Dataset, file: &DatasetFile, folder: &Path) -> Result<Option<Fetched>> {
    let Some(path) = file_in(folder, file) else {
        return Ok(None);
    };
    match read_file(dataset, file, &Location::File(path.clone())) {
        Ok(_) => Ok(Some(Fetched { path, url: None })),
        Err(source) => Err(Error::Occupied {
            path,
            source: Box::new(source),
        }),
    }
}

fn fetch_file(transfer: Transfer<'_>, mirrors: &[String], folder: &Path, report: &mut Report<'_>) -> Result<Fetched> {
    fs::create_dir_all(folder).map_err(|source| Error::Write {
        path: folder.to_owned(),
        source,
    })?;
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
