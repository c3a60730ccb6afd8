//! What can go wrong in this crate.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use crate::problem::{Position, Problem};

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be opened or read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.display())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Compressed data do not unpack.
    #[error("{}: {position}: the compressed data are damaged", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How far they unpack.
        position: Position,
        /// What the decompressor says.
        #[source]
        source: io::Error,
    },
    /// A file is not what its format says.
    #[error("{}: {position}: {problem}", path.display())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where the problem is.
        position: Position,
        /// The problem.
        problem: Problem,
    },
    /// A well-formed file holds arrays of another size than the data set has.
    #[error("{} holds an array of {actual}, expected {expected}", path.display())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Sizes found, examples first.
        actual: String,
        /// Sizes of the data set.
        expected: String,
    },
    /// Images and labels do not belong together.
    #[error(
        "{} holds {n_images} images, but {} holds {n_labels} labels",
        images.display(),
        labels.display()
    )]
    CountMismatch {
        /// The file with the images.
        images: PathBuf,
        /// Images in it.
        n_images: usize,
        /// The file with the labels.
        labels: PathBuf,
        /// Labels in it.
        n_labels: usize,
    },
    /// A file has other content than the catalogue says.
    #[error("{} has the SHA-256 sum {actual}, expected {expected}: it is not the published file, fetch it again", path.display())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// Sum of its uncompressed payload.
        actual: String,
        /// Sum in the catalogue.
        expected: String,
    },
    /// The catalogue has no such data set.
    #[error("there is no data set {name:?}, the catalogue has {}", known.join(", "))]
    UnknownDataset {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// A data set is in none of the places.
    #[error("{}", not_found_text(name, places, how_to_get))]
    NotFound {
        /// The data set.
        name: &'static str,
        /// Folders looked at, in order, and what they lack.
        places: Vec<Place>,
        /// Where the files come from.
        how_to_get: &'static str,
    },
    /// The data set is part of this crate.
    #[error("{name} is built in, there are no files to import")]
    NothingToImport {
        /// The data set.
        name: &'static str,
    },
    /// A data set that no server is known to have.
    #[cfg(feature = "download")]
    #[error("no server is known to have {name}; to get it: {how_to_get}")]
    NoMirror {
        /// The data set.
        name: &'static str,
        /// Where its files come from.
        how_to_get: &'static str,
    },
    /// A file that would be fetched is there, and is not the right one.
    #[cfg(feature = "download")]
    #[error("{} is there and is not what it should be; it is not replaced, remove it to fetch it", path.display())]
    Occupied {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        #[source]
        source: Box<Error>,
    },
    /// Another process writes a partial file.
    #[cfg(feature = "download")]
    #[error("another process is writing {}", path.display())]
    Busy {
        /// The partial file.
        path: PathBuf,
    },
    /// No mirror gave a file.
    #[cfg(feature = "download")]
    #[error("{}", crate::download::not_fetched_text(file, attempts, kept.as_ref()))]
    NotFetched {
        /// Name of the file where it is published.
        file: String,
        /// The mirrors tried, in order, with the last problem of each.
        attempts: Vec<crate::download::Attempt>,
        /// The partial file and the number of bytes in it, if any are worth going on from.
        kept: Option<(PathBuf, u64)>,
    },
    /// The caller asked to stop.
    #[cfg(feature = "download")]
    #[error("stopped; the next call goes on from what is in {}", path.display())]
    Stopped {
        /// The partial file.
        path: PathBuf,
    },
    /// Inputs or labels do not have the length that the other one gives them.
    #[error("{actual} input values, expected {n_examples} examples of {example_len}")]
    InputLength {
        /// Values found.
        actual: usize,
        /// Number of labels.
        n_examples: usize,
        /// Values of one example.
        example_len: usize,
    },
    /// Examples without values or classes.
    #[error("examples of {shape} in {n_classes} classes, expected at least one of each")]
    EmptyShape {
        /// Shape of an example.
        shape: String,
        /// Number of classes.
        n_classes: usize,
    },
    /// A label is no class.
    #[error("label {label} of example {index}, expected less than {n_classes}")]
    Label {
        /// The example.
        index: usize,
        /// Its label.
        label: u32,
        /// Number of classes.
        n_classes: usize,
    },
    /// An input value is NaN or infinite.
    #[error("input value {index} is {value}, expected a finite number")]
    NotFinite {
        /// Its place among all values.
        index: usize,
        /// The value.
        value: f32,
    },
    /// More examples are asked for than there are.
    #[error("{asked} examples are asked for, there are {available}")]
    TooFewExamples {
        /// Examples asked for.
        asked: usize,
        /// Examples that there are.
        available: usize,
    },
    /// A mean or standard deviation cannot be used.
    #[error(
        "channel {channel} has mean {mean} and standard deviation {sd}, expected finite values and a positive deviation"
    )]
    Standardization {
        /// The channel or feature.
        channel: usize,
        /// Its mean.
        mean: f64,
        /// Its standard deviation.
        sd: f64,
    },
    /// Means and standard deviations differ in number.
    #[error("{n_means} means and {n_sds} standard deviations, expected as many of both")]
    StandardizationLength {
        /// Number of means.
        n_means: usize,
        /// Number of standard deviations.
        n_sds: usize,
    },
    /// A share is no share, or leaves one part empty where both are needed.
    #[error("a share of {fraction} of {n} examples, expected {expected}")]
    Fraction {
        /// The share.
        fraction: f64,
        /// Examples to share out.
        n: usize,
        /// What is allowed.
        expected: &'static str,
    },
    /// A field of a spirals configuration is out of its range.
    #[error("{field} is {actual}, expected {expected}")]
    Spirals {
        /// The field.
        field: &'static str,
        /// Its value.
        actual: f64,
        /// What is allowed.
        expected: &'static str,
    },
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A folder that was looked at, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The folder.
    pub folder: PathBuf,
    /// Names of the files that are not in it; all of them if there is no such folder.
    pub missing: Vec<&'static str>,
    /// Number of files of the data set.
    pub n_files: usize,
}

fn not_found_text(name: &str, places: &[Place], how_to_get: &str) -> String {
    let mut text = format!("the data set {name} was not found; looked at");
    if places.is_empty() {
        text.push_str(" no folder, as none was given");
    }
    for place in places {
        let folder = place.folder.display();
        let missing = if place.missing.len() == place.n_files {
            "none of its files".to_owned()
        } else {
            format!("incomplete, lacks {}", place.missing.join(", "))
        };
        write!(text, "\n  {folder} ({missing})").expect("a string takes any text");
    }
    format!("{text}\nto get it: {how_to_get}")
}
