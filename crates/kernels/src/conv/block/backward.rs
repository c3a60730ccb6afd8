//! The way back through a block.

use rayon::prelude::*;

use super::{Activation, BlockState, BlockWeights, Pass};
use crate::NormRanges;
use crate::buffer::Buffer;
use crate::conv::filter::{Filter, Group};
use crate::conv::geometry::{Geometry, MAX_UNITS};
use crate::conv::layout::ConvBlockRanges;
use crate::conv::scratch::with_scratch;
use crate::linear::{Linear, LinearGradient};
use crate::norm::{Norm, affine_relu, affine_relu_padded, input_gradient, input_gradient_padded, relu_gradient};

/// Buffers of the way back, shared by all blocks.
#[derive(Debug)]
pub(in crate::conv) struct BackwardBuffers {
    /// Gradient with respect to the second or third convolution's normalised input.
    inner: Buffer,
    /// Gradient with respect to the first convolution's normalised input; its way through the batch norm is left to
    /// whoever reads it, since that needs `norms[0]`'s gradient means.
    pub(in crate::conv) outer: Buffer,
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
            inner: Buffer::default(),
            outer: Buffer::default(),
            sums: Buffer::default(),
            partials: vec![gradients; MAX_UNITS],
        }
    }

    /// Makes room for `batch` images.
    pub(in crate::conv) fn fit(&mut self, geometry: Geometry, batch: usize) {
        self.inner.resize(batch * geometry.inner_len());
        self.outer.resize(batch * geometry.outer_len());
        self.sums.resize(batch * 2 * geometry.outer.max(geometry.inner));
    }
}

impl Pass {
    /// Back: `gradient` is with respect to the block's output and complete; afterwards `buffers.outer` and `norms[0]` hold
    /// what has to be added to it for the block's input. Adds to `d_params`.
    pub(in crate::conv) fn backward(
        self,
        (weights, ranges): (&BlockWeights, &ConvBlockRanges),
        before: &Activation,
        state: &mut BlockState,
        gradient: &[f32],
        (buffers, d_params): (&mut BackwardBuffers, &mut [f32]),
    ) {
        let n_rows = self.batch * self.geometry.pixels();
        let BlockState {
            norms: [norm1, norm2, norm3],
            reduced,
            filtered,
        } = state;
        for partial in buffers.partials.as_flattened_mut() {
            partial.clear();
        }
        self.expand_back(&weights.conv3, (filtered, norm3), gradient, buffers);
        self.norm_gradient(norm3, &ranges.norm3, (buffers, n_rows), d_params);
        self.filter_back(&weights.conv2, [(reduced, norm2), (filtered, norm3)], buffers);
        self.norm_gradient(norm2, &ranges.norm2, (buffers, n_rows), d_params);
        self.reduce_back(&weights.conv1, [(&before.values, norm1), (reduced, norm2)], buffers);
        self.norm_gradient(norm1, &ranges.norm1, (buffers, n_rows), d_params);
        for [partial1, partial2, partial3] in &buffers.partials {
            weights.conv1.unload(partial1, &ranges.conv1, d_params);
            weights.conv2.unload(partial2, ranges, d_params);
            weights.conv3.unload(partial3, &ranges.conv3, d_params);
        }
    }

    fn norm_gradient(
        self,
        norm: &mut Norm,
        ranges: &NormRanges,
        (buffers, n_rows): (&BackwardBuffers, usize),
        d_params: &mut [f32],
    ) {
        let (weight, bias) = d_params[ranges.first.start..ranges.second.end].split_at_mut(ranges.first.len());
        norm.set_gradient_means(&buffers.sums[..self.batch * 2 * norm.mean.len()], n_rows, weight, bias);
    }

    fn expand_back(self, conv: &Linear, (x, norm): (&[f32], &Norm), d_y: &[f32], buffers: &mut BackwardBuffers) {
        let (isa, g) = (self.isa, self.geometry);
        let BackwardBuffers {
            inner, sums, partials, ..
        } = buffers;
        let sums = &mut sums[..self.batch * 2 * g.inner];
        let units = x
            .par_chunks(self.unit(g.inner_len()))
            .zip(d_y.par_chunks(self.unit(g.outer_len())));
        let results = inner
            .par_chunks_mut(self.unit(g.inner_len()))
            .zip(sums.par_chunks_mut(self.unit(2 * g.inner)));
        units
            .zip(results)
            .zip(partials)
            .for_each(|(((x, d_y), (d_x, sums)), [_, _, partial])| {
                with_scratch(g, 0, |scratch| {
                    let images = x.chunks_exact(g.inner_len()).zip(d_y.chunks_exact(g.outer_len()));
                    let results = d_x
                        .chunks_exact_mut(g.inner_len())
                        .zip(sums.chunks_exact_mut(2 * g.inner));
                    for ((x, d_y), (d_x, sums)) in images.zip(results) {
                        affine_relu(isa, x, norm, &mut scratch.inner[..g.inner_len()]);
                        conv.parameter_gradient(isa, &scratch.inner[..g.inner_len()], d_y, partial);
                        conv.input_gradient(isa, d_y, d_x);
                        relu_gradient(isa, d_x, x, norm, sums);
                    }
                });
            });
    }

