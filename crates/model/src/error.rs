//! What can go wrong in this crate.

use std::fmt::Debug;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A size in a configuration is out of its range.
    #[error("{field} is {actual}, expected {expected}")]
    Config {
        /// The field.
        field: &'static str,
        /// Its value.
        actual: usize,
        /// What is allowed.
        expected: String,
    },
    /// An input does not have the length that the network's shape gives it.
    #[error("the input holds {actual} values, expected {batch} examples of {example_len}")]
    InputLength {
        /// Values found.
        actual: usize,
        /// Examples announced.
        batch: usize,
        /// Values of one example.
        example_len: usize,
    },
    /// Batch norm in training mode needs two examples at least.
    #[error("a training batch of {batch}: batch norm needs at least 2 examples")]
    BatchTooSmall {
        /// Examples in the batch.
        batch: usize,
    },
    /// A depth beyond the network's last block.
    #[error("depth {depth} is out of range, the network's maximum depth is {max_depth}")]
    Depth {
        /// The depth asked for.
        depth: usize,
        /// Blocks of the network.
        max_depth: usize,
    },
    /// State to restore has another length than this network's.
    #[error("the {what} holds {actual} values, expected {expected}")]
    Length {
        /// Which part.
        what: &'static str,
        /// Values found.
        actual: usize,
        /// Values needed.
        expected: usize,
    },
    /// A step of the optimizer does not lead to finite parameters.
    #[error("{what} {index} is {value}")]
    NonFinite {
        /// The quantity.
        what: &'static str,
        /// Its place in the flat tensor.
        index: usize,
        /// Its value.
        value: f32,
    },
    /// The tensor library failed.
    #[error("{op} failed on the device: {message}")]
    Device {
        /// The operation.
        op: &'static str,
        /// What the library says.
        message: String,
    },
    /// A weight file is not a safetensors file.
    #[error("not a readable safetensors file")]
    Safetensors(#[source] safetensors::SafeTensorError),
    /// A weight file lacks a tensor.
    #[error("tensor `{}` is missing", shown(name))]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A weight file holds a tensor that the network has no use for.
    #[error("tensor `{}` does not belong to this network", shown(name))]
    UnexpectedTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of a weight file has another shape or element type.
    #[error("tensor `{}` is {actual}, expected {expected}", shown(name))]
    TensorType {
        /// Its name.
        name: String,
        /// Type and shape found.
        actual: String,
        /// Type and shape wanted.
        expected: String,
    },
    /// A tensor of a weight file holds NaN or an infinity.
    #[error("tensor `{}` holds a value that is not finite", shown(name))]
    NotFinite {
        /// Its name.
        name: String,
    },
    /// A running variance of a weight file is below zero.
    #[error("tensor `{}` holds a variance below 0", shown(name))]
    NegativeVariance {
        /// Its name.
        name: String,
    },
}

/// A name from a file as a message quotes it: no control characters, and no more than 100 others.
fn shown(name: &str) -> String {
    const LONGEST: usize = 100;
    let start: String = name.chars().take(LONGEST).collect();
    let mark = if start.len() < name.len() { "…" } else { "" };
    format!("{}{mark}", start.escape_debug())
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// dfdx's errors are only `Debug`; this is the one place where they become ours.
pub(crate) fn device<T, E: Debug>(op: &'static str, result: std::result::Result<T, E>) -> Result<T> {
    result.map_err(|error| Error::Device {
        op,
        message: format!("{error:?}"),
    })
}

pub(crate) fn check_len(what: &'static str, actual: usize, expected: usize) -> Result<()> {
    match actual == expected {
        true => Ok(()),
        false => Err(Error::Length { what, actual, expected }),
    }
}
