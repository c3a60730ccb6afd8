//! Sizes of a convolutional network, and the ranges of its parameters and statistics.

use super::{Cursor, LinearRanges, NormRanges, StatisticsRanges};

/// Sizes of a convolutional network for images.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct ConvConfig {
    /// Channels of an image.
    pub in_channels: usize,
    /// Rows of an image, at least 6.
    pub height: usize,
    /// Columns of an image, at least 6.
    pub width: usize,
    /// Channels between the blocks; 64 in the paper.
    pub channels: usize,
    /// Channels inside a block; 32 in the paper.
    pub bottleneck_channels: usize,
    /// Classes, at least 2.
    pub n_classes: usize,
    /// Residual blocks.
    pub max_depth: usize,
    /// How the CPU kernels compute the 3x3 convolutions; no other device looks at it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub convolution: Convolution,
}

/// How the 3x3 convolutions and their gradients are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(rename_all = "snake_case")
)]
pub enum Convolution {
    /// As a sum over the nine taps.
    Direct,
    /// By Winograd's F(4x4, 3x3): a quarter of the multiplications where tiles of 4x4 fit the image, and about twice the
    /// rounding error.
    #[default]
    Winograd,
}

/// Side of the input block's filter.
pub const STEM: usize = 5;

impl ConvConfig {
    /// Height and width after the 5x5 convolution without padding and the 2x2 average pool (rounded down).
    pub fn pooled_size(&self) -> (usize, usize) {
        ((self.height - (STEM - 1)) / 2, (self.width - (STEM - 1)) / 2)
    }

    /// Elements of one image.
    pub fn image_len(&self) -> usize {
        self.in_channels * self.height * self.width
    }
}

/// Ranges of one block's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvBlockRanges {
    /// Batch norm ahead of `conv1`.
    pub norm1: NormRanges,
    /// `[channels, bottleneck_channels]`, input first, and the bias.
    pub conv1: LinearRanges,
    /// Batch norm ahead of `conv2`.
    pub norm2: NormRanges,
    /// `[3, 3, bottleneck_channels, bottleneck_channels]`: row, column, input, output; and the bias.
    pub conv2: LinearRanges,
    /// Batch norm ahead of `conv3`.
    pub norm3: NormRanges,
    /// `[bottleneck_channels, channels]`, input first, and the bias.
    pub conv3: LinearRanges,
}

/// Ranges of one block's batch-norm statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvBlockStatistics {
    /// Ahead of `conv1`: `channels`.
    pub norm1: StatisticsRanges,
    /// Ahead of `conv2`: `bottleneck_channels`.
    pub norm2: StatisticsRanges,
    /// Ahead of `conv3`: `bottleneck_channels`.
    pub norm3: StatisticsRanges,
}

/// Ranges of all parameters and statistics in their flat vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvLayout {
    /// The sizes.
    pub config: ConvConfig,
    /// `[5, 5, in_channels, channels]`: row, column, input, output; and the bias.
    pub stem: LinearRanges,
    /// One entry per block, shallowest first.
    pub blocks: Vec<ConvBlockRanges>,
    /// Output block: `[channels, channels]`, input first, and the bias.
    pub head_linear: LinearRanges,
    /// Output block: batch norm after the ReLU.
    pub head_norm: NormRanges,
    /// `[channels, n_classes]`, input first, and the bias.
    pub read_out: LinearRanges,
    /// Length of the parameter vector.
    pub n_params: usize,
    /// Statistics of the blocks.
    pub block_statistics: Vec<ConvBlockStatistics>,
    /// Statistics of the output block's batch norm, one set for each depth `0..=max_depth`.
    pub head_statistics: Vec<StatisticsRanges>,
    /// Length of the vector of statistics.
    pub n_statistics: usize,
}

impl ConvLayout {
    /// The layout of a network of the given sizes.
    pub fn new(config: ConvConfig) -> Self {
        let ConvConfig {
            in_channels,
            channels,
            bottleneck_channels: bottleneck,
            n_classes,
            max_depth,
            ..
        } = config;
        let (mut params, mut statistics) = (Cursor::default(), Cursor::default());
        Self {
            config,
            stem: params.linear(STEM * STEM * in_channels * channels, channels),
            blocks: (0..max_depth)
                .map(|_| ConvBlockRanges {
                    norm1: params.norm(channels),
                    conv1: params.linear(channels * bottleneck, bottleneck),
                    norm2: params.norm(bottleneck),
                    conv2: params.linear(9 * bottleneck * bottleneck, bottleneck),
                    norm3: params.norm(bottleneck),
                    conv3: params.linear(bottleneck * channels, channels),
                })
                .collect(),
            head_linear: params.linear(channels * channels, channels),
            head_norm: params.norm(channels),
            read_out: params.linear(channels * n_classes, n_classes),
            n_params: params.position(),
            block_statistics: (0..max_depth)
                .map(|_| ConvBlockStatistics {
                    norm1: statistics.statistics(channels),
                    norm2: statistics.statistics(bottleneck),
                    norm3: statistics.statistics(bottleneck),
                })
                .collect(),
            head_statistics: (0..=max_depth).map(|_| statistics.statistics(channels)).collect(),
            n_statistics: statistics.position(),
        }
    }
}
