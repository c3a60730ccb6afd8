//! Errors of this crate.

/// Why a quantity could not be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array that needs at least one entry has none.
    #[error("{what} is empty")]
    Empty {
        /// The name of the array.
        what: &'static str,
    },
    /// An array has the wrong number of entries.
    #[error("{what} has {actual} entries, expected {expected}")]
    Length {
        /// The name of the array.
        what: &'static str,
        /// The number of entries that fits the other arguments.
        expected: usize,
        /// The number of entries found.
        actual: usize,
    },
    /// The length of an array is not a multiple of its inner axes.
    #[error("{what} has {actual} entries, expected a multiple of {factor}")]
    NotAMultiple {
        /// The name of the array.
        what: &'static str,
        /// The product of the inner axes.
        factor: usize,
        /// The number of entries found.
        actual: usize,
    },
    /// One entry of an array is outside its range, or not a number.
    #[error("{what}[{index}] is {value}, expected {expected}")]
    Entry {
        /// The name of the array.
        what: &'static str,
        /// The position of the first bad entry.
        index: usize,
        /// That entry.
        value: f64,
        /// The range in words.
        expected: &'static str,
    },
    /// A scalar argument is outside its range, or not a number.
    #[error("{what} is {value}, expected {expected}")]
    Parameter {
        /// The name of the argument.
        what: &'static str,
        /// Its value.
        value: f64,
        /// The range in words.
        expected: &'static str,
    },
    /// Probabilities that do not sum to one.
    #[error("{what}: the sum is {sum}, expected 1")]
    NotNormalized {
        /// The name of the array.
        what: &'static str,
        /// The sum found.
        sum: f64,
    },
    /// Every entry has probability zero, so that there is nothing to normalize.
    #[error("{what} give every outcome probability zero")]
    NoMass {
        /// The name of the array.
        what: &'static str,
    },
    /// A depth beyond the deepest one.
    #[error("depth {depth} is beyond the maximum depth {max_depth}")]
    DepthOutOfRange {
        /// The depth asked for.
        depth: usize,
        /// The largest depth there is.
        max_depth: usize,
    },
    /// A label that is not a class.
    #[error("labels[{index}] is {label}, expected a class below {n_classes}")]
    LabelOutOfRange {
        /// The position of the label in the batch.
        index: usize,
        /// The label.
        label: u32,
        /// The number of classes.
        n_classes: usize,
    },
    /// A pruning rule that cannot be read.
    #[error("pruning rule {text:?} is not known, expected {expected}")]
    PruningRule {
        /// The text that was read.
        text: String,
        /// What is accepted.
        expected: &'static str,
    },
    /// A pruning rule that looks at held-out data, where there are none.
    #[error("the pruning rule {rule} needs held-out data, and there are none")]
    NeedsHeldOut {
        /// The rule, as it is written.
        rule: String,
    },
    /// An example that no depth can have produced, so that no mixture of depths can.
    #[error("example {index} has probability zero at every depth")]
    ImpossibleExample {
        /// The position of the first such example.
        index: usize,
    },
    /// A result that is not finite.
    #[error("{what} is {value}, expected a finite number")]
    NonFinite {
        /// The name of the result.
        what: &'static str,
        /// Its value.
        value: f64,
    },
    /// A tensor operation failed on its device.
    #[error("{op} failed on the device: {message}")]
    Device {
        /// The operation.
        op: &'static str,
        /// The message of the device.
        message: String,
    },
}

/// The result of this crate's fallible functions.
pub type Result<T, E = Error> = std::result::Result<T, E>;
