//! The backward pass through a block.

use rayon::prelude::*;

use super::upstream::UpstreamImages;
use super::{Activation, BlockPass, BlockState, BlockWeights, Normed, UpstreamGrad};
use crate::buffer::Buffer;
use crate::conv::filter::{Filter, Group};
use crate::conv::geometry::{Geometry, MAX_UNITS, unit_images};
use crate::conv::scratch::with_scratch;
use crate::layout::{ConvBlockRanges, NormRanges};
use crate::linear::{Linear, LinearGradient};
use crate::norm::{Norm, affine_relu, affine_relu_padded, input_gradient, input_gradient_padded, relu_gradient};
use crate::simd::{IsaCtx, Prefetch, chunk};

/// Buffers of the backward pass, shared by all blocks.
#[derive(Debug)]
pub(in crate::conv) struct BackwardBuffers {
    /// Gradient with respect to the second or third convolution's normalized input.
    bottleneck: Buffer,
    /// Gradient with respect to the first convolution's normalized input; its way through the batch norm is left to
    /// whoever reads it, since that needs `norms[0]`'s gradient means.
    pub(in crate::conv) trunk: Buffer,
    sums: Buffer,
    partials: Vec<[LinearGradient; 3]>,
}

impl BackwardBuffers {
    pub(in crate::conv) fn new(weights: &BlockWeights) -> Self {
        let gradients = [
            weights.conv1.gradient(),
            weights.conv2.gradient(),
            weights.conv3.gradient(),
        ];
        Self {
            bottleneck: Buffer::default(),
            trunk: Buffer::default(),
            sums: Buffer::default(),
            partials: vec![gradients; MAX_UNITS],
        }
    }

    /// Makes room for `batch` images.
    pub(in crate::conv) fn reserve(&mut self, geometry: Geometry, batch: usize) {
        self.bottleneck.resize(batch * geometry.bottleneck_len());
        self.trunk.resize(batch * geometry.trunk_len());
        self.sums
            .resize(batch * 2 * geometry.channels.max(geometry.bottleneck_channels));
    }
}

/// What a pass makes of some images beside the gradient that it was given.
#[derive(Debug)]
struct UnitGradient<'a> {
    /// With respect to its input ahead of the batch norm's affine map.
    d_x: &'a mut [f32],
    /// Sums for the batch norm's gradient, `[groups, 2, channels]`.
    sums: &'a mut [f32],
    /// Of the convolution's parameters.
    partial: &'a mut LinearGradient,
}

impl BlockPass {
    /// Completes `upstream`; afterwards `buffers.trunk` and `norms[0]` hold what has to be added to it for the block's input. Adds
    /// to `d_params`.
    pub(in crate::conv) fn backward(
        self,
        (weights, ranges): (&BlockWeights, &ConvBlockRanges),
        before: &Activation,
        state: &mut BlockState,
        upstream: UpstreamGrad<'_>,
        (buffers, d_params): (&mut BackwardBuffers, &mut [f32]),
    ) {
        let BlockState {
            norms: [norm1, norm2, norm3],
            reduced,
            filtered,
        } = state;
        for partial in buffers.partials.as_flattened_mut() {
            partial.clear();
        }
        self.expand_backward(&weights.conv3, Normed::new(filtered, norm3), upstream, buffers);
        self.norm_gradient(norm3, &ranges.norm3, &buffers.sums, d_params);
        let (input, output) = (Normed::new(reduced, norm2), Normed::new(filtered, norm3));
        self.filter_backward(&weights.conv2, input, output, buffers);
        self.norm_gradient(norm2, &ranges.norm2, &buffers.sums, d_params);
        let (input, output) = (Normed::new(&before.values, norm1), Normed::new(reduced, norm2));
        self.reduce_backward(&weights.conv1, input, output, buffers);
        self.norm_gradient(norm1, &ranges.norm1, &buffers.sums, d_params);
        for [partial1, partial2, partial3] in &buffers.partials {
            weights.conv1.accumulate_gradient(partial1, &ranges.conv1, d_params);
            weights.conv2.accumulate_gradient(partial2, ranges, d_params);
            weights.conv3.accumulate_gradient(partial3, &ranges.conv3, d_params);
        }
    }

