//! What can go wrong with a mirror.

use std::error::Error as StdError;
use std::fmt::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use crate::error::Error;

/// Why a mirror did not give a file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchProblem {
    /// There was no connection, or nothing that could be understood came over it.
    #[error("{cause}")]
    Connection {
        /// What the HTTP client says.
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
    /// The server was asked to go on at a byte, and answers with another part of the file.
    #[error("the server does not go on at byte {offset}")]
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
        error: Box<Error>,
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
    /// Why it failed.
    pub problem: FetchProblem,
}

pub(crate) fn not_fetched_text(file: &str, attempts: &[Attempt], kept: Option<&(PathBuf, u64)>) -> String {
    let mut text = format!("{file} cannot be fetched; tried");
    for Attempt { url, problem } in attempts {
        write!(text, "\n  {url}: {problem}").expect("a string takes any text");
    }
    if let Some((path, n_bytes)) = kept {
        let path = path.display();
        write!(
            text,
            "\n{n_bytes} bytes of it are kept in {path}, the next call goes on from there"
        )
        .expect("a string takes any text");
    }
    text
}

fn of_total(n_total: Option<u64>) -> String {
    n_total.map(|n| format!(" of {n}")).unwrap_or_default()
}

fn with_cause(error: &Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}
