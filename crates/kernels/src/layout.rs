//! Where each parameter and running statistic lies in the flat vectors.

use std::ops::Range;

/// A linear map or convolution: a weight whose last axis is the output channel, and a bias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearRanges {
    /// `[…, c_in, c_out]`.
    pub weight: Range<usize>,
    /// `[c_out]`.
    pub bias: Range<usize>,
}

impl LinearRanges {
    /// Weight and bias, which follow each other: the bias as one more input's row of the weight.
    pub(crate) fn affine(&self) -> Range<usize> {
        self.weight.start..self.bias.end
    }
}

/// A batch norm's pair: weight and bias among the parameters, mean and variance among the running statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormRanges {
    /// Weight, or running mean: `[channels]`.
    pub first: Range<usize>,
    /// Bias, or running variance: `[channels]`.
    pub second: Range<usize>,
}

/// Which running statistics the convolutional network's output block keeps.
///
/// The block is shared by all depths, and in training each depth is normalized with its own batch statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum HeadStatistics {
    /// One set, updated `max_depth + 1` times a step, shallowest depth first, as the authors' code does: it ends up
    /// describing the deepest depths, and shallow ones are evaluated with the wrong statistics.
    Shared,
    /// One set for each depth.
    #[default]
    PerDepth,
}

impl HeadStatistics {
    /// The name in configurations and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Shared => "shared",
            Self::PerDepth => "per_depth",
        }
    }
}

/// Hands out consecutive ranges of a flat vector.
#[derive(Debug, Default)]
pub(crate) struct Cursor(usize);

impl Cursor {
    pub(crate) fn take(&mut self, len: usize) -> Range<usize> {
        let start = self.0;
        self.0 += len;
        start..self.0
    }

    pub(crate) fn linear(&mut self, weight: usize, bias: usize) -> LinearRanges {
        LinearRanges {
            weight: self.take(weight),
            bias: self.take(bias),
        }
    }

    pub(crate) fn norm(&mut self, channels: usize) -> NormRanges {
        NormRanges {
            first: self.take(channels),
            second: self.take(channels),
        }
    }

    pub(crate) fn position(&self) -> usize {
        self.0
    }
}
