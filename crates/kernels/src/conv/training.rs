//! Buffers of a training pass and its backward pass, and the parts of both that belong to the input block.

use rayon::prelude::*;

use super::ConvEngine;
use super::block::{Activation, BackwardBuffers, BlockState, Normed, UpstreamGrad};
use super::geometry::{MAX_UNITS, unit_images};
use super::head::HeadState;
use super::scratch::with_scratch;
use super::stem::StemGradient;
use crate::buffer::Buffer;
use crate::norm::group_moments;

/// What a training pass keeps for its backward pass, and the buffers of both.
#[derive(Debug)]
pub(super) struct Training {
    pub(super) batch: usize,
    /// Depths that ran in the last pass.
    pub(super) n_depths: usize,
    /// Of the last training pass.
    pub(super) params: Vec<f32>,
    pub(super) input: Vec<f32>,
    pub(super) activations: Vec<Activation>,
    pub(super) states: Vec<BlockState>,
    pub(super) heads: Vec<HeadState>,
    pub(super) moments: Buffer,
    pub(super) gradient: Buffer,
    pub(super) buffers: Option<BackwardBuffers>,
    stem_partials: Vec<StemGradient>,
}

impl ConvEngine {
    pub(super) fn training(&self) -> Training {
        let n_depths = self.blocks.len() + 1;
        Training {
            batch: 0,
            n_depths: 1,
            params: vec![0.0; self.layout.n_params],
            input: Vec::new(),
            activations: vec![Activation::default(); n_depths],
            states: vec![BlockState::new(self.geometry); self.blocks.len()],
            heads: vec![self.head.state(); n_depths],
            moments: Buffer::default(),
            gradient: Buffer::default(),
            buffers: self.blocks.first().map(BackwardBuffers::new),
            stem_partials: vec![self.stem.gradient(); MAX_UNITS],
        }
    }

    /// Makes room for `batch` images and `n_depths` depths; smaller ones leave the larger ones' memory in place.
    pub(super) fn reserve(&self, training: &mut Training, batch: usize, n_depths: usize) {
        let g = self.geometry;
        (training.batch, training.n_depths) = (batch, n_depths);
        training.input.resize(batch * self.layout.config.image_len(), 0.0);
        for activation in &mut training.activations[..n_depths] {
            activation.reserve(g, batch);
        }
        for state in &mut training.states[..n_depths - 1] {
            state.reserve(g, batch);
        }
        for head in &mut training.heads[..n_depths] {
            self.head.reserve(head, batch);
        }
        training.moments.resize(batch * 2 * g.bottleneck_channels);
        training.gradient.resize(batch * g.trunk_len());
        training
            .buffers
            .iter_mut()
            .for_each(|buffers| buffers.reserve(g, batch));
    }

    pub(super) fn forward_stem(&self, training: &mut Training) {
        let (g, images) = (self.geometry, unit_images(training.batch));
        let image_len = self.layout.config.image_len();
        let Activation { values, moments } = &mut training.activations[0];
        let results = values
            .par_chunks_mut(images * g.trunk_len())
            .zip(moments.par_chunks_mut(images * 2 * g.channels));
        training
            .input
            .par_chunks(images * image_len)
            .zip(results)
            .for_each(|(input, (values, moments))| {
                with_scratch(g, self.stem.patch_len(), |scratch| {
                    let results = values
                        .chunks_exact_mut(g.trunk_len())
                        .zip(moments.chunks_exact_mut(2 * g.channels));
                    for (image, (values, moments)) in input.chunks_exact(image_len).zip(results) {
                        self.stem.gather(image, &mut scratch.patches);
                        self.stem.forward(self.isa, &scratch.patches, values);
                        group_moments(self.isa, values, moments);
                    }
                });
            });
    }

    pub(super) fn backward_stem(&self, training: &mut Training, d_params: &mut [f32]) {
        let (isa, g, images) = (self.isa, self.geometry, unit_images(training.batch));
        let image_len = self.layout.config.image_len();
        let upstream = UpstreamGrad {
            total: &mut training.gradient,
            of_head: &training.heads[0].d_pooled,
            above: training.states[..training.n_depths - 1]
                .first()
                .map(|state| Normed::new(&training.activations[0].values, &state.norms[0])),
        };
        let residual = training.buffers.as_ref().map_or(&[][..], |buffers| &buffers.trunk);
        training.stem_partials.iter_mut().for_each(StemGradient::clear);
        upstream
            .with_residual(residual)
            .units(g, images)
            .zip(training.input.par_chunks(images * image_len))
            .zip(&mut training.stem_partials)
            .for_each(|((upstream, input), partial)| {
                with_scratch(g, self.stem.patch_len(), |scratch| {
                    for (image, upstream) in input.chunks_exact(image_len).zip(upstream.images(g)) {
                        let total = upstream.complete(isa);
                        self.stem.gather(image, &mut scratch.patches);
                        self.stem.backward(isa, &scratch.patches, total, partial);
                    }
                });
            });
        for partial in &training.stem_partials {
            self.stem.accumulate_gradient(partial, &self.layout.stem, d_params);
        }
    }
}
