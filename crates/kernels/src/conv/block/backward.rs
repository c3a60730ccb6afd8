//! The backward pass through a block.

use rayon::prelude::*;

use super::state::{Activation, BlockPass, BlockState, Normed};
use super::upstream::UpstreamGrad;
use super::weights::BlockWeights;
use crate::buffer::Buffer;
use crate::conv::filter::Group;
use crate::conv::geometry::{Geometry, MAX_UNITS, unit_images};
use crate::conv::scratch::with_scratch;
use crate::layout::NormRanges;
use crate::linalg::Start;
use crate::linear::{Linear, LinearGradient};
use crate::norm::{Norm, affine_relu, affine_relu_padded, input_gradient, input_gradient_padded, relu_gradient};
use crate::simd::{IsaCtx, Prefetch, chunk};

/// Buffers of the backward pass, shared by all blocks.
#[derive(Debug)]
pub(crate) struct BackwardBuffers {
    /// Gradient with respect to the second or third convolution's normalized input.
    bottleneck: Buffer,
    /// Gradient with respect to the first convolution's normalized input; its way through the batch norm is left to
    /// whoever reads it, since that needs `norms[0]`'s gradient means.
    pub(crate) trunk: Buffer,
    sums: Buffer,
    partials: Vec<[LinearGradient; 3]>,
}

impl BackwardBuffers {
    pub(crate) fn new(weights: &BlockWeights) -> Self {
        let gradients = [&weights.conv1, &weights.conv2.linear, &weights.conv3].map(Linear::gradient);
        Self {
            bottleneck: Buffer::default(),
            trunk: Buffer::default(),
            sums: Buffer::default(),
            partials: vec![gradients; MAX_UNITS],
        }
    }

    /// Makes room for `batch` images.
    pub(crate) fn reserve(&mut self, geometry: Geometry, batch: usize) {
        self.bottleneck.resize(batch * geometry.bottleneck_len());
        self.trunk.resize(batch * geometry.trunk_len());
        self.sums
            .resize(batch * 2 * geometry.channels.max(geometry.bottleneck_channels));
    }
}