    /// A bias ahead of a batch norm cannot change its output, so the gradients of the first two convolutions' biases are
    /// zero and are not computed.
    fn filter_back(self, conv: &Filter, [(x, norm), (y, norm_y)]: [(&[f32], &Norm); 2], buffers: &mut BackwardBuffers) {
        let (isa, g) = (self.isa, self.geometry);
        let inner = self.unit(g.inner_len());
        let sums = buffers.sums[..self.batch * 2 * g.inner].par_chunks_mut(self.unit(2 * g.inner));
        let units = x.par_chunks(inner).zip(y.par_chunks(inner));
        let results = buffers.inner.par_chunks_mut(inner).zip(sums);
        units
            .zip(results)
            .zip(&mut buffers.partials)
            .for_each(|(((x, y), (d, sums)), [_, partial, _])| {
                with_scratch(g, 0, |scratch| {
                    let [z, d_y] = &mut scratch.padded;
                    let mut group = Group {
                        isa,
                        geometry: g,
                        tiles: &mut scratch.tiles,
                    };
                    conv.begin_gradient(&mut group);
                    let groups = |len| g.group * len;
                    let images = x.chunks(groups(g.inner_len())).zip(y.chunks(groups(g.inner_len())));
                    let results = d
                        .chunks_mut(groups(g.inner_len()))
                        .zip(sums.chunks_mut(groups(2 * g.inner)));
                    for ((x, y), (d, sums)) in images.zip(results) {
                        let padded = z
                            .chunks_exact_mut(g.padded_len())
                            .zip(d_y.chunks_exact_mut(g.padded_len()));
                        let images = x
                            .chunks_exact(g.inner_len())
                            .zip(y.chunks_exact(g.inner_len()))
                            .zip(d.chunks_exact(g.inner_len()));
                        let mut n_images = 0;
                        for (((x, y), d), (z, d_y)) in images.zip(padded) {
                            affine_relu_padded(isa, x, norm, g.inner_rows(), z);
                            input_gradient_padded(isa, d, y, norm_y, g.inner_rows(), d_y);
                            n_images += 1;
                        }
                        let end = n_images * g.padded_len();
                        conv.backward(&mut group, (&z[..end], &d_y[..end]), d, partial);
                        let images = x.chunks_exact(g.inner_len()).zip(d.chunks_exact_mut(g.inner_len()));
                        for ((x, d), sums) in images.zip(sums.chunks_exact_mut(2 * g.inner)) {
                            relu_gradient(isa, d, x, norm, sums);
                        }
                    }
                    conv.end_gradient(&mut group, partial);
                });
            });
    }

    fn reduce_back(self, conv: &Linear, [(x, norm), (y, norm_y)]: [(&[f32], &Norm); 2], buffers: &mut BackwardBuffers) {
        let (isa, g) = (self.isa, self.geometry);
        let (outer, inner) = (self.unit(g.outer_len()), self.unit(g.inner_len()));
        let sums = buffers.sums[..self.batch * 2 * g.outer].par_chunks_mut(self.unit(2 * g.outer));
        let units = x.par_chunks(outer).zip(y.par_chunks(inner));
        let results = buffers
            .inner
            .par_chunks(inner)
            .zip(buffers.outer.par_chunks_mut(outer).zip(sums));
        units
            .zip(results)
            .zip(&mut buffers.partials)
            .for_each(|(((x, y), (d_y, (d_x, sums))), [partial, _, _])| {
                with_scratch(g, 0, |scratch| {
                    let images = x.chunks_exact(g.outer_len()).zip(y.chunks_exact(g.inner_len()));
                    let results = d_y.chunks_exact(g.inner_len()).zip(d_x.chunks_exact_mut(g.outer_len()));
                    for (((x, y), (d_y, d_x)), sums) in images.zip(results).zip(sums.chunks_exact_mut(2 * g.outer)) {
                        affine_relu(isa, x, norm, &mut scratch.outer);
                        input_gradient(isa, d_y, y, norm_y, &mut scratch.inner[..g.inner_len()]);
                        let d_y = &scratch.inner[..g.inner_len()];
                        conv.weight_gradient(isa, &scratch.outer, d_y, partial);
                        conv.input_gradient(isa, d_y, d_x);
                        relu_gradient(isa, d_x, x, norm, sums);
                    }
                });
            });
    }
}