    fn norm_gradient(self, norm: &mut Norm, ranges: &NormRanges, sums: &[f32], d_params: &mut [f32]) {
        let n_rows = self.batch * self.geometry.pixels();
        let (weight, bias) = d_params[ranges.scale.start..ranges.shift.end].split_at_mut(ranges.scale.len());
        norm.set_gradient_means(&sums[..self.batch * 2 * norm.width()], n_rows, weight, bias);
    }

    fn expand_backward(
        self,
        conv: &Linear,
        input: Normed<'_>,
        upstream: UpstreamGrad<'_>,
        buffers: &mut BackwardBuffers,
    ) {
        let g = self.geometry;
        let unit_len = self.unit(g.bottleneck_len());
        let sums =
            buffers.sums[..self.batch * 2 * g.bottleneck_channels].par_chunks_mut(self.unit(2 * g.bottleneck_channels));
        upstream
            .with_residual(&buffers.trunk)
            .units(g, unit_images(self.batch))
            .zip(buffers.bottleneck.par_chunks_mut(unit_len).zip(sums))
            .zip(&mut buffers.partials)
            .enumerate()
            .for_each(|(unit, ((upstream, (d_x, sums)), [_, _, partial]))| {
                let gradient = UnitGradient { d_x, sums, partial };
                self.expand_backward_unit(conv, input.chunk(unit, unit_len), upstream, gradient);
            });
    }

    fn expand_backward_unit(
        self,
        conv: &Linear,
        Normed { x, norm }: Normed<'_>,
        upstream: UpstreamImages<'_>,
        UnitGradient { d_x, sums, partial }: UnitGradient<'_>,
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let [d_above, x_above] = upstream.residual_arrays();
        let results = d_x
            .chunks_exact_mut(g.bottleneck_len())
            .zip(sums.chunks_exact_mut(2 * g.bottleneck_channels));
        with_scratch(g, 0, |scratch| {
            let z = &mut scratch.bottleneck[..g.bottleneck_len()];
            for (image, (upstream, (d_x, sums))) in upstream.images(g).zip(results).enumerate() {
                let prefetch = Prefetch::chunks(
                    image + 1,
                    [
                        (x, g.bottleneck_len()),
                        (d_above, g.trunk_len()),
                        (x_above, g.trunk_len()),
                    ],
                );
                let ctx = IsaCtx {
                    isa,
                    prefetch: Some(&prefetch),
                };
                let x = chunk(x, image, g.bottleneck_len());
                let total = upstream.complete(isa);
                affine_relu(isa, x, norm, z);
                conv.parameter_gradient(ctx, z, total, partial);
                conv.input_gradient(ctx, total, d_x);
                relu_gradient(isa, d_x, x, norm, sums);
            }
        });
    }

    /// A bias ahead of a batch norm cannot change its output, so the gradients of the first two convolutions' biases are
    /// zero and are not computed.
    fn filter_backward(self, conv: &Filter, input: Normed<'_>, output: Normed<'_>, buffers: &mut BackwardBuffers) {
        let g = self.geometry;
        let unit_len = self.unit(g.bottleneck_len());
        let sums =
            buffers.sums[..self.batch * 2 * g.bottleneck_channels].par_chunks_mut(self.unit(2 * g.bottleneck_channels));
        buffers
            .bottleneck
            .par_chunks_mut(unit_len)
            .zip(sums)
            .zip(&mut buffers.partials)
            .enumerate()
            .for_each(|(unit, ((d_x, sums), [_, partial, _]))| {
                let [input, output] = [input, output].map(|values| values.chunk(unit, unit_len));
                self.filter_backward_unit(conv, input, output, UnitGradient { d_x, sums, partial });
            });
    }

