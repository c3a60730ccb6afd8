//! A data set ready for training, and where it comes from.

use std::fmt;
use std::path::PathBuf;

use crate::examples::Examples;
use crate::standardization::Standardization;

/// Training and test set.
#[derive(Clone, Debug, PartialEq)]
pub struct TrainTest {
    /// To train and choose on.
    pub train: Examples,
    /// To report figures on, once.
    pub test: Examples,
    /// What [`Examples::fill_batch`] should apply; the identity where the inputs are standardized already.
    pub standardization: Standardization,
    /// The standardization of further inputs of the same kind, which are not standardized already.
    pub input_standardization: Standardization,
    /// Where all this comes from.
    pub provenance: Provenance,
}

/// Where a data set comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Provenance {
    /// Name of the data set.
    pub name: String,
    /// A name for each class.
    pub class_names: Vec<String>,
    /// The files that were read, in order: training before test set, images before labels.
    pub files: Vec<SourceFile>,
}

impl Provenance {
    /// The SHA-256 digests of the files, in order.
    pub fn digests(&self) -> Vec<String> {
        self.files.iter().map(|file| file.sha256.clone()).collect()
    }
}

/// A file or a generated part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it comes from.
    pub origin: Origin,
    /// SHA-256 digest: of the uncompressed payload for IDX, of the file for MAT, of all inputs and labels as little-endian
    /// numbers for generated data.
    pub sha256: String,
}

/// Where data come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// They were read.
    Read(Location),
    /// The program made them; which part.
    Generated(&'static str),
}

/// Where a file is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// On disk.
    File(PathBuf),
    /// In this crate, under this name.
    Embedded(String),
}

impl Location {
    /// The file's path; its name if it is embedded.
    pub(crate) fn path(&self) -> PathBuf {
        match self {
            Self::File(path) => path.clone(),
            Self::Embedded(name) => PathBuf::from(name),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Read(location) => location.fmt(f),
            Self::Generated(part) => write!(f, "generated: {part}"),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => f.write_str(&path.to_string_lossy()),
            Self::Embedded(name) => write!(f, "embedded: {name}"),
        }
    }
}
