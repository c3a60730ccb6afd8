//! What can go wrong with a fetch.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use vds_files::Shown as _;

use crate::error::Error as DatasetError;

/// Result of a fetch.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error of a fetch.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be read or written, or the data set is not of the catalogue.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// A data set that no server is known to have.
    #[error("no server is known to have {name}; to get it: {how_to_get}")]
    NoMirror {
        /// The data set.
        name: String,
        /// Where its files come from.
        how_to_get: String,
    },
    /// A file that would be fetched is there, and is not the right one.
    #[error("{} is there and is not what it should be; it is not replaced, remove it to fetch it", path.shown())]
    Occupied {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<DatasetError>,
    },
    /// Another process writes a partial file.
    #[error("another process is writing {}", path.shown())]
    Busy {
        /// The partial file.
        path: PathBuf,
    },
    /// No mirror has sent a file.
    #[error("{}", not_fetched_text(file, attempts, kept.as_ref()))]
    NotFetched {
        /// Name of the file where it is published.
        file: String,
        /// The mirrors tried, in order, with the last problem of each.
        attempts: Vec<Attempt>,
        /// The partial file and the number of bytes in it, if there are any to resume from.
        kept: Option<(PathBuf, u64)>,
    },
    /// The caller asked to stop.
    #[error("stopped; the next call resumes from what is in {}", path.shown())]
    Stopped {
        /// The partial file.
        path: PathBuf,
    },
}

/// Why a mirror did not send a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchProblem {
    /// There was no connection, or nothing that could be understood came over it.
    #[error("{cause}")]
    Connection {
        /// The HTTP client's error.
        cause: Box<dyn StdError + Send + Sync>,
    },
    /// The connection broke off.
    #[error("the connection broke off at byte {n_bytes}{}", of_total(*n_total))]
    BrokeOff {
        /// Bytes of the file that are there.
        n_bytes: u64,
        /// Bytes of the whole file, if known.
        n_total: Option<u64>,
    },
    /// The server went silent.
    #[error("the server sent nothing for {:?} at byte {n_bytes}", limit)]
    Stalled {
        /// Bytes of the file that are there.
        n_bytes: u64,
        /// How long was waited.
        limit: Duration,
    },
    /// The server answers with a status other than success.
    #[error("the server answers with status {status}")]
    Status {
        /// The HTTP status.
        status: u16,
    },
    /// The server was asked to resume at a byte, and answers with another part of the file.
    #[error("the server does not resume at byte {offset}")]
    Range {
        /// The byte asked for.
        offset: u64,
    },
    /// The server sends more than the file can have.
    #[error("the server sends more than {limit} bytes, which is more than the file can have")]
    TooLarge {
        /// The most that is taken.
        limit: u64,
    },
    /// What the server sends is not the file.
    #[error("{}", with_cause(error))]
    Content {
        /// What is wrong with it.
        error: Box<DatasetError>,
    },
}

impl FetchProblem {
    /// Whether the same request may do better.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::BrokeOff { .. } | Self::Stalled { .. })
    }

    /// Whether bytes that were there before may be to blame.
    pub(super) fn may_come_from_kept_bytes(&self) -> bool {
        matches!(self, Self::Range { .. } | Self::Content { .. })
    }
}

/// A mirror that was tried.
#[derive(Debug)]
pub struct Attempt {
    /// Address of the file.
    pub url: String,
    /// The cause of its failure.
    pub problem: FetchProblem,
}

fn not_fetched_text(file: &str, attempts: &[Attempt], kept: Option<&(PathBuf, u64)>) -> String {
    let mut text = format!("{file} cannot be fetched; tried");
    for Attempt { url, problem } in attempts {
        write!(text, "\n  {}: {problem}", url.shown()).expect("a string takes any text");
    }
    if let Some((path, n_bytes)) = kept {
        let path = path.shown();
        write!(
            text,
            "\n{n_bytes} bytes of it are kept in {path}, the next call resumes from there"
        )
        .expect("a string takes any text");
    }
    text
}

fn of_total(n_total: Option<u64>) -> String {
    n_total.map(|n| format!(" of {n}")).unwrap_or_default()
}

fn with_cause(error: &DatasetError) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
