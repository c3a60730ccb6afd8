//! The output block, shared by all depths: `h + BN(ReLU(Linear(h)))` of the pixel means, then a linear read-out.
//!
//! Depths are independent of each other, so each is one work unit; gradients are summed in order of depth.

use rayon::prelude::*;

use crate::buffer::Buffer;
use crate::layout::ConvLayout;
use crate::linear::{Linear, LinearGradient, pad_rows, unpad_rows};
use crate::norm::Norm;
use crate::residual_linear::{ResidualLinear, ResidualLinearGradient, Saved};
use crate::simd::Isa;

/// Parameters of the output block with padded widths.
#[derive(Debug)]
pub(super) struct Head {
    block: ResidualLinear,
    read_out: Linear,
}

/// Buffers of one depth.
#[derive(Clone, Debug)]
pub(super) struct HeadState {
    /// Pixel means `[batch, padded channels]`.
    pub(super) pooled: Buffer,
    /// The gradient with respect to one pixel of the activations, which is the same for all.
    pub(super) d_pooled: Buffer,
    saved: Saved,
    features: Buffer,
    logits: Buffer,
    block_gradient: ResidualLinearGradient,
    read_out_gradient: LinearGradient,
}

impl Head {
    pub(super) fn new(layout: &ConvLayout) -> Self {
        let config = layout.config;
        Self {
            block: ResidualLinear::new(config.channels),
            read_out: Linear::new(config.channels, config.n_classes),
        }
    }

    pub(super) fn pack_weights(&mut self, params: &[f32], layout: &ConvLayout) {
        self.block.pack_weights(params, &layout.head_linear, &layout.head_norm);
        self.read_out.pack_weights(params, &layout.read_out);
    }

    /// Empty buffers of one depth.
    pub(super) fn state(&self) -> HeadState {
        HeadState {
            pooled: Buffer::default(),
            d_pooled: Buffer::default(),
            features: Buffer::default(),
            saved: self.block.saved(),
            logits: Buffer::default(),
            block_gradient: self.block.gradient(),
            read_out_gradient: self.read_out.gradient(),
        }
    }

    /// Makes room for `batch` images.
    pub(super) fn reserve(&self, state: &mut HeadState, batch: usize) {
        for rows in [&mut state.pooled, &mut state.d_pooled, &mut state.features] {
            rows.resize(batch * self.read_out.padded_in());
        }
        state.logits.resize(batch * self.read_out.padded_out());
        self.block.reserve(&mut state.saved, batch);
    }

    /// Logits of every depth with the statistics of the batch, which go into `statistics`.
    pub(super) fn forward_train(
        &self,
        isa: Isa,
        layout: &ConvLayout,
        states: &mut [HeadState],
        statistics: &mut [f32],
        logits: &mut [f32],
    ) {
        let (n_classes, channels) = (layout.config.n_classes, layout.config.channels);
        let logits_of_depth = logits.len() / states.len();
        states
            .par_iter_mut()
            .zip(logits.par_chunks_exact_mut(logits_of_depth))
            .for_each(|(state, logits)| {
                self.block
                    .forward_train(isa, &state.pooled, &mut state.saved, &mut state.features);
                self.read_out.forward(isa, &state.features, &mut state.logits);
                unpad_rows(&state.logits, n_classes, logits);
            });
        for (state, ranges) in states.iter().zip(&layout.head_statistics) {
            statistics[ranges.mean.clone()].copy_from_slice(&state.saved.norm.mean[..channels]);
            statistics[ranges.variance.clone()].copy_from_slice(&state.saved.norm.unbiased_variance[..channels]);
        }
    }

    /// Sets each depth's `d_pooled`, for each of `n_pixels` pixels, and adds to `d_params`.
    pub(super) fn backward(
        &self,
        isa: Isa,
        layout: &ConvLayout,
        states: &mut [HeadState],
        (d_logits, n_pixels): (&[f32], usize),
        d_params: &mut [f32],
    ) {
        let logits_of_depth = d_logits.len() / states.len();
        states
            .par_iter_mut()
            .zip(d_logits.par_chunks_exact(logits_of_depth))
            .for_each(|(state, d_logits)| {
                state.block_gradient.clear();
                state.read_out_gradient.clear();
                pad_rows(d_logits, layout.config.n_classes, &mut state.logits);
                self.read_out
                    .parameter_gradient(isa, &state.features, &state.logits, &mut state.read_out_gradient);
                self.read_out.input_gradient(isa, &state.logits, &mut state.d_pooled);
                let HeadState {
                    pooled,
                    d_pooled,
                    saved,
                    block_gradient,
                    ..
                } = state;
                self.block.backward(isa, pooled, saved, d_pooled, block_gradient);
                let of_pixel = 1.0 / n_pixels as f32;
                d_pooled.iter_mut().for_each(|d| *d *= of_pixel);
            });
        for state in states {
            self.block
                .accumulate_gradient(&state.block_gradient, &layout.head_linear, &layout.head_norm, d_params);
            self.read_out
                .accumulate_gradient(&state.read_out_gradient, &layout.read_out, d_params);
        }
    }

    /// Logits of every depth with running statistics; `pooled` is `[batch, depths, padded channels]`.
    pub(super) fn forward_eval(
        &self,
        isa: Isa,
        layout: &ConvLayout,
        statistics: &[f32],
        pooled: &[f32],
        logits: &mut [f32],
    ) {
        let (n_depths, width) = (layout.head_statistics.len(), self.read_out.padded_in());
        let logits_of_depth = logits.len() / n_depths;
        let depths = layout
            .head_statistics
            .par_iter()
            .enumerate()
            .zip(logits.par_chunks_exact_mut(logits_of_depth));
        depths.for_each(|((depth, ranges), logits)| {
            let mut norm = Norm::new(width);
            self.block.set_running(
                &mut norm,
                &statistics[ranges.mean.clone()],
                &statistics[ranges.variance.clone()],
            );
            let images = pooled.chunks_exact(n_depths * width);
            let h: Vec<f32> = images
                .flat_map(|image| &image[depth * width..(depth + 1) * width])
                .copied()
                .collect();
            let (mut rectified, mut features) = (vec![0.0; h.len()], vec![0.0; h.len()]);
            let mut padded_logits = vec![0.0; h.len() / width * self.read_out.padded_out()];
            self.block.forward_eval(isa, &h, &norm, &mut rectified, &mut features);
            self.read_out.forward(isa, &features, &mut padded_logits);
            unpad_rows(&padded_logits, layout.config.n_classes, logits);
        });
    }
}
