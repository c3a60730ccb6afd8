//! What a caller learns of a fetch while it runs.

use std::ops::ControlFlow;
use std::path::PathBuf;

use super::error::FetchProblem;

/// A step of a fetch; the caller may show it, and end the fetch by [`ControlFlow::Break`].
#[derive(Debug)]
#[non_exhaustive]
pub enum Progress<'a> {
    /// A server begins to send a file.
    Started {
        /// Where from.
        url: &'a str,
        /// Bytes that an earlier attempt left behind and that are not sent again.
        n_kept: u64,
        /// Bytes of the whole file, if the server gives their number.
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
        /// The cause.
        problem: &'a FetchProblem,
    },
    /// A file is in its place.
    Done {
        /// The file.
        file: &'a Fetched,
    },
}

/// A file that is in its place and verified.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// The file.
    pub path: PathBuf,
    /// The address that it came from; `None` if it was there already.
    pub url: Option<String>,
}

/// A function that is called at each step of a fetch.
pub type Report<'a> = dyn FnMut(Progress<'_>) -> ControlFlow<()> + 'a;
