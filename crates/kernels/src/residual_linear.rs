//! The block `h + BN(ReLU(Linear(h)))`.
//!
//! It is the residual block of the fully connected network and, shared by all depths, part of the output block of the
//! convolutional one. It runs in one thread on `[rows, width]` with padded widths.

use crate::buffer::Buffer;
use crate::layout::{LinearRanges, NormRanges};
use crate::linear::{Linear, LinearGradient, add};
use crate::norm::{Norm, batch_statistics, group_moments, input_gradient, norm_add, relu_mask, unit_gradient};
use crate::simd::Isa;

/// Rows whose moments are taken together in `f32`.
const GROUP_ROWS: usize = 64;

/// The block `h + BN(ReLU(Linear(h)))`.
#[derive(Clone, Debug)]
pub(crate) struct ResidualLinear {
    linear: Linear,
    norm_weight: Vec<f32>,
    norm_bias: Vec<f32>,
}

/// What a training pass keeps for its backward pass.
#[derive(Clone, Debug)]
pub(crate) struct Saved {
    /// `relu(Linear(h))`.
    rectified: Buffer,
    /// Statistics of the batch.
    pub(crate) norm: Norm,
    /// Moments or sums of the groups of rows.
    groups: Buffer,
    /// The gradient with respect to `rectified`, later to the linear map's output.
    gradient: Buffer,
}

/// The gradient of a [`ResidualLinear`].
#[derive(Clone, Debug)]
pub(crate) struct ResidualLinearGradient {
    linear: LinearGradient,
    norm_weight: Vec<f32>,
    norm_bias: Vec<f32>,
}

impl ResidualLinear {
    pub(crate) fn new(width: usize) -> Self {
        Self {
            linear: Linear::new(width, width),
            norm_weight: vec![0.0; width],
            norm_bias: vec![0.0; width],
        }
    }

    pub(crate) fn pack_weights(&mut self, params: &[f32], linear: &LinearRanges, norm: &NormRanges) {
        self.linear.pack_weights(params, linear);
        self.norm_weight.copy_from_slice(&params[norm.scale.clone()]);
        self.norm_bias.copy_from_slice(&params[norm.shift.clone()]);
    }

    /// Empty buffers.
    pub(crate) fn saved(&self) -> Saved {
        let norm = Norm::new(self.linear.padded_in());
        Saved {
            rectified: Buffer::default(),
            norm,
            groups: Buffer::default(),
            gradient: Buffer::default(),
        }
    }

    /// Makes room for `rows` rows.
    pub(crate) fn reserve(&self, saved: &mut Saved, rows: usize) {
        let width = self.linear.padded_in();
        saved.rectified.resize(rows * width);
        saved.groups.resize(rows.div_ceil(GROUP_ROWS) * 2 * width);
        saved.gradient.resize(rows * width);
    }

    /// `y = h + BN(ReLU(Linear(h)))` with the statistics of the batch.
    pub(crate) fn forward_train(&self, isa: Isa, h: &[f32], saved: &mut Saved, y: &mut [f32]) {
        let width = self.linear.padded_in();
        let n_rows = h.len() / width;
        let Saved {
            rectified,
            norm,
            groups,
            ..
        } = saved;
        self.linear.forward_relu(isa, h, rectified);
        for (rows, moments) in rectified
            .chunks(GROUP_ROWS * width)
            .zip(groups.chunks_exact_mut(2 * width))
        {
            group_moments(isa, rows, moments);
        }
        let rows_of = |group: usize| (n_rows - group * GROUP_ROWS).min(GROUP_ROWS);
        batch_statistics(norm, groups, rows_of, (&self.norm_weight, &self.norm_bias));
        y.copy_from_slice(h);
        norm_add(isa, rectified, norm, y);
    }

    /// `y = h + BN(ReLU(Linear(h)))` with given statistics; `rectified` is scratch of the same size.
    pub(crate) fn forward_eval(&self, isa: Isa, h: &[f32], norm: &Norm, rectified: &mut [f32], y: &mut [f32]) {
        self.linear.forward_relu(isa, h, rectified);
        y.copy_from_slice(h);
        norm_add(isa, rectified, norm, y);
    }

    /// Turns the gradient with respect to `y` into that with respect to `h`, in place, and adds to `gradient`.
    pub(crate) fn backward(
        &self,
        isa: Isa,
        h: &[f32],
        saved: &mut Saved,
        d: &mut [f32],
        gradient: &mut ResidualLinearGradient,
    ) {
        let width = self.linear.padded_in();
        let Saved {
            rectified,
            norm,
            groups,
            gradient: d_linear,
        } = saved;
        let rows = d.chunks(GROUP_ROWS * width).zip(rectified.chunks(GROUP_ROWS * width));
        for ((d, rectified), sums) in rows.zip(groups.chunks_exact_mut(2 * width)) {
            unit_gradient(isa, d, rectified, norm, sums);
        }
        norm.set_gradient_means(
            groups,
            h.len() / width,
            &mut gradient.norm_weight,
            &mut gradient.norm_bias,
        );
        input_gradient(isa, d, rectified, norm, d_linear);
        relu_mask(isa, d_linear, rectified);
        self.linear.parameter_gradient(isa, h, d_linear, &mut gradient.linear);
        self.linear.input_gradient_add(isa, d_linear, d);
    }

    pub(crate) fn gradient(&self) -> ResidualLinearGradient {
        let zeros = vec![0.0; self.norm_weight.len()];
        ResidualLinearGradient {
            linear: self.linear.gradient(),
            norm_weight: zeros.clone(),
            norm_bias: zeros,
        }
    }

    /// The affine map of evaluation mode for given running statistics.
    pub(crate) fn set_running(&self, norm: &mut Norm, mean: &[f32], variance: &[f32]) {
        norm.set_running(mean, variance, &self.norm_weight, &self.norm_bias);
    }

    /// Adds `gradient` to the flat gradient of all parameters.
    pub(crate) fn accumulate_gradient(
        &self,
        gradient: &ResidualLinearGradient,
        linear: &LinearRanges,
        norm: &NormRanges,
        d_params: &mut [f32],
    ) {
        self.linear.accumulate_gradient(&gradient.linear, linear, d_params);
        add(&mut d_params[norm.scale.clone()], &gradient.norm_weight);
        add(&mut d_params[norm.shift.clone()], &gradient.norm_bias);
    }
}

impl ResidualLinearGradient {
    pub(crate) fn clear(&mut self) {
        self.linear.clear();
        self.norm_weight.fill(0.0);
        self.norm_bias.fill(0.0);
    }
}
