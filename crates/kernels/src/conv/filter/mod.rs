//! The 3x3 convolution and its gradients, on groups of padded images.

mod tiles;
mod transforms;
mod weights;
mod winograd;

pub(super) use transforms::Epilogue;
pub(super) use winograd::{Group, Tiles};

use crate::layout::{Convolution, LinearRanges};
use crate::linalg::{Start, multiply};
use crate::linear::{Linear, LinearGradient};
use crate::norm::Norm;
use crate::simd::Isa;
use winograd::Transformed;

/// The filter of one block.
#[derive(Clone, Debug)]
pub(super) struct Filter {
    pub(super) linear: Linear,
    transformed: Option<Transformed>,
}

impl Filter {
    pub(super) fn new(channels: usize, algorithm: Convolution) -> Self {
        let linear = Linear::with_taps(9, channels, channels);
        let transformed = match algorithm {
            Convolution::Direct => None,
            Convolution::Winograd => Some(Transformed::new(&linear)),
        };
        Self { linear, transformed }
    }

    pub(super) fn pack_weights(&mut self, isa: Isa, params: &[f32], ranges: &LinearRanges) {
        self.linear.pack_weights(params, ranges);
        if let Some(transformed) = &mut self.transformed {
            transformed.pack_weights(isa, &self.linear);
        }
    }

    /// The filter followed by the affine map of `norm`, for [`Self::forward`] alone.
    pub(super) fn folded(&self, isa: Isa, norm: &Norm) -> Self {
        let mut folded = self.clone();
        folded.linear.fold(norm);
        if let Some(transformed) = &mut folded.transformed {
            transformed.pack_forward(isa, &folded.linear);
        }
        folded
    }

    /// The convolution of the padded images `z`, at most [`Geometry::group`] of them, into the images `y`.
    pub(super) fn forward(&self, group: &mut Group<'_>, z: &[f32], epilogue: Epilogue<'_>, y: &mut [f32]) {
        if let Some(transformed) = &self.transformed {
            transformed.forward(group, z, epilogue, y);
        } else {
            let g = group.geometry;
            for (z, y) in z
                .chunks_exact(g.padded_len())
                .zip(y.chunks_exact_mut(g.bottleneck_len()))
            {
                let start = match epilogue {
                    Epilogue::Plain => Start::Zero,
                    Epilogue::Bias(bias) => Start::Bias(bias),
                    Epilogue::BiasRelu(bias) => Start::BiasRelu(bias),
                };
                multiply(group.ctx, &g.convolution(), z, &self.linear.weight, y, start);
            }
        }
    }

    /// Begins the gradient of the filter over some groups.
    pub(super) fn begin_gradient(&self, tiles: &mut Tiles) {
        if self.transformed.is_some() {
            tiles.clear_gradient();
        }
    }

    /// The backward pass of one group: from padded inputs `z` and padded gradients `d_y` to the gradients `d_z` of the inputs, which
    /// are not padded. The gradient of the filter is in `gradient` after [`Self::end_gradient`].
    pub(super) fn backward(
        &self,
        group: &mut Group<'_>,
        z: &[f32],
        d_y: &[f32],
        d_z: &mut [f32],
        gradient: &mut LinearGradient,
    ) {
        if let Some(transformed) = &self.transformed {
            transformed.backward(group, z, d_y, d_z);
        } else {
            let (ctx, g) = (group.ctx, group.geometry);
            let images = z.chunks_exact(g.padded_len()).zip(d_y.chunks_exact(g.padded_len()));
            for ((z, d_y), d_z) in images.zip(d_z.chunks_exact_mut(g.bottleneck_len())) {
                let first_pixel = &d_y[g.padded_start()..];
                let product = g.filter_gradient();
                multiply(ctx, &product, z, first_pixel, &mut gradient.weight, Start::Accumulate);
                multiply(ctx, &g.convolution(), d_y, &self.linear.transpose, d_z, Start::Zero);
            }
        }
    }

    /// Ends what [`Self::begin_gradient`] began.
    pub(super) fn end_gradient(&self, isa: Isa, tiles: &Tiles, gradient: &mut LinearGradient) {
        if self.transformed.is_some() {
            tiles.add_gradient(isa, &mut gradient.weight);
        }
    }
}
