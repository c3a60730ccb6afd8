//! What can be wrong with a checkpoint, its file or its folder.

use std::io;
use std::path::PathBuf;

use vds_files::Shown as _;

/// Result with [`enum@Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes are not a complete safetensors file.
    #[error("it is not a complete safetensors file: {0}")]
    Format(#[source] safetensors::SafeTensorError),
    /// A safetensors file without the metadata or the types of a checkpoint.
    #[error("it is a safetensors file but not a checkpoint: {0}")]
    NotACheckpoint(&'static str),
    /// The content is not the one that was written.
    #[error("its content has the SHA-256 digest {actual}, expected {expected}: it is damaged")]
    Digest {
        /// The recorded digest.
        expected: String,
        /// The digest of what was read.
        actual: String,
    },
    /// The container or the content has another version than the reader knows.
    #[error("its {part} schema is {found}, expected {expected}; resume with the program that wrote it, {program}")]
    Schema {
        /// `container` or `content`.
        part: &'static str,
        /// The version in the file.
        found: u64,
        /// The version that the reader knows.
        expected: u32,
        /// The program that wrote the file.
        program: String,
    },
    /// An array that the reader needs is missing.
    #[error("it has no array `{name}`")]
    Missing {
        /// Name of the array.
        name: String,
    },
    /// An array has another type than the reader needs.
    #[error("its array `{name}` holds {actual}, expected {expected}")]
    Type {
        /// Name of the array.
        name: String,
        /// Type of its elements.
        actual: String,
        /// The type that the reader needs.
        expected: &'static str,
    },
    /// An operation on a file or folder failed.
    #[error("{} {}", doing, path.shown())]
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
    #[error("reading {}", path.shown())]
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

    /// Whether the file is not what was written, so that an older one may stand in for it.
    pub fn is_damage(&self) -> bool {
        match self {
            Self::Format(_) | Self::NotACheckpoint(_) | Self::Digest { .. } => true,
            Self::Unusable { source, .. } => source.is_damage(),
            _ => false,
        }
    }
}
