//! The output block, shared by all depths: `h + BN(ReLU(Linear(h)))` of the pixel means, then a linear read-out.
//!
//! Depths are independent of each other, so each is one work unit; gradients are summed in order of depth.

use rayon::prelude::*;

use crate::buffer::Buffer;
use crate::layout::{ConvConfig, ConvLayout};
use crate::linalg::Start;
use crate::linear::{Linear, LinearGradient, add, pad_rows, unpad_rows};
use crate::norm::{Affine, Norm, group_moments, input_gradient, norm_add, relu_mask, unit_gradient};
use crate::simd::Isa;

/// Images whose moments are taken together in `f32`.
const GROUP_ROWS: usize = 64;

/// The linear maps of the output block with padded widths.
#[derive(Debug)]
pub(super) struct Head {
    linear: Linear,
    read_out: Linear,
}

/// Buffers of one depth.
#[derive(Clone, Debug)]
pub(super) struct HeadState {
    /// Pixel means `[batch, padded channels]`.
    pub(super) pooled: Buffer,
    /// The gradient with respect to one pixel of the activations, which is the same for all.
    pub(super) d_pooled: Buffer,
    /// `relu(Linear(pooled))`.
    rectified: Buffer,
    norm: Norm,
    /// Moments or sums of the groups of images.
    groups: Buffer,
    /// The gradient with respect to the linear map's output.
    d_linear: Buffer,
    /// What is read out.
    features: Buffer,
    logits: Buffer,
    linear_gradient: LinearGradient,
    norm_gradient: [Vec<f32>; 2],
    read_out_gradient: LinearGradient,
}

impl Head {
    pub(super) fn new(config: &ConvConfig) -> Self {
        Self {
            linear: Linear::new(config.channels, config.channels),
            read_out: Linear::new(config.channels, config.n_classes),
        }
    }

    pub(super) fn pack_weights(&mut self, params: &[f32], layout: &ConvLayout) {
        self.linear.pack_weights(params, &layout.head_linear);
        self.read_out.pack_weights(params, &layout.read_out);
    }

    /// Empty buffers of one depth.
    pub(super) fn state(&self) -> HeadState {
        HeadState {
            pooled: Buffer::default(),
            d_pooled: Buffer::default(),
            rectified: Buffer::default(),
            norm: Norm::new(self.linear.padded_out()),
            groups: Buffer::default(),
            d_linear: Buffer::default(),
            features: Buffer::default(),
            logits: Buffer::default(),
            linear_gradient: self.linear.gradient(),
            norm_gradient: [(); 2].map(|()| vec![0.0; self.linear.n_out()]),
            read_out_gradient: self.read_out.gradient(),
        }
    }

    /// Makes room for `batch` images.
    pub(super) fn reserve(&self, state: &mut HeadState, batch: usize) {
        let width = self.linear.padded_in();
        state.groups.resize(batch.div_ceil(GROUP_ROWS) * 2 * width);
        state.logits.resize(batch * self.read_out.padded_out());
        let HeadState {
            pooled,
            d_pooled,
            rectified,
            d_linear,
            features,
            ..
        } = state;
        for rows in [pooled, d_pooled, rectified, d_linear, features] {
            rows.resize(batch * width);
        }
    }

    /// Logits of every depth with the statistics of the batch, which go into `statistics`.
    pub(super) fn forward_train(
        &self,
        isa: Isa,
        layout: &ConvLayout,
        params: &[f32],
        states: &mut [HeadState],
        statistics: &mut [f32],
        logits: &mut [f32],
    ) {
        let (width, affine) = (self.linear.padded_in(), Affine::new(params, &layout.head_norm));
        let logits_of_depth = logits.len() / states.len();
        states
            .par_iter_mut()
            .zip(logits.par_chunks_exact_mut(logits_of_depth))
            .for_each(|(state, logits)| {
                let HeadState {
                    pooled,
                    rectified,
                    norm,
                    groups,
                    features,
                    logits: padded_logits,
                    ..
                } = state;
                let start = Start::BiasRelu(&self.linear.bias);
                self.linear.forward(isa, pooled, start, rectified);
                let moments = groups.chunks_exact_mut(2 * width);
                for (rows, moments) in rectified.chunks(GROUP_ROWS * width).zip(moments) {
                    group_moments(isa, rows, moments);
                }
                let n_rows = pooled.len() / width;
                norm.set_batch(groups, |group| (n_rows - group * GROUP_ROWS).min(GROUP_ROWS), affine);
                self.read_out(isa, pooled, rectified, norm, features, padded_logits);
                unpad_rows(padded_logits, layout.config.n_classes, logits);
            });
        for (state, ranges) in states.iter().zip(&layout.head_statistics) {
            state.norm.store_statistics(ranges, statistics);
        }
    }

