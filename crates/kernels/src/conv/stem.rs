//! The input block: 5x5 convolution and 2x2 average pool, as one 6x6 convolution of stride two.
//!
//! Both are linear, so their composition is a convolution whose filter is the mean of four shifted copies of the 5x5 one:
//! 36 taps at each pooled pixel in place of 25 at four. An image is gathered into rows of patches, and the
//! convolution and its gradient are matrix products.

use crate::buffer::Buffer;
use crate::layout::{ConvConfig, LinearRanges, STEM};
use crate::linalg::{Product, Start, multiply};
use crate::norm::column_sums;
use crate::simd::{Isa, padded};

/// Side of the composed filter.
const SIDE: usize = STEM + 1;

/// The composed filter `[6, 6, in_channels, padded channels]` and the bias.
#[derive(Debug)]
pub(super) struct Stem {
    config: ConvConfig,
    filter: Buffer,
    bias: Buffer,
}

/// The gradient of the composed filter and of the bias.
#[derive(Clone, Debug)]
pub(super) struct StemGradient {
    filter: Buffer,
    bias: Buffer,
}

impl Stem {
    pub(super) fn new(config: ConvConfig) -> Self {
        let channels = padded(config.channels);
        Self {
            config,
            filter: Buffer::zeros(SIDE * SIDE * config.in_channels * channels),
            bias: Buffer::zeros(channels),
        }
    }

    /// Elements of one image.
    pub(super) fn image_len(&self) -> usize {
        self.config.image_len()
    }

    /// Elements of one patch.
    pub(super) fn patch_len(&self) -> usize {
        SIDE * SIDE * self.config.in_channels
    }

    pub(super) fn pack_weights(&mut self, params: &[f32], ranges: &LinearRanges) {
        self.filter.fill(0.0);
        let weight = &params[ranges.weight.clone()];
        for (to, from) in self.contributions() {
            let (to, from) = (&mut self.filter[to..], &weight[from..from + self.config.channels]);
            for (to, from) in to.iter_mut().zip(from) {
                *to += 0.25 * from;
            }
        }
        self.bias[..self.config.channels].copy_from_slice(&params[ranges.bias.clone()]);
    }

    /// Offsets of each pair (row of the composed filter, row of the 5x5 one that adds a quarter to it).
    fn contributions(&self) -> impl Iterator<Item = (usize, usize)> + use<> {
        let (in_channels, channels) = (self.config.in_channels, self.config.channels);
        let taps = (0..STEM).flat_map(|y| (0..STEM).map(move |x| (y, x)));
        let shifts = [(0, 0), (0, 1), (1, 0), (1, 1)];
        taps.flat_map(move |(y, x)| shifts.map(|(dy, dx)| ((y + dy) * SIDE + x + dx, y * STEM + x)))
            .flat_map(move |(to, from)| {
                (0..in_channels).map(move |c| {
                    (
                        (to * in_channels + c) * padded(channels),
                        (from * in_channels + c) * channels,
                    )
                })
            })
    }

    /// Gathers the patches of `image` (`[in_channels, height, width]`) into `[pooled pixels, 6, 6, in_channels]`.
    pub(super) fn gather(&self, image: &[f32], patches: &mut [f32]) {
        let ConvConfig {
            in_channels,
            height,
            width,
            ..
        } = self.config;
        let columns = self.config.pooled_size().1;
        for (pixel, patch) in patches.chunks_exact_mut(self.patch_len()).enumerate() {
            let corner = 2 * (pixel / columns) * width + 2 * (pixel % columns);
            for (row, patch) in patch.chunks_exact_mut(SIDE * in_channels).enumerate() {
                for c in 0..in_channels {
                    let start = c * height * width + corner + row * width;
                    let values = patch[c..].iter_mut().step_by(in_channels);
                    values
                        .zip(&image[start..start + SIDE])
                        .for_each(|(to, from)| *to = *from);
                }
            }
        }
    }

    /// The input block's output for gathered patches.
    pub(super) fn forward(&self, isa: Isa, patches: &[f32], y: &mut [f32]) {
        let rows = patches.len() / self.patch_len();
        let product = Product::dense(rows, self.patch_len(), self.bias.len());
        multiply(isa, &product, patches, &self.filter, y, Start::Bias(&self.bias));
    }

    /// Adds to `gradient` what `d_y` gives.
    pub(super) fn backward(&self, isa: Isa, patches: &[f32], d_y: &[f32], gradient: &mut StemGradient) {
        let rows = patches.len() / self.patch_len();
        let product = Product::transposed(self.patch_len(), rows, self.bias.len());
        multiply(isa, &product, patches, d_y, &mut gradient.filter, Start::Accumulate);
        column_sums(isa, d_y, &mut gradient.bias);
    }

    pub(super) fn gradient(&self) -> StemGradient {
        StemGradient {
            filter: Buffer::zeros(self.filter.len()),
            bias: Buffer::zeros(self.bias.len()),
        }
    }

    /// Adds `gradient` to the flat gradient of all parameters.
    pub(super) fn accumulate_gradient(&self, gradient: &StemGradient, ranges: &LinearRanges, d_params: &mut [f32]) {
        let weight = &mut d_params[ranges.weight.clone()];
        for (from, to) in self.contributions() {
            for (to, from) in weight[to..to + self.config.channels]
                .iter_mut()
                .zip(&gradient.filter[from..])
            {
                *to += 0.25 * from;
            }
        }
        crate::linear::add(&mut d_params[ranges.bias.clone()], &gradient.bias);
    }
}

impl StemGradient {
    pub(super) fn clear(&mut self) {
        self.filter.fill(0.0);
        self.bias.fill(0.0);
    }
}
