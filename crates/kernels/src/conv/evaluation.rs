//! Evaluation mode: batch norm folded into the convolutions, and an image stays in the cache through the whole trunk.

use rayon::prelude::*;

use super::block::affines;
use super::filter::{Epilogue, Filter, Group};
use super::geometry::Geometry;
use super::network::Network;
use super::scratch::{Scratch, with_scratch};
use crate::buffer::Buffer;
use crate::layout::StatisticsRanges;
use crate::linalg::{Axis, Product, Start, multiply};
use crate::linear::Linear;
use crate::norm::{Affine, Norm, affine_relu, column_means};
use crate::simd::Isa;

/// Per-depth logits `[max_depth + 1, batch, n_classes]` with the packed weights; the lengths are checked by the engine.
pub(super) fn forward(network: &Network, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]) {
    let blocks: Vec<FoldedBlock> = (0..network.blocks.len())
        .map(|block| FoldedBlock::new(network, block, params, statistics))
        .collect();
    let pooled = pixel_means(network, &blocks, input);
    let (isa, layout) = (network.isa, &network.layout);
    network
        .head
        .forward_eval(isa, layout, params, statistics, &pooled, logits);
}

/// A block for evaluation: the second and third batch norm are part of the convolution ahead of them.
#[derive(Debug)]
struct FoldedBlock {
    norm1: Norm,
    conv1: Linear,
    conv2: Filter,
    conv3: Linear,
}

impl FoldedBlock {
    fn new(network: &Network, block: usize, params: &[f32], statistics: &[f32]) -> Self {
        let (g, weights) = (network.geometry, &network.blocks[block]);
        let ranges = &network.layout.block_statistics[block];
        let [affine1, affine2, affine3] = affines(params, &network.layout.blocks[block]);
        let norm = |width: usize, ranges: &StatisticsRanges, affine: Affine<'_>| {
            Norm::running(width, statistics, ranges, affine)
        };
        let mut conv1 = weights.conv1.clone();
        conv1.fold(&norm(g.bottleneck_channels, &ranges.norm2, affine2));
        let norm3 = norm(g.bottleneck_channels, &ranges.norm3, affine3);
        Self {
            norm1: norm(g.channels, &ranges.norm1, affine1),
            conv1,
            conv2: weights.conv2.folded(network.isa, &norm3),
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
        self.conv2.forward(
            &mut group,
            padded,
            Epilogue::BiasRelu(&self.conv2.linear.bias),
            bottleneck,
        );
        let images = bottleneck.chunks_exact(g.bottleneck_len());
        for (reduced, activation) in images.zip(activations.chunks_exact_mut(g.trunk_len())) {
            let start = Start::BiasAccumulate(&self.conv3.bias);
            self.conv3.forward(isa, reduced, start, activation);
        }
    }
}

/// Pixel means of the activations of every depth, `[batch, depths, padded channels]`.
fn pixel_means(network: &Network, blocks: &[FoldedBlock], input: &[f32]) -> Vec<f32> {
    let (isa, g, stem) = (network.isa, network.geometry, &network.stem);
    let (means_len, image_len) = ((blocks.len() + 1) * g.channels, stem.image_len());
    let mut means = vec![0.0; input.len() / image_len * means_len];
    input
        .par_chunks(g.group * image_len)
        .zip(means.par_chunks_mut(g.group * means_len))
        .for_each_init(
            || Buffer::zeros(g.group * g.trunk_len()),
            |activations, (images, means)| {
                let n_images = images.len() / image_len;
                let activations = &mut activations[..n_images * g.trunk_len()];
                let mut store_means = |depth: usize, activations: &[f32]| {
                    let images = activations.chunks_exact(g.trunk_len());
                    for (activation, means) in images.zip(means.chunks_exact_mut(means_len)) {
                        let means = &mut means[depth * g.channels..(depth + 1) * g.channels];
                        column_means(isa, activation, means);
                    }
                };
                with_scratch(g, stem.patch_len(), |scratch| {
                    let images = images.chunks_exact(image_len);
                    for (image, activation) in images.zip(activations.chunks_exact_mut(g.trunk_len())) {
                        stem.gather(image, &mut scratch.patches);
                        stem.forward(isa, &scratch.patches, activation);
                    }
                    store_means(0, activations);
                    for (index, block) in blocks.iter().enumerate() {
                        block.forward(isa, g, scratch, activations);
                        store_means(index + 1, activations);
                    }
                });
            },
        );
    means
}

/// The first convolution with its ReLU, straight into the interior of a padded image.
fn reduce_into_padded(isa: Isa, g: Geometry, conv: &Linear, x: &[f32], padded: &mut [f32]) {
    let product = Product {
        m: Axis::nested(g.height, g.width),
        a_m: Axis::nested(g.width * g.channels, g.channels),
        c_m: Axis::nested(g.padded_row(), g.bottleneck_channels),
        ..Product::dense(g.pixels(), g.channels, g.bottleneck_channels)
    };
    let interior = &mut padded[g.padded_start()..];
    multiply(isa, &product, x, &conv.weight, interior, Start::BiasRelu(&conv.bias));
}
