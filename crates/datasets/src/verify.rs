//! Checking the files of a data set against the catalogue.

use crate::dataset::{Dataset, EntryFile};
use crate::error::{Error, Result};
use crate::load::read_entry_file;
use crate::lookup::Lookup;
use crate::provenance::Location;

/// Reads every file of a catalogue's data set, in the folder that [`crate::load`] would take it from (or the first that has
/// some of them), and reports what is right and wrong with each.
///
/// # Errors
/// If the data set is not of the catalogue; what is wrong with a file is in its report.
pub fn verify(dataset: &Dataset, lookup: &Lookup) -> Result<Vec<FileReport>> {
    let files = dataset.entry()?.files.iter();
    let reports = files
        .zip(lookup.locate_some(dataset)?)
        .map(|(file, location)| FileReport {
            name: file.name.clone(),
            status: status(dataset, file, location.as_ref()),
            location,
        });
    Ok(reports.collect())
}

/// What is known about a file after it was read in full.
#[derive(Debug)]
pub struct FileReport {
    /// Its name in the catalogue.
    pub name: String,
    /// Where it was found.
    pub location: Option<Location>,
    /// What was found.
    pub status: FileStatus,
}

/// Result of verifying a file.
#[derive(Debug)]
pub enum FileStatus {
    /// Well-formed, of the right size, and the checksum is the catalogue's.
    Verified {
        /// The SHA-256 digest.
        sha256: String,
    },
    /// Well-formed and of the right size; the catalogue has no checksum to compare with.
    NoKnownChecksum {
        /// The SHA-256 digest of the file.
        sha256: String,
    },
    /// It is in none of the folders.
    Missing,
    /// It cannot be read, is malformed, or has another size or checksum.
    Bad(Error),
}

impl FileStatus {
    /// Whether the file can be used.
    pub fn is_good(&self) -> bool {
        matches!(self, Self::Verified { .. } | Self::NoKnownChecksum { .. })
    }
}

fn status(dataset: &Dataset, file: &EntryFile, location: Option<&Location>) -> FileStatus {
    let Some(location) = location else {
        return FileStatus::Missing;
    };
    match read_entry_file(dataset, file, location) {
        Err(error) => FileStatus::Bad(error),
        Ok(content) if file.sha256.is_some() => FileStatus::Verified { sha256: content.sha256 },
        Ok(content) => FileStatus::NoKnownChecksum { sha256: content.sha256 },
    }
}
