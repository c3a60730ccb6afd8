//! A linear map between padded widths, at one tap or at several (a convolution's filter).

use crate::buffer::Buffer;
use crate::layout::LinearRanges;
use crate::linalg::{Product, Start, multiply, pack, pack_transposed, unpack_add};
use crate::norm::{Norm, column_sums};
use crate::simd::{IsaCtx, padded};

/// Weight `[taps, padded n_in, padded n_out]`, its transpose, and the bias.
#[derive(Clone, Debug)]
pub(crate) struct Linear {
    taps: usize,
    n_in: usize,
    n_out: usize,
    pub(crate) weight: Buffer,
    /// `[taps reversed, padded n_out, padded n_in]`.
    pub(crate) transpose: Buffer,
    pub(crate) bias: Buffer,
}

/// The gradient of a [`Linear`], in its padded layout.
#[derive(Clone, Debug)]
pub(crate) struct LinearGradient {
    pub(crate) weight: Buffer,
    bias: Buffer,
}

impl Linear {
    pub(crate) fn new(n_in: usize, n_out: usize) -> Self {
        Self::with_taps(1, n_in, n_out)
    }

    pub(crate) fn with_taps(taps: usize, n_in: usize, n_out: usize) -> Self {
        let len = taps * padded(n_in) * padded(n_out);
        Self {
            taps,
            n_in,
            n_out,
            weight: Buffer::zeros(len),
            transpose: Buffer::zeros(len),
            bias: Buffer::zeros(padded(n_out)),
        }
    }

    pub(crate) fn pack_weights(&mut self, params: &[f32], ranges: &LinearRanges) {
        let (shape, widths) = self.shapes();
        pack(&params[ranges.weight.clone()], shape, widths, &mut self.weight);
        pack_transposed(&params[ranges.weight.clone()], shape, widths, &mut self.transpose);
        self.bias[..self.n_out].copy_from_slice(&params[ranges.bias.clone()]);
    }

    /// Appends the affine map of `norm`; the transpose keeps its old values.
    pub(crate) fn fold(&mut self, norm: &Norm) {
        for row in self.weight.chunks_exact_mut(norm.scale.len()) {
            row.iter_mut()
                .zip(norm.scale.iter())
                .for_each(|(weight, scale)| *weight *= scale);
        }
        for ((bias, scale), shift) in self.bias.iter_mut().zip(norm.scale.iter()).zip(norm.shift.iter()) {
            *bias = *bias * scale + shift;
        }
    }

    pub(crate) fn padded_in(&self) -> usize {
        padded(self.n_in)
    }

    pub(crate) fn padded_out(&self) -> usize {
        padded(self.n_out)
    }

    pub(crate) fn n_out(&self) -> usize {
        self.n_out
    }

    fn shapes(&self) -> ([usize; 3], [usize; 2]) {
        (
            [self.taps, self.n_in, self.n_out],
            [self.padded_in(), self.padded_out()],
        )
    }

    /// `y = start + h W`; the bias has to be in `start`.
    pub(crate) fn forward<'a>(&self, ctx: impl Into<IsaCtx<'a>>, h: &[f32], start: Start<'_>, y: &mut [f32]) {
        let product = Product::dense(h.len() / self.padded_in(), self.padded_in(), self.padded_out());
        multiply(ctx, &product, h, &self.weight, y, start);
    }

    /// Adds to `gradient` what `d_y` gives for weight and bias.
    pub(crate) fn parameter_gradient<'a>(
        &self,
        ctx: impl Into<IsaCtx<'a>>,
        h: &[f32],
        d_y: &[f32],
        gradient: &mut LinearGradient,
    ) {
        let ctx = ctx.into();
        self.weight_gradient(ctx, h, d_y, gradient);
        column_sums(ctx.isa, d_y, &mut gradient.bias);
    }

    /// Adds to `gradient` what `d_y` gives for the weight.
    pub(crate) fn weight_gradient<'a>(
        &self,
        ctx: impl Into<IsaCtx<'a>>,
        h: &[f32],
        d_y: &[f32],
        gradient: &mut LinearGradient,
    ) {
        let rows = h.len() / self.padded_in();
        let product = Product::transposed(self.padded_in(), rows, self.padded_out());
        multiply(ctx, &product, h, d_y, &mut gradient.weight, Start::Accumulate);
    }

    /// `d_h = start + d_y Wᵀ`.
    pub(crate) fn input_gradient<'a>(
        &self,
        ctx: impl Into<IsaCtx<'a>>,
        d_y: &[f32],
        start: Start<'_>,
        d_h: &mut [f32],
    ) {
        let product = Product::dense(d_y.len() / self.padded_out(), self.padded_out(), self.padded_in());
        multiply(ctx, &product, d_y, &self.transpose, d_h, start);
    }

    pub(crate) fn gradient(&self) -> LinearGradient {
        LinearGradient {
            weight: Buffer::zeros(self.weight.len()),
            bias: Buffer::zeros(self.bias.len()),
        }
    }

    /// Adds `gradient` to the flat gradient of all parameters.
    pub(crate) fn accumulate_gradient(&self, gradient: &LinearGradient, ranges: &LinearRanges, d_params: &mut [f32]) {
        let (shape, widths) = self.shapes();
        unpack_add(&gradient.weight, shape, widths, &mut d_params[ranges.weight.clone()]);
        add(&mut d_params[ranges.bias.clone()], &gradient.bias);
    }
}

impl LinearGradient {
    pub(crate) fn clear(&mut self) {
        self.weight.fill(0.0);
        self.bias.fill(0.0);
    }
}

/// Adds the first elements of `from` to `to`.
pub(crate) fn add(to: &mut [f32], from: &[f32]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += from;
    }
}

/// Copies rows of `width` into rows padded to whole vectors; the padding is left as it is.
pub(crate) fn pad_rows(from: &[f32], width: usize, to: &mut [f32]) {
    for (from, to) in from.chunks_exact(width).zip(to.chunks_exact_mut(padded(width))) {
        to[..width].copy_from_slice(from);
    }
}

/// Copies rows of `width` out of rows padded to whole vectors.
pub(crate) fn unpad_rows(from: &[f32], width: usize, to: &mut [f32]) {
    for (from, to) in from.chunks_exact(padded(width)).zip(to.chunks_exact_mut(width)) {
        to.copy_from_slice(&from[..width]);
    }
}
