//! Sizes of a convolutional network and the places of its parameters.

use crate::layout::{Cursor, LinearRanges, NormRanges};

/// Side of the input block's filter.
pub(super) const STEM: usize = 5;

/// Sizes of a convolutional network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Channels of an image.
    pub channels: usize,
    /// Rows of an image; at least 6.
    pub height: usize,
    /// Columns of an image; at least 6.
    pub width: usize,
    /// Channels between the blocks.
    pub outer: usize,
    /// Channels inside a block.
    pub inner: usize,
    /// Classes.
    pub n_classes: usize,
    /// Residual blocks.
    pub max_depth: usize,
}

impl ConvShape {
    /// Height and width after the 5x5 convolution without padding and the 2x2 average pool (rounded down).
    pub fn pooled_size(self) -> (usize, usize) {
        ((self.height - (STEM - 1)) / 2, (self.width - (STEM - 1)) / 2)
    }

    /// Elements of one image.
    pub fn image_len(self) -> usize {
        self.channels * self.height * self.width
    }
}

/// Places of one block's parameters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvBlockRanges {
    /// Batch norm ahead of `conv1`.
    pub norm1: NormRanges,
    /// `[outer, inner]`, input first, and the bias.
    pub conv1: LinearRanges,
    /// Batch norm ahead of `conv2`.
    pub norm2: NormRanges,
    /// `[3, 3, inner, inner]`: row, column, input, output; and the bias.
    pub conv2: LinearRanges,
    /// Batch norm ahead of `conv3`.
    pub norm3: NormRanges,
    /// `[inner, outer]`, input first, and the bias.
    pub conv3: LinearRanges,
}

/// Places of one block's batch-norm statistics.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvBlockStatistics {
    /// Ahead of `conv1`: outer channels.
    pub norm1: NormRanges,
    /// Ahead of `conv2`: inner channels.
    pub norm2: NormRanges,
    /// Ahead of `conv3`: inner channels.
    pub norm3: NormRanges,
}

/// Places of all parameters and statistics in their flat vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConvLayout {
    /// The sizes.
    pub shape: ConvShape,
    /// `[5, 5, channels, outer]`: row, column, input, output; and the bias.
    pub stem: LinearRanges,
    /// One entry a block, shallowest first.
    pub blocks: Vec<ConvBlockRanges>,
    /// Output block: `[outer, outer]`, input first, and the bias.
    pub head_linear: LinearRanges,
    /// Output block: batch norm after the ReLU.
    pub head_norm: NormRanges,
    /// `[outer, n_classes]`, input first, and the bias.
    pub read_out: LinearRanges,
    /// Length of the parameter vector.
    pub n_params: usize,
    /// Statistics of the blocks.
    pub block_statistics: Vec<ConvBlockStatistics>,
    /// Statistics of the output block's batch norm, one set for each depth `0..=max_depth`.
    pub head_statistics: Vec<NormRanges>,
    /// Length of the vector of statistics.
    pub n_statistics: usize,
}

impl ConvLayout {
    /// The layout for a shape.
    pub fn new(shape: ConvShape) -> Self {
        let ConvShape {
            channels,
            outer,
            inner,
            n_classes,
            max_depth,
            ..
        } = shape;
        let (mut params, mut statistics) = (Cursor::default(), Cursor::default());
        Self {
            shape,
            stem: params.linear(STEM * STEM * channels * outer, outer),
            blocks: (0..max_depth).map(|_| block(&mut params, outer, inner)).collect(),
            head_linear: params.linear(outer * outer, outer),
            head_norm: params.norm(outer),
            read_out: params.linear(outer * n_classes, n_classes),
            n_params: params.position(),
            block_statistics: (0..max_depth)
                .map(|_| ConvBlockStatistics {
                    norm1: statistics.norm(outer),
                    norm2: statistics.norm(inner),
                    norm3: statistics.norm(inner),
                })
                .collect(),
            head_statistics: (0..=max_depth).map(|_| statistics.norm(outer)).collect(),
            n_statistics: statistics.position(),
        }
    }
}

fn block(params: &mut Cursor, outer: usize, inner: usize) -> ConvBlockRanges {
    ConvBlockRanges {
        norm1: params.norm(outer),
        conv1: params.linear(outer * inner, inner),
        norm2: params.norm(inner),
        conv2: params.linear(9 * inner * inner, inner),
        norm3: params.norm(inner),
        conv3: params.linear(inner * outer, outer),
    }
}
