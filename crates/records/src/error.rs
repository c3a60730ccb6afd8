//! What can go wrong in this crate.

use std::io;
use std::path::PathBuf;

/// Why a stored file could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system does not give the file.
    #[error("reading {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// The file is longer than any of its kind.
    #[error("{} has more than {limit} bytes, too many for a configuration", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes allowed.
        limit: u64,
    },
    /// The file is not UTF-8.
    #[error("{} is not text: byte {byte} is not UTF-8", path.display())]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first byte that does not belong to a character.
        byte: usize,
    },
    /// The file is not JSON, or JSON of something else.
    #[error("{}:{line}:{column}: {problem}", path.display())]
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
    #[error("{} has schema {actual}, expected {expected}", path.display())]
    Schema {
        /// The file.
        path: PathBuf,
        /// Version found.
        actual: u32,
        /// Version that this crate reads.
        expected: u32,
    },
    /// Parts of a record contradict each other.
    #[error("{}: {problem}", path.display())]
    Contradiction {
        /// The file.
        path: PathBuf,
        /// What does not fit.
        problem: String,
    },
    /// There is no summary: the run has not finished.
    #[error("{} is unfinished: there is no {} in it", run.display(), crate::files::SUMMARY)]
    Unfinished {
        /// The run directory.
        run: PathBuf,
    },
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
