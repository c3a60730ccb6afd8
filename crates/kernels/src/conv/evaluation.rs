//! Evaluation mode: batch norm folded into the convolutions, and an image stays in the cache through the whole trunk.

use rayon::prelude::*;

use super::block::BlockWeights;
use super::filter::{Epilogue, Filter, Group};
use super::geometry::Geometry;
use super::scratch::{Scratch, with_scratch};
use super::stem::Stem;
use crate::buffer::Buffer;
use crate::layout::{ConvBlockStatistics, StatisticsRanges};
use crate::linalg::{Axis, Product, Start, multiply};
use crate::linear::Linear;
use crate::norm::{Norm, affine_relu, column_means};
use crate::simd::Isa;

/// A block for evaluation: the second and third batch norm are part of the convolution ahead of them.
#[derive(Debug)]
pub(super) struct FoldedBlock {
    norm1: Norm,
    conv1: Linear,
    conv2: Filter,
    conv3: Linear,
}

impl FoldedBlock {
    pub(super) fn new(
        isa: Isa,
        weights: &BlockWeights,
        ranges: &ConvBlockStatistics,
        statistics: &[f32],
        g: Geometry,
    ) -> Self {
        let norm = |index: usize, width: usize, ranges: &StatisticsRanges| {
            let (affine, mut norm) = (&weights.norms[index], Norm::new(width));
            let (mean, variance) = (&statistics[ranges.mean.clone()], &statistics[ranges.variance.clone()]);
            norm.set_running(mean, variance, &affine.weight, &affine.bias);
            norm
        };
        let mut conv1 = weights.conv1.clone();
        conv1.fold(&norm(1, g.bottleneck_channels, &ranges.norm2));
        Self {
            norm1: norm(0, g.channels, &ranges.norm1),
            conv1,
            conv2: weights
                .conv2
                .folded(isa, &norm(2, g.bottleneck_channels, &ranges.norm3)),
            conv3: weights.conv3.clone(),
        }
    }

    /// Adds the block to the activations of a group of images.
    fn forward(&self, isa: Isa, g: Geometry, scratch: &mut Scratch, activations: &mut [f32]) {
        let n_images = activations.len() / g.trunk_len();
        let padded = scratch.padded[0].chunks_exact_mut(g.padded_len());
        for (activation, padded) in activations.chunks_exact(g.trunk_len()).zip(padded) {
            affine_relu(isa, activation, &self.norm1, &mut scratch.trunk);
            reduce_into_padded(isa, g, &self.conv1, &scratch.trunk, padded);
        }
        let (padded, bottleneck) = (
            &scratch.padded[0][..n_images * g.padded_len()],
            &mut scratch.bottleneck[..n_images * g.bottleneck_len()],
        );
        let mut group = Group::new(isa, g, &mut scratch.tiles);
        self.conv2
            .forward(&mut group, padded, Epilogue::BiasRelu(self.conv2.bias()), bottleneck);
        let images = bottleneck.chunks_exact(g.bottleneck_len());
        for (reduced, activation) in images.zip(activations.chunks_exact_mut(g.trunk_len())) {
            self.conv3.forward_add(isa, reduced, activation);
        }
    }
}

/// Pixel means of the activations of every depth, `[batch, depths, padded channels]`.
pub(super) fn pixel_means(isa: Isa, g: Geometry, stem: &Stem, blocks: &[FoldedBlock], input: &[f32]) -> Vec<f32> {
    let (n_depths, image_len) = (blocks.len() + 1, stem.image_len());
    let mut means = vec![0.0; input.len() / image_len * n_depths * g.channels];
    input
        .par_chunks(g.group * image_len)
        .zip(means.par_chunks_mut(g.group * n_depths * g.channels))
        .for_each_init(
            || Buffer::zeros(g.group * g.trunk_len()),
            |activations, (images, means)| {
                with_scratch(g, stem.patch_len(), |scratch| {
                    let n_images = images.len() / image_len;
                    let activations = &mut activations[..n_images * g.trunk_len()];
                    for (image, activation) in images
                        .chunks_exact(image_len)
                        .zip(activations.chunks_exact_mut(g.trunk_len()))
                    {
                        stem.gather(image, &mut scratch.patches);
                        stem.forward(isa, &scratch.patches, activation);
                    }
                    store_means(isa, g, activations, (means, n_depths, 0));
                    for (index, block) in blocks.iter().enumerate() {
                        block.forward(isa, g, scratch, activations);
                        store_means(isa, g, activations, (means, n_depths, index + 1));
                    }
                });
            },
        );
    means
}

fn store_means(isa: Isa, g: Geometry, activations: &[f32], (means, n_depths, depth): (&mut [f32], usize, usize)) {
    let means = means.chunks_exact_mut(n_depths * g.channels);
    for (activation, means) in activations.chunks_exact(g.trunk_len()).zip(means) {
        column_means(
            isa,
            activation,
            &mut means[depth * g.channels..(depth + 1) * g.channels],
        );
    }
}

/// The first convolution with its ReLU, straight into the interior of a padded image.
fn reduce_into_padded(isa: Isa, g: Geometry, conv: &Linear, x: &[f32], padded: &mut [f32]) {
    let product = Product {
        m: Axis {
            outer: g.height,
            inner: g.width,
        },
        a_m: Axis {
            outer: g.width * g.channels,
            inner: g.channels,
        },
        c_m: Axis {
            outer: g.padded_row(),
            inner: g.bottleneck_channels,
        },
        ..Product::dense(g.pixels(), g.channels, g.bottleneck_channels)
    };
    multiply(
        isa,
        &product,
        x,
        &conv.weight,
        &mut padded[g.padded_start()..],
        Start::BiasRelu(&conv.bias),
    );
}
