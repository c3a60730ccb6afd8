//! What can go wrong in this crate.

use std::io;
use std::path::{Path, PathBuf};

use vds_files::Shown as _;

/// Why a file of a sweep could not be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The system does not do what was asked.
    #[error("{doing} {}", path.shown())]
    Io {
        /// `writing`, say.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A record cannot be compacted.
    #[error("compacting a record: {0}")]
    Compact(String),
    /// A record cannot be read.
    #[error(transparent)]
    Records(#[from] vds_records::Error),
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Names what was being done with which file.
pub(crate) fn at<T>(result: io::Result<T>, doing: &'static str, path: &Path) -> Result<T> {
    result.map_err(|source| Error::Io {
        doing,
        path: path.to_path_buf(),
        source,
    })
}
