//! What a training pass through a block reads, and what it keeps for the backward pass.

use super::weights::BlockWeights;
use crate::buffer::Buffer;
use crate::conv::geometry::{Geometry, unit_images};
use crate::layout::{ConvBlockRanges, ConvBlockStatistics};
use crate::norm::Norm;
use crate::simd::{Isa, chunk};

/// What a block's training pass keeps for its backward pass.
#[derive(Clone, Debug)]
pub(crate) struct BlockState {
    /// Batch norms ahead of the three convolutions.
    pub(crate) norms: [Norm; 3],
    /// Output of the first convolution.
    pub(super) reduced: Buffer,
    /// Output of the second.
    pub(super) filtered: Buffer,
}

impl BlockState {
    pub(crate) fn new(geometry: Geometry) -> Self {
        let norm = Norm::new(geometry.bottleneck_channels);
        Self {
            norms: [Norm::new(geometry.channels), norm.clone(), norm],
            reduced: Buffer::default(),
            filtered: Buffer::default(),
        }
    }

    /// Makes room for `batch` images.
    pub(crate) fn reserve(&mut self, geometry: Geometry, batch: usize) {
        self.reduced.resize(batch * geometry.bottleneck_len());
        self.filtered.resize(batch * geometry.bottleneck_len());
    }

    /// Writes mean and unbiased variance of the block's inputs.
    pub(crate) fn store_statistics(&self, ranges: &ConvBlockStatistics, statistics: &mut [f32]) {
        for (norm, ranges) in self.norms.iter().zip([&ranges.norm1, &ranges.norm2, &ranges.norm3]) {
            norm.store_statistics(ranges, statistics);
        }
    }
}

/// The activations on either side of a block, with what its neighbors need to know about them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Activation {
    /// `[batch, height, width, channels]`.
    pub(crate) values: Buffer,
    /// Moments of each image, `[batch, 2, channels]`; the mean is what the output block reads.
    pub(crate) moments: Buffer,
}

impl Activation {
    /// Makes room for `batch` images.
    pub(crate) fn reserve(&mut self, geometry: Geometry, batch: usize) {
        self.values.resize(batch * geometry.trunk_len());
        self.moments.resize(batch * 2 * geometry.channels);
    }
}

/// Activations, and the batch norm that they go through.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Normed<'a> {
    pub(crate) x: &'a [f32],
    pub(crate) norm: &'a Norm,
}

impl<'a> Normed<'a> {
    pub(crate) fn new(x: &'a [f32], norm: &'a Norm) -> Self {
        Self { x, norm }
    }

    /// The batch norm with the chunk number `index` of `len` elements.
    pub(super) fn chunk(self, index: usize, len: usize) -> Self {
        Self {
            x: chunk(self.x, index, len),
            norm: self.norm,
        }
    }
}

/// What all passes of a batch through a block share.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BlockPass<'a> {
    pub(crate) isa: Isa,
    pub(crate) geometry: Geometry,
    pub(crate) weights: &'a BlockWeights,
    pub(crate) ranges: &'a ConvBlockRanges,
    pub(crate) batch: usize,
}

impl BlockPass<'_> {
    /// Elements of one work unit of a tensor with `image_len` elements per image.
    pub(super) fn unit(self, image_len: usize) -> usize {
        unit_images(self.batch) * image_len
    }
}
