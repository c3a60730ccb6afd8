//! The training pass and its backward pass through the whole network, and their buffers.

use rayon::prelude::*;

use super::block::{Activation, BackwardBuffers, BlockState, Normed, UpstreamGrad};
use super::geometry::{MAX_UNITS, unit_images};
use super::head::HeadState;
use super::network::Network;
use super::scratch::with_scratch;
use super::stem::StemGradient;
use crate::buffer::Buffer;
use crate::norm::group_moments;

/// What a training pass keeps for its backward pass, and the buffers of both.
#[derive(Debug)]
pub(super) struct Training {
    batch: usize,
    /// Depths that ran in the last pass.
    n_depths: usize,
    /// Of the last training pass.
    params: Vec<f32>,
    input: Vec<f32>,
    activations: Vec<Activation>,
    states: Vec<BlockState>,
    heads: Vec<HeadState>,
    moments: Buffer,
    gradient: Buffer,
    /// `None` if there are no blocks.
    buffers: Option<BackwardBuffers>,
    stem_partials: Vec<StemGradient>,
}

impl Training {
    pub(super) fn new(network: &Network) -> Self {
        let n_depths = network.blocks.len() + 1;
        Self {
            batch: 0,
            n_depths: 1,
            params: vec![0.0; network.layout.n_params],
            input: Vec::new(),
            activations: vec![Activation::default(); n_depths],
            states: vec![BlockState::new(network.geometry); network.blocks.len()],
            heads: vec![network.head.state(); n_depths],
            moments: Buffer::default(),
            gradient: Buffer::default(),
            buffers: network.blocks.first().map(BackwardBuffers::new),
            stem_partials: vec![network.stem.gradient(); MAX_UNITS],
        }
    }

    pub(super) fn batch(&self) -> usize {
        self.batch
    }

    pub(super) fn n_depths(&self) -> usize {
        self.n_depths
    }

    pub(super) fn params(&self) -> &[f32] {
        &self.params
    }

    /// Makes room for `batch` images and `n_depths` depths; smaller ones leave the larger ones' memory in place.
    pub(super) fn reserve(&mut self, network: &Network, batch: usize, n_depths: usize) {
        let g = network.geometry;
        (self.batch, self.n_depths) = (batch, n_depths);
        self.input.resize(batch * network.layout.config.image_len(), 0.0);
        for activation in &mut self.activations[..n_depths] {
            activation.reserve(g, batch);
        }
        for state in &mut self.states[..n_depths - 1] {
            state.reserve(g, batch);
        }
        for head in &mut self.heads[..n_depths] {
            network.head.reserve(head, batch);
        }
        self.moments.resize(batch * 2 * g.bottleneck_channels);
        self.gradient.resize(batch * g.trunk_len());
        self.buffers.iter_mut().for_each(|buffers| buffers.reserve(g, batch));
    }

    /// Logits of the depths that there is room for, and the statistics of the batch.
    pub(super) fn forward(
        &mut self,
        network: &Network,
        params: &[f32],
        input: &[f32],
        statistics: &mut [f32],
        logits: &mut [f32],
    ) {
        self.params.copy_from_slice(params);
        self.input.copy_from_slice(input);
        self.forward_stem(network);
        for index in 0..self.n_depths - 1 {
            let (before, after) = self.activations.split_at_mut(index + 1);
            let (before, after, state) = (&before[index], &mut after[0], &mut self.states[index]);
            let pass = network.pass(index, self.batch);
            pass.forward(params, before, state, after, &mut self.moments);
            state.store_statistics(&network.layout.block_statistics[index], statistics);
        }
        let channels = network.geometry.channels;
        let heads = &mut self.heads[..self.n_depths];
        for (head, activation) in heads.iter_mut().zip(&self.activations) {
            let moments = activation.moments.chunks_exact(2 * channels);
            for (pooled, moments) in head.pooled.chunks_exact_mut(channels).zip(moments) {
                pooled.copy_from_slice(&moments[..channels]);
            }
        }
        let (isa, layout) = (network.isa, &network.layout);
        network
            .head
            .forward_train(isa, layout, params, heads, statistics, logits);
    }

    fn forward_stem(&mut self, network: &Network) {
        let (g, stem, images) = (network.geometry, &network.stem, unit_images(self.batch));
        let Activation { values, moments } = &mut self.activations[0];
        let results = values
            .par_chunks_mut(images * g.trunk_len())
            .zip(moments.par_chunks_mut(images * 2 * g.channels));
        self.input
            .par_chunks(images * stem.image_len())
            .zip(results)
            .for_each(|(input, (values, moments))| {
                with_scratch(g, stem.patch_len(), |scratch| {
                    let results = values
                        .chunks_exact_mut(g.trunk_len())
                        .zip(moments.chunks_exact_mut(2 * g.channels));
                    for (image, (values, moments)) in input.chunks_exact(stem.image_len()).zip(results) {
                        stem.gather(image, &mut scratch.patches);
                        stem.forward(network.isa, &scratch.patches, values);
                        group_moments(network.isa, values, moments);
                    }
                });
            });
    }

    /// Adds to `d_params` what `d_logits` gives.
    pub(super) fn backward(&mut self, network: &Network, d_logits: &[f32], d_params: &mut [f32]) {
        let n_blocks = self.n_depths - 1;
        let (isa, layout, n_pixels) = (network.isa, &network.layout, network.geometry.pixels());
        let heads = &mut self.heads[..=n_blocks];
        network.head.backward(isa, layout, heads, d_logits, n_pixels, d_params);
        self.gradient.fill(0.0);
        for index in (0..n_blocks).rev() {
            let (states, above) = self.states[..n_blocks].split_at_mut(index + 1);
            let upstream = UpstreamGrad {
                total: &mut self.gradient,
                of_head: &self.heads[index + 1].d_pooled,
                above: above
                    .first()
                    .map(|state| Normed::new(&self.activations[index + 1].values, &state.norms[0])),
                through_above: &[],
            };
            let buffers = self.buffers.as_mut().expect("made with the states");
            let (before, state) = (&self.activations[index], &mut states[index]);
            let pass = network.pass(index, self.batch);
            pass.backward(before, state, upstream, buffers, d_params);
        }
        self.backward_stem(network, d_params);
    }

    fn backward_stem(&mut self, network: &Network, d_params: &mut [f32]) {
        let (g, stem, images) = (network.geometry, &network.stem, unit_images(self.batch));
        let states = &self.states[..self.n_depths - 1];
        let upstream = UpstreamGrad {
            total: &mut self.gradient,
            of_head: &self.heads[0].d_pooled,
            above: states
                .first()
                .map(|state| Normed::new(&self.activations[0].values, &state.norms[0])),
            through_above: self.buffers.as_ref().map_or(&[], |buffers| &buffers.trunk),
        };
        self.stem_partials.iter_mut().for_each(StemGradient::clear);
        upstream
            .units(g, images)
            .zip(self.input.par_chunks(images * stem.image_len()))
            .zip(&mut self.stem_partials)
            .for_each(|((upstream, input), partial)| {
                with_scratch(g, stem.patch_len(), |scratch| {
                    for (image, upstream) in input.chunks_exact(stem.image_len()).zip(upstream.images(g)) {
                        let total = upstream.complete(network.isa);
                        stem.gather(image, &mut scratch.patches);
                        stem.backward(network.isa, &scratch.patches, total, partial);
                    }
                });
            });
        for partial in &self.stem_partials {
            stem.accumulate_gradient(partial, &network.layout.stem, d_params);
        }
    }
}
