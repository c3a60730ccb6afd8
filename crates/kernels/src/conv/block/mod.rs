//! One residual block: `a + conv1x1(z3)` with `z = ReLU(BN(·))` ahead of each of its three convolutions.
//!
//! Three passes forward and three backward, each of which reads and writes an activation once, image by image; everything
//! else happens on tiles in the cache. A batch norm needs statistics of the whole batch, hence the passes' borders: the
//! pass that produces values also takes their moments. For the backward pass only the block's input and the outputs of its
//! first two convolutions are kept; what batch norm and ReLU made of them is computed again.

mod backward;
mod forward;
mod upstream;

pub(super) use backward::BackwardBuffers;
pub(super) use upstream::UpstreamGrad;

use super::filter::Filter;
use super::geometry::{Geometry, unit_images};
use crate::buffer::Buffer;
use crate::layout::{ConvBlockRanges, ConvBlockStatistics, ConvConfig, NormRanges};
use crate::linear::Linear;
use crate::norm::Norm;
use crate::simd::{Isa, chunk};

/// Parameters of a block with padded channels.
#[derive(Clone, Debug)]
pub(super) struct BlockWeights {
    pub(super) norms: [Affine; 3],
    pub(super) conv1: Linear,
    pub(super) conv2: Filter,
    pub(super) conv3: Linear,
}

/// Weight and bias of a batch norm, not padded.
#[derive(Clone, Debug)]
pub(super) struct Affine {
    pub(super) weight: Vec<f32>,
    pub(super) bias: Vec<f32>,
}

impl Affine {
    fn new(channels: usize) -> Self {
        Self {
            weight: vec![0.0; channels],
            bias: vec![0.0; channels],
        }
    }

    fn pack_weights(&mut self, params: &[f32], ranges: &NormRanges) {
        self.weight.copy_from_slice(&params[ranges.scale.clone()]);
        self.bias.copy_from_slice(&params[ranges.shift.clone()]);
    }

    fn pair(&self) -> (&[f32], &[f32]) {
        (&self.weight, &self.bias)
    }
}

impl BlockWeights {
    pub(super) fn new(config: &ConvConfig) -> Self {
        let (channels, bottleneck) = (config.channels, config.bottleneck_channels);
        Self {
            norms: [Affine::new(channels), Affine::new(bottleneck), Affine::new(bottleneck)],
            conv1: Linear::new(channels, bottleneck),
            conv2: Filter::new(bottleneck, config.convolution),
            conv3: Linear::new(bottleneck, channels),
        }
    }

    pub(super) fn pack_weights(&mut self, isa: Isa, params: &[f32], ranges: &ConvBlockRanges) {
        for (norm, ranges) in self.norms.iter_mut().zip([&ranges.norm1, &ranges.norm2, &ranges.norm3]) {
            norm.pack_weights(params, ranges);
        }
        self.conv1.pack_weights(params, &ranges.conv1);
        self.conv2.pack_weights(isa, params, ranges);
        self.conv3.pack_weights(params, &ranges.conv3);
    }
}

/// What a block's training pass keeps for its backward pass.
#[derive(Clone, Debug)]
pub(super) struct BlockState {
    /// Batch norms ahead of the three convolutions.
    pub(super) norms: [Norm; 3],
    /// Output of the first convolution.
    reduced: Buffer,
    /// Output of the second.
    filtered: Buffer,
}

impl BlockState {
    pub(super) fn new(geometry: Geometry) -> Self {
        let norm = Norm::new(geometry.bottleneck_channels);
        Self {
            norms: [Norm::new(geometry.channels), norm.clone(), norm],
            reduced: Buffer::default(),
            filtered: Buffer::default(),
        }
    }

    /// Makes room for `batch` images.
    pub(super) fn reserve(&mut self, geometry: Geometry, batch: usize) {
        self.reduced.resize(batch * geometry.bottleneck_len());
        self.filtered.resize(batch * geometry.bottleneck_len());
    }

    /// Writes mean and unbiased variance of the block's inputs.
    pub(super) fn store_statistics(&self, ranges: &ConvBlockStatistics, statistics: &mut [f32]) {
        for (norm, ranges) in self.norms.iter().zip([&ranges.norm1, &ranges.norm2, &ranges.norm3]) {
            let channels = ranges.mean.len();
            statistics[ranges.mean.clone()].copy_from_slice(&norm.mean[..channels]);
            statistics[ranges.variance.clone()].copy_from_slice(&norm.unbiased_variance[..channels]);
        }
    }
}

/// The activations on either side of a block, with what its neighbors need to know about them.
#[derive(Clone, Debug, Default)]
pub(super) struct Activation {
    /// `[batch, height, width, channels]`.
    pub(super) values: Buffer,
    /// Moments of each image, `[batch, 2, channels]`; the mean is what the output block reads.
    pub(super) moments: Buffer,
}

impl Activation {
    /// Makes room for `batch` images.
    pub(super) fn reserve(&mut self, geometry: Geometry, batch: usize) {
        self.values.resize(batch * geometry.trunk_len());
        self.moments.resize(batch * 2 * geometry.channels);
    }
}

/// Activations, and the batch norm that they go through.
#[derive(Clone, Copy, Debug)]
pub(super) struct Normed<'a> {
    pub(super) x: &'a [f32],
    pub(super) norm: &'a Norm,
}

impl<'a> Normed<'a> {
    pub(super) fn new(x: &'a [f32], norm: &'a Norm) -> Self {
        Self { x, norm }
    }

    /// The batch norm with the chunk number `index` of `len` elements.
    fn chunk(self, index: usize, len: usize) -> Self {
        Self {
            x: chunk(self.x, index, len),
            norm: self.norm,
        }
    }
}

/// What all passes over a batch share.
#[derive(Clone, Copy, Debug)]
pub(super) struct BlockPass {
    pub(super) isa: Isa,
    pub(super) geometry: Geometry,
    pub(super) batch: usize,
}

impl BlockPass {
    /// Elements of one work unit of a tensor with `image_len` elements per image.
    fn unit(self, image_len: usize) -> usize {
        unit_images(self.batch) * image_len
    }
}
