//! Shape of an example.

use std::fmt;

/// Shape of one example.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExampleShape {
    /// A vector of this many numbers.
    Features(usize),
    /// An image of bytes.
    Image {
        /// Color channels.
        channels: usize,
        /// Rows.
        height: usize,
        /// Columns.
        width: usize,
    },
}

impl ExampleShape {
    /// Number of values.
    pub fn len(self) -> usize {
        match self {
            Self::Features(n) => n,
            Self::Image {
                channels,
                height,
                width,
            } => channels * height * width,
        }
    }

    /// Whether there is no value.
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// How many parts have a mean and a standard deviation of their own: the channels, or each feature.
    pub fn n_channels(self) -> usize {
        match self {
            Self::Features(n) => n,
            Self::Image { channels, .. } => channels,
        }
    }
}

impl fmt::Display for ExampleShape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Features(n) => write!(f, "{n} features"),
            Self::Image {
                channels,
                height,
                width,
            } => write!(f, "{channels} x {height} x {width} pixels"),
        }
    }
}