    fn filter_backward_unit(
        self,
        conv: &Filter,
        Normed { x, norm }: Normed<'_>,
        Normed { x: y, norm: norm_y }: Normed<'_>,
        UnitGradient { d_x, sums, partial }: UnitGradient<'_>,
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let group_len = g.group * g.bottleneck_len();
        let results = d_x
            .chunks_mut(group_len)
            .zip(sums.chunks_mut(g.group * 2 * g.bottleneck_channels));
        with_scratch(g, 0, |scratch| {
            let [z, d_y] = &mut scratch.padded;
            conv.begin_gradient(&mut scratch.tiles);
            for (index, (d, sums)) in results.enumerate() {
                let prefetch = Prefetch::chunks(index + 1, [(x, group_len), (y, group_len)]);
                let [x, y] = [x, y].map(|values| chunk(values, index, group_len));
                let padded_len = x.len() / g.bottleneck_len() * g.padded_len();
                let (z, d_y) = (&mut z[..padded_len], &mut d_y[..padded_len]);
                let images = x
                    .chunks_exact(g.bottleneck_len())
                    .zip(y.chunks_exact(g.bottleneck_len()))
                    .zip(d.chunks_exact(g.bottleneck_len()));
                let padded = z
                    .chunks_exact_mut(g.padded_len())
                    .zip(d_y.chunks_exact_mut(g.padded_len()));
                for (((x, y), d), (z, d_y)) in images.zip(padded) {
                    affine_relu_padded(isa, x, norm, g.bottleneck_rows(), z);
                    input_gradient_padded(isa, d, y, norm_y, g.bottleneck_rows(), d_y);
                }
                let ctx = IsaCtx {
                    isa,
                    prefetch: Some(&prefetch),
                };
                let mut group = Group::new(ctx, g, &mut scratch.tiles);
                conv.backward(&mut group, (z, d_y), d, partial);
                let images = x
                    .chunks_exact(g.bottleneck_len())
                    .zip(d.chunks_exact_mut(g.bottleneck_len()));
                for ((x, d), sums) in images.zip(sums.chunks_exact_mut(2 * g.bottleneck_channels)) {
                    relu_gradient(isa, d, x, norm, sums);
                }
            }
            conv.end_gradient(isa, &scratch.tiles, partial);
        });
    }

    fn reduce_backward(self, conv: &Linear, input: Normed<'_>, output: Normed<'_>, buffers: &mut BackwardBuffers) {
        let g = self.geometry;
        let (trunk, bottleneck) = (self.unit(g.trunk_len()), self.unit(g.bottleneck_len()));
        let sums = buffers.sums[..self.batch * 2 * g.channels].par_chunks_mut(self.unit(2 * g.channels));
        buffers
            .bottleneck
            .par_chunks(bottleneck)
            .zip(buffers.trunk.par_chunks_mut(trunk).zip(sums))
            .zip(&mut buffers.partials)
            .enumerate()
            .for_each(|(unit, ((d_y, (d_x, sums)), [partial, _, _]))| {
                let (input, output) = (input.chunk(unit, trunk), output.chunk(unit, bottleneck));
                self.reduce_backward_unit(conv, input, output, d_y, UnitGradient { d_x, sums, partial });
            });
    }

    fn reduce_backward_unit(
        self,
        conv: &Linear,
        Normed { x, norm }: Normed<'_>,
        Normed { x: y, norm: norm_y }: Normed<'_>,
        d_y: &[f32],
        UnitGradient { d_x, sums, partial }: UnitGradient<'_>,
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let results = d_x
            .chunks_exact_mut(g.trunk_len())
            .zip(sums.chunks_exact_mut(2 * g.channels));
        with_scratch(g, 0, |scratch| {
            let through_norm = &mut scratch.bottleneck[..g.bottleneck_len()];
            for (image, (d_x, sums)) in results.enumerate() {
                let prefetch = Prefetch::chunks(
                    image + 1,
                    [(x, g.trunk_len()), (y, g.bottleneck_len()), (d_y, g.bottleneck_len())],
                );
                let ctx = IsaCtx {
                    isa,
                    prefetch: Some(&prefetch),
                };
                let x = chunk(x, image, g.trunk_len());
                let [y, d_y] = [y, d_y].map(|values| chunk(values, image, g.bottleneck_len()));
                affine_relu(isa, x, norm, &mut scratch.trunk);
                input_gradient(isa, d_y, y, norm_y, through_norm);
                conv.weight_gradient(ctx, &scratch.trunk, through_norm, partial);
                conv.input_gradient(ctx, through_norm, d_x);
                relu_gradient(isa, d_x, x, norm, sums);
            }
        });
    }
}
