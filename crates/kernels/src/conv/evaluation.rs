//! Evaluation mode: batch norm folded into the convolutions, and an image stays in the cache through the whole trunk.

use rayon::prelude::*;

use super::block::BlockWeights;
use super::geometry::Geometry;
use super::layout::ConvBlockStatistics;
use super::scratch::with_scratch;
use super::stem::Stem;
use crate::NormRanges;
use crate::linalg::{Axis, Product, Start, multiply};
use crate::linear::Linear;
use crate::norm::{Norm, affine_relu, column_means};
use crate::simd::Isa;

/// A block for evaluation: the second and third batch norm are part of the convolution ahead of them.
#[derive(Debug)]
pub(super) struct FoldedBlock {
    norm1: Norm,
    conv1: Linear,
    conv2: Linear,
    conv3: Linear,
}

impl FoldedBlock {
    pub(super) fn new(weights: &BlockWeights, ranges: &ConvBlockStatistics, statistics: &[f32], g: Geometry) -> Self {
        let norm = |index: usize, width: usize, ranges: &NormRanges| {
            let (affine, mut norm) = (&weights.norms[index], Norm::new(width));
            let (mean, variance) = (&statistics[ranges.first.clone()], &statistics[ranges.second.clone()]);
            norm.set_running(mean, variance, &affine.weight, &affine.bias);
            norm
        };
        Self {
            norm1: norm(0, g.outer, &ranges.norm1),
            conv1: fold(&weights.conv1, &norm(1, g.inner, &ranges.norm2)),
            conv2: fold(&weights.conv2, &norm(2, g.inner, &ranges.norm3)),
            conv3: weights.conv3.clone(),
        }
    }
}

/// The linear map followed by the affine one of `norm`.
fn fold(linear: &Linear, norm: &Norm) -> Linear {
    let mut folded = linear.clone();
    for row in folded.weight.chunks_exact_mut(norm.scale.len()) {
        row.iter_mut()
            .zip(&norm.scale)
            .for_each(|(weight, scale)| *weight *= scale);
    }
    for ((bias, scale), shift) in folded.bias.iter_mut().zip(&norm.scale).zip(&norm.shift) {
        *bias = *bias * scale + shift;
    }
    folded
}

/// Pixel means of the activations of every depth, `[batch, depths, padded outer]`.
pub(super) fn pixel_means(isa: Isa, g: Geometry, stem: &Stem, blocks: &[FoldedBlock], images: &[&[f32]]) -> Vec<f32> {
    let n_depths = blocks.len() + 1;
    let mut means = vec![0.0; images.len() * n_depths * g.outer];
    images
        .par_iter()
        .zip(means.par_chunks_exact_mut(n_depths * g.outer))
        .for_each_init(
            || vec![0.0; g.outer_len()],
            |activation, (image, means)| {
                with_scratch(g, stem.patch_len(), |scratch| {
                    stem.gather(image, &mut scratch.patches);
                    stem.forward(isa, &scratch.patches, activation);
                    let (first, rest) = means.split_at_mut(g.outer);
                    column_means(isa, activation, first);
                    for (block, means) in blocks.iter().zip(rest.chunks_exact_mut(g.outer)) {
                        affine_relu(isa, activation, &block.norm1, &mut scratch.outer);
                        let padded = &mut scratch.padded[0];
                        reduce_into_padded(isa, g, &block.conv1, &scratch.outer, padded);
                        let start = Start::BiasRelu(&block.conv2.bias);
                        multiply(
                            isa,
                            &g.convolution(),
                            padded,
                            &block.conv2.weight,
                            &mut scratch.inner,
                            start,
                        );
                        block.conv3.forward_add(isa, &scratch.inner, activation);
                        column_means(isa, activation, means);
                    }
                });
            },
        );
    means
}

/// The first convolution with its ReLU, straight into the interior of a padded image.
fn reduce_into_padded(isa: Isa, g: Geometry, conv: &Linear, x: &[f32], padded: &mut [f32]) {
    let product = Product {
        m: Axis {
            outer: g.height,
            inner: g.width,
        },
        a_m: Axis {
            outer: g.width * g.outer,
            inner: g.outer,
        },
        c_m: Axis {
            outer: g.padded_row(),
            inner: g.inner,
        },
        ..Product::dense(g.pixels(), g.outer, g.inner)
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
