//! What can go wrong in this crate.

use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};

use vds_files::Shown as _;

use crate::format_error::{FormatError, Position};
use crate::shape::ExampleShape;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A file cannot be opened or read.
    #[error("cannot read {}", path.shown())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A file or folder cannot be written.
    #[error("cannot write {}", path.shown())]
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// Compressed data do not unpack.
    #[error("{}: {position}: the compressed data are damaged", path.shown())]
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
    #[error("{}: {position}: {problem}", path.shown())]
    Malformed {
        /// The file.
        path: PathBuf,
        /// Where the problem is.
        position: Position,
        /// The problem.
        problem: FormatError,
    },
    /// A file of points cannot be opened or read.
    #[error("reading {}", path.shown())]
    ReadPoints {
        /// The file.
        path: PathBuf,
        /// The cause.
        #[source]
        source: io::Error,
    },
    /// A line of a file of points is not a point.
    #[error("{}:{line}: {problem}", path.shown())]
    MalformedLine {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The problem; boxed, since it would make every error larger.
        problem: Box<FormatError>,
    },
    /// A file of points has none.
    #[error("{} holds no point", path.shown())]
    NoPoints {
        /// The file.
        path: PathBuf,
    },
    /// A point is too far away to be standardized in single precision.
    #[error("{place}: the point is infinite once it is standardized")]
    InfinitePoint {
        /// File and line.
        place: String,
    },
    /// A well-formed file holds arrays of another size than the data set has.
    #[error("{} holds an array of {actual}, expected {expected}", path.shown())]
    Shape {
        /// The file.
        path: PathBuf,
        /// Sizes found, examples first.
        actual: String,
        /// Sizes of the data set.
        expected: String,
    },
    /// A file holds images of another shape than is wanted.
    #[error("{} holds images of {actual}, expected {expected}", path.shown())]
    ImageShape {
        /// The file.
        path: PathBuf,
        /// Shape of its images.
        actual: ExampleShape,
        /// Shape wanted.
        expected: ExampleShape,
    },
    /// A file holds labels only.
    #[error("{} holds labels, expected images", path.shown())]
    NoImages {
        /// The file.
        path: PathBuf,
    },
    /// Images and labels do not belong together.
    #[error(
        "{n_images} images in {}, but {n_labels} labels in {}",
        joined(images),
        joined(labels)
    )]
    CountMismatch {
        /// The files with images.
        images: Vec<PathBuf>,
        /// Images in all of them.
        n_images: usize,
        /// The files with labels.
        labels: Vec<PathBuf>,
        /// Labels in all of them.
        n_labels: usize,
    },
    /// A file has other content than the catalogue says.
    #[error("{} has the SHA-256 digest {actual}, expected {expected}: it is not the published file, fetch it again", path.shown())]
    Checksum {
        /// The file.
        path: PathBuf,
        /// Digest of its payload.
        actual: String,
        /// Digest in the catalogue.
        expected: String,
    },
    /// No data set of the catalogue has this name.
    #[error("there is no data set {name:?}, the catalogue has {}", known.join(", "))]
    UnknownDataset {
        /// The name asked for.
        name: String,
        /// The names that there are.
        known: Vec<&'static str>,
    },
    /// A data set is in none of the folders.
    #[error("{}", not_found_text(name, searched, how_to_get))]
    NotFound {
        /// The data set.
        name: String,
        /// Folders looked at, in order, and what they lack.
        searched: Vec<SearchedFolder>,
        /// Where the files come from.
        how_to_get: String,
    },
    /// Only data sets of the catalogue can be looked for, verified, imported and fetched.
    #[error("{name} is not a data set of the catalogue")]
    NotOfCatalogue {
        /// The data set.
        name: String,
    },
    /// A file in the target folder would be found in place of the one that is imported.
    #[error(
        "{} is not what is imported as {}, and would be read in its place; remove it and import again",
        existing.shown(),
        imported.shown()
    )]
    Shadowed {
        /// The file that is there.
        existing: PathBuf,
        /// The file that would be imported.
        imported: PathBuf,
        /// What is wrong with the file that is there; `None` if it is intact and holds other data.
        #[source]
        source: Option<Box<Error>>,
    },
    /// The data set is part of this crate.
    #[error("{name} is built in, there are no files to import")]
    NothingToImport {
        /// The data set.
        name: String,
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
    /// A label is not a class.
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
        /// Its index among all values.
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
    /// A share is out of range.
    #[error("a share of {fraction} of {n} examples, expected {expected}")]
    Fraction {
        /// The share.
        fraction: f64,
        /// Examples to share out.
        n: usize,
        /// What is allowed.
        expected: &'static str,
    },
    /// A share of generated points leaves too few to train or to test on.
    #[error(
        "a train_fraction of {train_fraction} leaves {n_train} of {n} points to train on, expected at least two, and one to test on"
    )]
    TrainFraction {
        /// The share.
        train_fraction: f64,
        /// Points to train on.
        n_train: usize,
        /// Points in all.
        n: usize,
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

impl Error {
    /// What reading a file has failed with.
    pub(crate) fn read(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Read {
            path: path.to_owned(),
            source,
        }
    }

    /// What writing a file or folder has failed with.
    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self {
        |source| Self::Write {
            path: path.to_owned(),
            source,
        }
    }
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// A folder that was looked at, and what it lacks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchedFolder {
    /// The folder.
    pub folder: PathBuf,
    /// Names of the files that are not in it; all of them if there is no such folder.
    pub missing: Vec<String>,
    /// Number of files of the data set.
    pub n_files: usize,
}

fn not_found_text(name: &str, searched: &[SearchedFolder], how_to_get: &str) -> String {
    let mut text = format!("the data set {name} was not found; looked at");
    if searched.is_empty() {
        text.push_str(" no folder, as none was given");
    }
    for place in searched {
        let folder = place.folder.shown();
        let missing = if place.missing.len() == place.n_files {
            "none of its files".to_owned()
        } else {
            format!("incomplete, lacks {}", place.missing.join(", "))
        };
        write!(text, "\n  {folder} ({missing})").expect("a string takes any text");
    }
    format!("{text}\nto get it: {how_to_get}")
}

fn joined(paths: &[PathBuf]) -> String {
    if paths.is_empty() {
        return "no file".to_owned();
    }
    let paths: Vec<String> = paths.iter().map(|path| path.shown().to_string()).collect();
    paths.join(", ")
}
