//! Sizes of the networks, and where each parameter and statistic lies in the flat vectors.
//!
//! This part of the crate needs no engine: without the feature `engines` it is all that is compiled.

mod conv;
mod fc;

use std::ops::Range;

#[cfg(feature = "engines")]
pub use conv::{ConvBlockRanges, ConvBlockStatistics, ConvConfig, ConvLayout, Convolution, STEM};
pub use fc::{FcBlockRanges, FcConfig, FcLayout};

/// A linear map or convolution: a weight whose last axis is the output channel, and a bias.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LinearRanges {
    /// `[…, c_in, c_out]`.
    pub weight: Range<usize>,
    /// `[c_out]`.
    pub bias: Range<usize>,
}

#[cfg(feature = "engines")]
impl LinearRanges {
    /// Weight and bias, which follow each other: the bias as one more input's row of the weight.
    pub(crate) fn affine(&self) -> Range<usize> {
        self.weight.start..self.bias.end
    }
}

/// A batch norm's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NormRanges {
    /// `[channels]`.
    pub scale: Range<usize>,
    /// `[channels]`, behind the scale.
    pub shift: Range<usize>,
}

#[cfg(feature = "engines")]
impl NormRanges {
    /// Scale and shift of a gradient with respect to all parameters.
    pub(crate) fn split_mut<'a>(&self, d_params: &'a mut [f32]) -> [&'a mut [f32]; 2] {
        let both = &mut d_params[self.scale.start..self.shift.end];
        both.split_at_mut(self.scale.len()).into()
    }
}

/// The statistics of a batch norm's input.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatisticsRanges {
    /// `[channels]`.
    pub mean: Range<usize>,
    /// `[channels]`, behind the mean.
    pub variance: Range<usize>,
}

/// Which running statistics the convolutional network's output block is evaluated with.
///
/// The block is shared by all depths, and in training each depth is normalized with its own batch statistics.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum HeadStatistics {
    /// One set, updated `max_depth + 1` times a step, shallowest depth first, as the authors' code does. No depth is evaluated
    /// with its own statistics: those of the deepest have a weight of `0.1 / (1 − 0.9^(max_depth + 1))`, 10 % in a deep network.
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
struct Cursor(usize);

impl Cursor {
    fn take(&mut self, len: usize) -> Range<usize> {
        let start = self.0;
        self.0 += len;
        start..self.0
    }

    fn linear(&mut self, weight: usize, bias: usize) -> LinearRanges {
        LinearRanges {
            weight: self.take(weight),
            bias: self.take(bias),
        }
    }

    fn norm(&mut self, channels: usize) -> NormRanges {
        NormRanges {
            scale: self.take(channels),
            shift: self.take(channels),
        }
    }

    fn statistics(&mut self, channels: usize) -> StatisticsRanges {
        StatisticsRanges {
            mean: self.take(channels),
            variance: self.take(channels),
        }
    }

    fn position(&self) -> usize {
        self.0
    }
}
