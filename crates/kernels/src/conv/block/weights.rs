//! Parameters of a block.

use crate::conv::filter::Filter;
use crate::layout::{ConvBlockRanges, ConvConfig};
use crate::linear::Linear;
use crate::norm::Affine;
use crate::simd::Isa;

/// Convolutions of a block with padded channels.
#[derive(Clone, Debug)]
pub(crate) struct BlockWeights {
    pub(crate) conv1: Linear,
    pub(crate) conv2: Filter,
    pub(crate) conv3: Linear,
}

impl BlockWeights {
    pub(crate) fn new(config: &ConvConfig) -> Self {
        let (channels, bottleneck) = (config.channels, config.bottleneck_channels);
        Self {
            conv1: Linear::new(channels, bottleneck),
            conv2: Filter::new(bottleneck, config.convolution),
            conv3: Linear::new(bottleneck, channels),
        }
    }

    pub(crate) fn pack_weights(&mut self, isa: Isa, params: &[f32], ranges: &ConvBlockRanges) {
        self.conv1.pack_weights(params, &ranges.conv1);
        self.conv2.pack_weights(isa, params, &ranges.conv2);
        self.conv3.pack_weights(params, &ranges.conv3);
    }
}

/// Weights and biases of a block's batch norms.
pub(crate) fn affines<'a>(params: &'a [f32], ranges: &ConvBlockRanges) -> [Affine<'a>; 3] {
    [&ranges.norm1, &ranges.norm2, &ranges.norm3].map(|ranges| Affine::new(params, ranges))
}
