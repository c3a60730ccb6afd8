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
    #[error("depth {depth} is out of range, the network has {max_depth} blocks")]
    Depth {
        /// The depth asked for.
        depth: usize,
        /// Blocks of the network.
        max_depth: usize,
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
    #[error("tensor `{name}` is missing")]
    MissingTensor {
        /// Its name.
        name: String,
    },
    /// A weight file holds a tensor that the network has no use for.
    #[error("tensor `{name}` does not belong to this network")]
    UnexpectedTensor {
        /// Its name.
        name: String,
    },
    /// A tensor of a weight file has another shape or element type.
    #[error("tensor `{name}` is {actual}, expected {expected}")]
    TensorType {
        /// Its name.
        name: String,
        /// Type and shape found.
        actual: String,
        /// Type and shape wanted.
        expected: String,
    },
    /// A tensor of a weight file holds NaN or an infinity.
    #[error("tensor `{name}` holds a value that is not finite")]
    NotFinite {
        /// Its name.
        name: String,
    },
    /// A tensor of running variances holds one below zero, of which evaluation would take the root.
    #[error("tensor `{name}` holds the variance {value}, expected none below 0")]
    NegativeVariance {
        /// Its name.
        name: String,
        /// The first that is negative.
        value: f32,
    },
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