    /// Logits of `features = h + BN(rectified)`.
    fn read_out(&self, isa: Isa, h: &[f32], rectified: &[f32], norm: &Norm, features: &mut [f32], logits: &mut [f32]) {
        features.copy_from_slice(h);
        norm_add(isa, rectified, norm, features);
        self.read_out
            .forward(isa, features, Start::Bias(&self.read_out.bias), logits);
    }

    /// Sets each depth's `d_pooled`, for each of `n_pixels` pixels, and adds to `d_params`.
    pub(super) fn backward(
        &self,
        isa: Isa,
        layout: &ConvLayout,
        states: &mut [HeadState],
        d_logits: &[f32],
        n_pixels: usize,
        d_params: &mut [f32],
    ) {
        let logits_of_depth = d_logits.len() / states.len();
        states
            .par_iter_mut()
            .zip(d_logits.par_chunks_exact(logits_of_depth))
            .for_each(|(state, d_logits)| {
                pad_rows(d_logits, layout.config.n_classes, &mut state.logits);
                self.backward_depth(isa, state);
                let of_pixel = 1.0 / n_pixels as f32;
                state.d_pooled.iter_mut().for_each(|d| *d *= of_pixel);
            });
        for state in states {
            let HeadState {
                linear_gradient,
                norm_gradient: [scale, shift],
                read_out_gradient,
                ..
            } = state;
            self.linear
                .accumulate_gradient(linear_gradient, &layout.head_linear, d_params);
            add(&mut d_params[layout.head_norm.scale.clone()], scale);
            add(&mut d_params[layout.head_norm.shift.clone()], shift);
            self.read_out
                .accumulate_gradient(read_out_gradient, &layout.read_out, d_params);
        }
    }

    /// From the gradient in `state.logits` to that in `state.d_pooled`, and the gradients of the parameters.
    fn backward_depth(&self, isa: Isa, state: &mut HeadState) {
        let HeadState {
            pooled,
            d_pooled: d,
            rectified,
            norm,
            groups,
            d_linear,
            features,
            logits: d_logits,
            linear_gradient,
            norm_gradient: [d_scale, d_shift],
            read_out_gradient,
        } = state;
        linear_gradient.clear();
        d_scale.fill(0.0);
        d_shift.fill(0.0);
        read_out_gradient.clear();
        self.read_out
            .parameter_gradient(isa, features, d_logits, read_out_gradient);
        self.read_out.input_gradient(isa, d_logits, Start::Zero, d);
        let width = norm.width();
        let rows = d.chunks(GROUP_ROWS * width).zip(rectified.chunks(GROUP_ROWS * width));
        for ((d, rectified), sums) in rows.zip(groups.chunks_exact_mut(2 * width)) {
            unit_gradient(isa, d, rectified, norm, sums);
        }
        norm.set_gradient_means(groups, pooled.len() / width, d_scale, d_shift);
        input_gradient(isa, d, rectified, norm, d_linear);
        relu_mask(isa, d_linear, rectified);
        self.linear.parameter_gradient(isa, pooled, d_linear, linear_gradient);
        self.linear.input_gradient(isa, d_linear, Start::Accumulate, d);
    }

    /// Logits of every depth with running statistics; `pooled` is `[batch, depths, padded channels]`.
    pub(super) fn forward_eval(
        &self,
        isa: Isa,
        layout: &ConvLayout,
        params: &[f32],
        statistics: &[f32],
        pooled: &[f32],
        logits: &mut [f32],
    ) {
        let (n_depths, width) = (layout.head_statistics.len(), self.linear.padded_in());
        let affine = Affine::new(params, &layout.head_norm);
        let logits_of_depth = logits.len() / n_depths;
        layout
            .head_statistics
            .par_iter()
            .zip(logits.par_chunks_exact_mut(logits_of_depth))
            .enumerate()
            .for_each(|(depth, (ranges, logits))| {
                let norm = Norm::running(width, statistics, ranges, affine);
                let images = pooled.chunks_exact(n_depths * width);
                let h: Vec<f32> = images
                    .flat_map(|image| &image[depth * width..(depth + 1) * width])
                    .copied()
                    .collect();
                let (mut rectified, mut features) = (vec![0.0; h.len()], vec![0.0; h.len()]);
                let mut padded_logits = vec![0.0; h.len() / width * self.read_out.padded_out()];
                let start = Start::BiasRelu(&self.linear.bias);
                self.linear.forward(isa, &h, start, &mut rectified);
                self.read_out(isa, &h, &rectified, &norm, &mut features, &mut padded_logits);
                unpad_rows(&padded_logits, layout.config.n_classes, logits);
            });
    }
}
