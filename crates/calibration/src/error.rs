//! Errors of this crate.

/// An error of this crate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There are no predictions.
    #[error("no predictions")]
    Empty,
    /// Fewer than one class.
    #[error("predictions need at least one class")]
    NoClasses,
    /// The number of probabilities does not fit the labels.
    #[error("{actual} probabilities for {n} examples of {n_classes} classes, expected {}", n.saturating_mul(*n_classes))]
    Shape {
        /// Probabilities found.
        actual: usize,
        /// Labels.
        n: usize,
        /// Classes.
        n_classes: usize,
    },
    /// A label is not a class.
    #[error("label {label} of example {example} is not below {n_classes}")]
    Label {
        /// Index of the example.
        example: usize,
        /// Its label.
        label: u32,
        /// Classes.
        n_classes: usize,
    },
    /// A probability is not in [0, 1].
    #[error("probability {value} of class {class} of example {example} is not in [0, 1]")]
    Probability {
        /// Index of the example.
        example: usize,
        /// The class.
        class: usize,
        /// The value.
        value: f32,
    },
    /// The probabilities of one example do not sum to one.
    #[error("the probabilities of example {example} sum to {sum}, expected 1")]
    Sum {
        /// Index of the example.
        example: usize,
        /// The sum of its probabilities.
        sum: f64,
    },
    /// A reliability diagram without bins.
    #[error("a reliability diagram needs at least one bin")]
    NoBins,
    /// Probabilities of depths do not fit the posterior.
    #[error("{actual} probabilities do not divide into {n_depths} depths of {n_classes} classes")]
    Depths {
        /// Probabilities found.
        actual: usize,
        /// Entries of the posterior.
        n_depths: usize,
        /// Classes.
        n_classes: usize,
    },
    /// The prediction of a depth for one example is not a distribution.
    #[error("the prediction of depth {depth} is not a distribution")]
    Depth {
        /// The depth.
        depth: usize,
        /// What is wrong with the prediction.
        #[source]
        source: Box<Self>,
    },
    /// An entry of the posterior is not a probability.
    #[error("posterior probability {value} of depth {depth} is not in [0, 1]")]
    PosteriorProbability {
        /// The depth.
        depth: usize,
        /// The value.
        value: f64,
    },
    /// The posterior does not sum to one.
    #[error("the posterior sums to {sum}, expected 1")]
    PosteriorSum {
        /// Its sum.
        sum: f64,
    },
    /// Resampling without resamples.
    #[error("resampling needs at least one resample")]
    NoResamples,
    /// A mean of no values.
    #[error("no values")]
    NoValues,
    /// Samples that are compared in pairs have different lengths.
    #[error("{left} and {right} values cannot be compared in pairs")]
    Pairs {
        /// Values of the first sample.
        left: usize,
        /// Values of the second sample.
        right: usize,
    },
    /// A value, or a difference of two, is NaN or infinite.
    #[error("value {value} at index {index} is not finite")]
    NotFinite {
        /// Its index.
        index: usize,
        /// The value.
        value: f64,
    },
    /// A log-probability or logit is NaN or plus infinity.
    #[error("log-probability {value} of class {class} of example {example} is neither finite nor minus infinity")]
    LogProbability {
        /// Index of the example.
        example: usize,
        /// The class.
        class: usize,
        /// The value.
        value: f64,
    },
    /// All classes of an example have probability 0.
    #[error("example {example} has no finite log-probability")]
    NoFiniteLogProbability {
        /// Index of the example.
        example: usize,
    },
    /// A temperature is not a positive number.
    #[error("temperature {value} is not positive and finite")]
    Temperature {
        /// The value.
        value: f64,
    },
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;
