//! What can go wrong in this crate.

use std::io;
use std::path::PathBuf;

use vds_files::Shown as _;

/// Why a stored file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system does not give the file.
    #[error("reading {}", path.shown())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is not UTF-8.
    #[error("{} is not text: byte {byte} is not UTF-8", path.shown())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that does not belong to a character.
        byte: usize,
    },
    /// The file is not JSON, or JSON of something else.
    #[error("{}:{line}:{column}: {problem}", path.shown())]
    Json {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What is wrong.
        problem: String,
    },
    /// The file has a layout of another version.
    #[error("{} has schema {actual}, expected {expected}", path.shown())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Version found.
        actual: u32,
        /// Version that this crate reads.
        expected: u32,
    },
    /// Parts of a record contradict each other.
    #[error("{}: {problem}", path.shown())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// A file is not what it was when the run finished.
    #[error("{} does not fit its SHA-256 digest in {}: it is damaged, or another run's", path.shown(), crate::files::SUMMARY)]
    Digest {
        /// The file.
        path: PathBuf,
    },
    /// The summary is not what was stored.
    #[error("{} does not fit the SHA-256 digest in it: it is damaged", path.shown())]
    SummaryDigest {
        /// The file.
        path: PathBuf,
    },
    /// A file that the run had when it finished is not there.
    #[error("{} is missing: the run had it when it finished", path.shown())]
    Missing {
        /// The file.
        path: PathBuf,
    },
    /// A file is there that the run did not have when it finished.
    #[error("{} does not belong to the run: it was not there when the run finished", path.shown())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// There is no summary: the run has not finished.
    #[error("{} is unfinished: there is no {} in it", run.shown(), crate::files::SUMMARY)]
    Unfinished {
        /// The run directory.
        run: PathBuf,
    },
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
