//! What can be wrong with a checkpoint, or with its place.

use std::io;
use std::path::PathBuf;

use crate::SCHEMA;

/// Result with [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are no safetensors file, or not a whole one.
    #[error("it is no whole safetensors file: {0}")]
    Format(#[source] safetensors::SafeTensorError),
    /// A safetensors file without this crate's metadata.
    #[error("it is a safetensors file, but no checkpoint: {0}")]
    NoCheckpoint(&'static str),
    /// The content is another than the one that was written.
    #[error("its content has the SHA-256 sum {actual}, and {expected} was written: it is damaged")]
    Sum {
        /// The recorded sum.
        expected: String,
        /// The sum of what was read.
        actual: String,
    },
    /// The layout is one that this version does not read.
    #[error(
        "it has schema {found}, written by {program}, and this program reads schema {SCHEMA}; continue with the program that wrote it"
    )]
    Schema {
        /// The file's schema.
        found: u64,
        /// The program that wrote it.
        program: String,
    },
    /// A tensor that the reader needs is missing.
    #[error("it holds no tensor `{name}`")]
    Missing {
        /// The tensor.
        name: String,
    },
    /// A tensor has another type than the reader needs.
    #[error("its tensor `{name}` holds {actual}, expected {expected}")]
    Type {
        /// The tensor.
        name: String,
        /// Its type.
        actual: String,
        /// The type that the reader needs.
        expected: &'static str,
    },
    /// A file or folder failed.
    #[error("{} {}", doing, path.display())]
    Io {
        /// What was being done, `reading` for instance.
        doing: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// Why it failed.
        #[source]
        source: io::Error,
    },
    /// A file cannot be used, and no older one can take its place.
    #[error("reading {}", path.display())]
    Unusable {
        /// The newest file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<Error>,
    },
}

impl Error {
    pub(crate) fn io(doing: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { doing, path, source }
    }

    /// Whether the file is not what was written: an older one may stand in for it.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Format(_) | Self::NoCheckpoint(_) | Self::Sum { .. } => true,
            Self::Unusable { source, .. } => source.is_damage(),
            _ => false,
        }
    }
}
