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

/// A file, or something in place of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceFile {
    /// Where it is.
    pub location: Location,
    /// SHA-256 sum: of the uncompressed payload for IDX, of the file for MAT, of all inputs and labels as little-endian
    /// numbers for generated data.
    pub sha256: String,
}

/// Where data were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// A file.
    File(PathBuf),
    /// A file of this name that is part of this crate.
    Embedded(&'static str),
    /// Made by the program; which part.
    Generated(&'static str),
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{}", path.display()),
            Self::Embedded(name) => write!(f, "embedded: {name}"),
            Self::Generated(part) => write!(f, "generated: {part}"),
        }
    }
}