impl BlockPass<'_> {
    /// Completes `upstream`; afterwards `buffers.trunk` and `norms[0]` hold what has to be added to it for the block's input. Adds
    /// to `d_params`.
    pub(crate) fn backward(
        self,
        before: &Activation,
        state: &mut BlockState,
        upstream: UpstreamGrad<'_>,
        buffers: &mut BackwardBuffers,
        d_params: &mut [f32],
    ) {
        let (weights, ranges) = (self.weights, self.ranges);
        let BlockState {
            norms: [norm1, norm2, norm3],
            reduced,
            filtered,
        } = state;
        for partial in buffers.partials.as_flattened_mut() {
            partial.clear();
        }
        self.expand_backward(Normed::new(filtered, norm3), upstream, buffers);
        self.norm_gradient(norm3, &ranges.norm3, &buffers.sums, d_params);
        let (input, output) = (Normed::new(reduced, norm2), Normed::new(filtered, norm3));
        self.filter_backward(input, output, buffers);
        self.norm_gradient(norm2, &ranges.norm2, &buffers.sums, d_params);
        let (input, output) = (Normed::new(&before.values, norm1), Normed::new(reduced, norm2));
        self.reduce_backward(input, output, buffers);
        self.norm_gradient(norm1, &ranges.norm1, &buffers.sums, d_params);
        for [partial1, partial2, partial3] in &buffers.partials {
            weights.conv1.accumulate_gradient(partial1, &ranges.conv1, d_params);
            let conv2 = &weights.conv2.linear;
            conv2.accumulate_gradient(partial2, &ranges.conv2, d_params);
            weights.conv3.accumulate_gradient(partial3, &ranges.conv3, d_params);
        }
    }

    fn norm_gradient(self, norm: &mut Norm, ranges: &NormRanges, sums: &[f32], d_params: &mut [f32]) {
        let n_rows = self.batch * self.geometry.pixels();
        let [scale, shift] = ranges.split_mut(d_params);
        norm.set_gradient_means(&sums[..self.batch * 2 * norm.width()], n_rows, scale, shift);
    }

    fn expand_backward(self, input: Normed<'_>, upstream: UpstreamGrad<'_>, buffers: &mut BackwardBuffers) {
        let (isa, g, conv) = (self.isa, self.geometry, &self.weights.conv3);
        let (len, trunk_len, n_sums) = (g.bottleneck_len(), g.trunk_len(), 2 * g.bottleneck_channels);
        let sums = buffers.sums[..self.batch * n_sums].par_chunks_mut(self.unit(n_sums));
        let through_above = &buffers.trunk;
        UpstreamGrad {
            through_above,
            ..upstream
        }
        .units(g, unit_images(self.batch))
        .zip(buffers.bottleneck.par_chunks_mut(self.unit(len)).zip(sums))
        .zip(&mut buffers.partials)
        .enumerate()
        .for_each(|(unit, ((upstream, (d_x, sums)), [_, _, partial]))| {
            let Normed { x, norm } = input.chunk(unit, self.unit(len));
            let [d_above, x_above] = upstream.arrays_above();
            let results = d_x.chunks_exact_mut(len).zip(sums.chunks_exact_mut(n_sums));
            with_scratch(g, 0, |scratch| {
                let z = &mut scratch.bottleneck[..len];
                for (image, (upstream, (d_x, sums))) in upstream.images(g).zip(results).enumerate() {
                    let next = [(x, len), (d_above, trunk_len), (x_above, trunk_len)];
                    let prefetch = Prefetch::chunks(image + 1, next);
                    let ctx = IsaCtx::new(isa, &prefetch);
                    let x = chunk(x, image, len);
                    let total = upstream.complete(isa);
                    affine_relu(isa, x, norm, z);
                    conv.parameter_gradient(ctx, z, total, partial);
                    conv.input_gradient(ctx, total, Start::Zero, d_x);
                    relu_gradient(isa, d_x, x, norm, sums);
                }
            });
        });
    }

    /// A bias ahead of a batch norm cannot change its output, so the gradients of the first two convolutions' biases are
    /// zero and are not computed.
    fn filter_backward(self, input: Normed<'_>, output: Normed<'_>, buffers: &mut BackwardBuffers) {
        let (isa, g, conv) = (self.isa, self.geometry, &self.weights.conv2);
        let (len, n_sums) = (g.bottleneck_len(), 2 * g.bottleneck_channels);
        let group_len = g.group * len;
        let sums = buffers.sums[..self.batch * n_sums].par_chunks_mut(self.unit(n_sums));
        buffers
            .bottleneck
            .par_chunks_mut(self.unit(len))
            .zip(sums)
            .zip(&mut buffers.partials)
            .enumerate()
            .for_each(|(unit, ((d_x, sums), [_, partial, _]))| {
                let Normed { x, norm } = input.chunk(unit, self.unit(len));
                let Normed { x: y, norm: norm_y } = output.chunk(unit, self.unit(len));
                let results = d_x.chunks_mut(group_len).zip(sums.chunks_mut(g.group * n_sums));
                with_scratch(g, 0, |scratch| {
                    let [z, d_y] = &mut scratch.padded;
                    conv.begin_gradient(&mut scratch.tiles);
                    for (index, (d, sums)) in results.enumerate() {
                        let prefetch = Prefetch::chunks(index + 1, [(x, group_len), (y, group_len)]);
                        let [x, y] = [x, y].map(|values| chunk(values, index, group_len));
                        let padded_len = x.len() / len * g.padded_len();
                        let (z, d_y) = (&mut z[..padded_len], &mut d_y[..padded_len]);
                        let padded = z
                            .chunks_exact_mut(g.padded_len())
                            .zip(d_y.chunks_exact_mut(g.padded_len()));
                        let images = x.chunks_exact(len).zip(y.chunks_exact(len)).zip(d.chunks_exact(len));
                        for (((x, y), d), (z, d_y)) in images.zip(padded) {
                            affine_relu_padded(isa, x, norm, g.bottleneck_rows(), z);
                            input_gradient_padded(isa, d, y, norm_y, g.bottleneck_rows(), d_y);
                        }
                        let mut group = Group::new(IsaCtx::new(isa, &prefetch), g, &mut scratch.tiles);
                        conv.backward(&mut group, z, d_y, d, partial);
                        let images = x.chunks_exact(len).zip(d.chunks_exact_mut(len));
                        for ((x, d), sums) in images.zip(sums.chunks_exact_mut(n_sums)) {
                            relu_gradient(isa, d, x, norm, sums);
                        }
                    }
                    conv.end_gradient(isa, &scratch.tiles, partial);
                });
            });
    }

    fn reduce_backward(self, input: Normed<'_>, output: Normed<'_>, buffers: &mut BackwardBuffers) {
        let (isa, g, conv) = (self.isa, self.geometry, &self.weights.conv1);
        let (trunk_len, bottleneck_len, n_sums) = (g.trunk_len(), g.bottleneck_len(), 2 * g.channels);
        let sums = buffers.sums[..self.batch * n_sums].par_chunks_mut(self.unit(n_sums));
        buffers
            .bottleneck
            .par_chunks(self.unit(bottleneck_len))
            .zip(buffers.trunk.par_chunks_mut(self.unit(trunk_len)).zip(sums))
            .zip(&mut buffers.partials)
            .enumerate()
            .for_each(|(unit, ((d_y, (d_x, sums)), [partial, _, _]))| {
                let Normed { x, norm } = input.chunk(unit, self.unit(trunk_len));
                let Normed { x: y, norm: norm_y } = output.chunk(unit, self.unit(bottleneck_len));
                let results = d_x.chunks_exact_mut(trunk_len).zip(sums.chunks_exact_mut(n_sums));
                with_scratch(g, 0, |scratch| {
                    let through_norm = &mut scratch.bottleneck[..bottleneck_len];
                    for (image, (d_x, sums)) in results.enumerate() {
                        let next = [(x, trunk_len), (y, bottleneck_len), (d_y, bottleneck_len)];
                        let prefetch = Prefetch::chunks(image + 1, next);
                        let ctx = IsaCtx::new(isa, &prefetch);
                        let x = chunk(x, image, trunk_len);
                        let [y, d_y] = [y, d_y].map(|values| chunk(values, image, bottleneck_len));
                        affine_relu(isa, x, norm, &mut scratch.trunk);
                        input_gradient(isa, d_y, y, norm_y, through_norm);
                        conv.weight_gradient(ctx, &scratch.trunk, through_norm, partial);
                        conv.input_gradient(ctx, through_norm, Start::Zero, d_x);
                        relu_gradient(isa, d_x, x, norm, sums);
                    }
                });
            });
    }
}
