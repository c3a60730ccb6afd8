//! Where and how a file breaks the rules of its format.

use std::fmt;

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Position {
    /// Bytes from the start of the file.
    File(u64),
    /// Bytes from the start of what a compressed file unpacks to.
    Uncompressed(u64),
    /// Inside a compressed element of a MAT file.
    Element {
        /// Where the element's compressed bytes start in the file.
        start: u64,
        /// Bytes from the start of what the element unpacks to.
        offset: u64,
    },
}

impl Position {
    /// The place `n` bytes further on.
    pub(crate) fn plus(self, n: u64) -> Self {
        match self {
            Self::File(offset) => Self::File(offset.saturating_add(n)),
            Self::Uncompressed(offset) => Self::Uncompressed(offset.saturating_add(n)),
            Self::Element { start, offset } => Self::Element {
                start,
                offset: offset.saturating_add(n),
            },
        }
    }
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(offset) => write!(f, "byte {offset}"),
            Self::Uncompressed(offset) => write!(f, "uncompressed byte {offset}"),
            Self::Element { start, offset } => {
                write!(f, "uncompressed byte {offset} of the element at byte {start}")
            }
        }
    }
}

/// How a file breaks the rules of its format.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum FormatError {
    /// The first four bytes are those of another format.
    #[error("magic number 0x{actual:08x}, expected 0x{expected:08x} ({format})")]
    Magic {
        /// The bytes found.
        actual: u32,
        /// The bytes of the format.
        expected: u32,
        /// The format.
        format: &'static str,
    },
    /// The data end too early.
    #[error("the data end here, {missing} byte{} short of what is announced", if *missing == 1 { "" } else { "s" })]
    Truncated {
        /// Bytes that should follow.
        missing: u128,
    },
    /// Everything that is announced was unpacked, and then the compressed data lack their end mark, or what follows is not
    /// whole.
    #[error("the compressed data end early, or something follows them")]
    EndsEarly,
    /// Data follow where they should end.
    #[error("data follow where the header says that they end")]
    Trailing,
    /// A compressed file announces more than it is allowed to unpack to.
    #[error("{announced} bytes are announced, at most {limit} are accepted from compressed data of this size")]
    TooLarge {
        /// Bytes announced.
        announced: u128,
        /// Bytes accepted.
        limit: u64,
    },
    /// An array without elements.
    #[error("an array of {sizes}, expected no size of 0")]
    Empty {
        /// Its sizes.
        sizes: String,
    },
    /// A label out of range.
    #[error("label {label}, expected {lowest} to {highest}")]
    Label {
        /// The label.
        label: f64,
        /// The lowest one allowed.
        lowest: u32,
        /// The highest one allowed.
        highest: u32,
    },
    /// A line of a file of points is longer than any point.
    #[error("the line has more than {limit} bytes, expected {n_columns} numbers")]
    LongLine {
        /// Bytes of the longest line accepted.
        limit: usize,
        /// Numbers of a point.
        n_columns: usize,
    },
    /// Text is not UTF-8.
    #[error("byte {byte} of the file is not UTF-8, expected text")]
    NotUtf8 {
        /// The first byte that does not belong to a character.
        byte: usize,
    },
    /// A line is not a point.
    #[error("\"{text}\" is not a point, expected {n_columns} finite numbers")]
    Point {
        /// The line, shortened.
        text: String,
        /// Numbers of a point.
        n_columns: usize,
    },
    /// A file of another version of the MAT format.
    #[error("{actual}, expected a MAT file of version 5")]
    MatVersion {
        /// What it is.
        actual: String,
    },
    /// An element of a MAT file has another type than belongs in its place.
    #[error("element type {actual}, expected {expected}")]
    ElementType {
        /// The type's number.
        actual: u32,
        /// What belongs here.
        expected: &'static str,
    },
    /// An element of a MAT file has another length than it must have.
    #[error("an element of {actual} bytes, expected {expected}")]
    ElementSize {
        /// Its length in bytes.
        actual: u64,
        /// What is allowed.
        expected: String,
    },
    /// A variable of a MAT file has the wrong class, sizes, or an imaginary part.
    #[error("variable {name} is {actual}, expected {expected}")]
    Variable {
        /// Its name.
        name: &'static str,
        /// What it is.
        actual: String,
        /// What it should be.
        expected: &'static str,
    },
    /// A variable of a MAT file is missing.
    #[error("the file ends without the variable {name}")]
    MissingVariable {
        /// Its name.
        name: &'static str,
    },
    /// A variable of a MAT file is there twice.
    #[error("a second variable {name}")]
    SecondVariable {
        /// Its name.
        name: &'static str,
    },
}

/// Sizes of an array as text, `60000 x 28 x 28` for instance.
pub(crate) fn sizes_text<T: fmt::Display>(sizes: &[T]) -> String {
    let texts: Vec<String> = sizes.iter().map(T::to_string).collect();
    texts.join(" x ")
}
