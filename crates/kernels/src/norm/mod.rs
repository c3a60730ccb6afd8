//! Batch norm: statistics of a batch, the affine map they give, and the backward pass.
//!
//! Activations are `[rows, width]` with `width` a multiple of eight; a row is one pixel of one image, or one example.
//! Rows come in groups (the pixels of an image); each group's moments are taken in `f32` around its own mean while its
//! values are in the cache, and groups are combined in `f64` in a fixed order, so that neither cancellation nor the
//! number of threads can show.

mod input_gradient;
mod passes;
mod sums;
mod sweep;
#[cfg(test)]
mod tests;

use crate::buffer::Buffer;
use crate::layout::{NormRanges, StatisticsRanges};
pub(crate) use input_gradient::{add_input_gradient, input_gradient, input_gradient_padded};
pub(crate) use passes::{add_row, affine_relu, affine_relu_padded, norm_add, relu_mask};
pub(crate) use sums::{column_means, column_sums, group_moments, relu_gradient, unit_gradient};

/// Added to a variance before its root is taken, as PyTorch does.
const EPSILON: f64 = 1e-5;

/// Weight and bias of a batch norm, not padded.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine<'a> {
    pub(crate) weight: &'a [f32],
    pub(crate) bias: &'a [f32],
}

impl<'a> Affine<'a> {
    pub(crate) fn new(params: &'a [f32], ranges: &NormRanges) -> Self {
        Self {
            weight: &params[ranges.scale.clone()],
            bias: &params[ranges.shift.clone()],
        }
    }
}

/// Statistics of one batch-norm layer over one batch, and what follows from them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Norm {
    /// Mean of the batch.
    pub(crate) mean: Buffer,
    /// `1 / sqrt(biased variance + epsilon)`.
    pub(crate) inverse_sd: Buffer,
    /// Unbiased variance, for the running statistics.
    pub(crate) unbiased_variance: Buffer,
    /// `weight * inverse_sd`: the output is `x * scale + shift`.
    pub(crate) scale: Buffer,
    /// `bias - mean * scale`.
    pub(crate) shift: Buffer,
    /// In backward: mean over the rows of the gradient with respect to the output.
    pub(crate) mean_gradient: Buffer,
    /// In backward: mean over the rows of that gradient times the normalized input.
    pub(crate) mean_gradient_x: Buffer,
}

impl Norm {
    pub(crate) fn new(width: usize) -> Self {
        let zeros = || Buffer::zeros(width);
        Self {
            mean: zeros(),
            inverse_sd: zeros(),
            unbiased_variance: zeros(),
            scale: zeros(),
            shift: zeros(),
            mean_gradient: zeros(),
            mean_gradient_x: zeros(),
        }
    }

    /// Channels.
    pub(crate) fn width(&self) -> usize {
        self.scale.len()
    }

    /// The batch norm of evaluation mode, with the running statistics that lie at `ranges`.
    pub(crate) fn running(width: usize, statistics: &[f32], ranges: &StatisticsRanges, affine: Affine<'_>) -> Self {
        let mut norm = Self::new(width);
        let (mean, variance) = (&statistics[ranges.mean.clone()], &statistics[ranges.variance.clone()]);
        for c in 0..mean.len() {
            norm.set_channel(c, f64::from(mean[c]), f64::from(variance[c]), affine);
        }
        norm
    }

    /// Sets the affine map from the moments of the groups of a batch (Chan, Golub and LeVeque's combination, in the groups'
    /// order).
    ///
    /// `moments` holds `[groups, 2, width]`, each as [`group_moments`] writes it over `rows(group)` rows.
    pub(crate) fn set_batch(&mut self, moments: &[f32], rows: impl Fn(usize) -> usize, affine: Affine<'_>) {
        let width = self.width();
        for c in 0..width {
            let (mut n, mut mean, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
            for (group, moments) in moments.chunks_exact(2 * width).enumerate() {
                let n_group = rows(group) as f64;
                let delta = f64::from(moments[c]) - mean;
                let total = n + n_group;
                mean += delta * n_group / total;
                squares += f64::from(moments[width + c]) + delta * delta * n * n_group / total;
                n = total;
            }
            self.set_channel(c, mean, squares / n, affine);
            self.unbiased_variance[c] = narrow(squares / (n - 1.0).max(1.0));
        }
    }

    /// Sets the affine map of one channel. Channels beyond the length of `affine` are padding: their scale and shift become
    /// zero.
    #[inline(always)]
    pub(crate) fn set_channel(&mut self, c: usize, mean: f64, variance: f64, affine: Affine<'_>) {
        let [weight, bias] =
            [affine.weight, affine.bias].map(|values| f64::from(values.get(c).copied().unwrap_or(0.0)));
        let inverse_sd = 1.0 / (variance + EPSILON).sqrt();
        let scale = weight * inverse_sd;
        self.mean[c] = narrow(mean);
        self.inverse_sd[c] = narrow(inverse_sd);
        self.scale[c] = narrow(scale);
        self.shift[c] = narrow(bias - mean * scale);
    }

    /// Writes mean and unbiased variance of the batch to `ranges`.
    pub(crate) fn store_statistics(&self, ranges: &StatisticsRanges, statistics: &mut [f32]) {
        let channels = ranges.mean.len();
        statistics[ranges.mean.clone()].copy_from_slice(&self.mean[..channels]);
        statistics[ranges.variance.clone()].copy_from_slice(&self.unbiased_variance[..channels]);
    }

    /// Combines the groups' sums of the gradient and of the gradient times the normalized input, in their order, and
    /// adds them to the gradients of the layer's bias and weight.
    ///
    /// `sums` holds `[groups, 2, width]`; `n_rows` is the number of rows of the whole batch.
    pub(crate) fn set_gradient_means(&mut self, sums: &[f32], n_rows: usize, weight: &mut [f32], bias: &mut [f32]) {
        let width = self.mean.len();
        for c in 0..width {
            let (mut gradient, mut gradient_x) = (0.0_f64, 0.0_f64);
            for group in sums.chunks_exact(2 * width) {
                gradient += f64::from(group[c]);
                gradient_x += f64::from(group[width + c]);
            }
            self.mean_gradient[c] = narrow(gradient / n_rows as f64);
            self.mean_gradient_x[c] = narrow(gradient_x / n_rows as f64);
            if let (Some(weight), Some(bias)) = (weight.get_mut(c), bias.get_mut(c)) {
                *weight += narrow(gradient_x);
                *bias += narrow(gradient);
            }
        }
    }
}

/// A sum that was taken in double precision, at the precision of the activations.
#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what it is for")]
pub(crate) fn narrow(x: f64) -> f32 {
    x as f32
}
