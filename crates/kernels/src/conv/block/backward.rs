//! The way back through a block.

use rayon::prelude::*;

use super::{Above, Activation, BlockState, BlockWeights, Incoming, Pass};
use crate::NormRanges;
use crate::buffer::Buffer;
use crate::conv::filter::{Filter, Group};
use crate::conv::geometry::{Geometry, MAX_UNITS};
use crate::conv::layout::ConvBlockRanges;
use crate::conv::scratch::with_scratch;
use crate::linear::{Linear, LinearGradient};
use crate::norm::{Norm, affine_relu, affine_relu_padded, input_gradient, input_gradient_padded, relu_gradient};
use crate::simd::{Ahead, Core, chunk};

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
    /// Back: completes `incoming`; afterwards `buffers.outer` and `norms[0]` hold what has to be added to it for the block's
    /// input. Adds to `d_params`.
    pub(in crate::conv) fn backward(
        self,
        (weights, ranges): (&BlockWeights, &ConvBlockRanges),
        before: &Activation,
        state: &mut BlockState,
        incoming: Incoming<'_>,
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
        self.expand_back(&weights.conv3, (filtered, norm3), incoming, buffers);
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
        norm.set_gradient_means(&buffers.sums[..self.batch * 2 * norm.width()], n_rows, weight, bias);
    }

    fn expand_back(
        self,
        conv: &Linear,
        (x, norm): (&[f32], &Norm),
        incoming: Incoming<'_>,
        buffers: &mut BackwardBuffers,
    ) {
        let g = self.geometry;
        let (outer, inner) = (self.unit(g.outer_len()), self.unit(g.inner_len()));
        let sums = buffers.sums[..self.batch * 2 * g.inner].par_chunks_mut(self.unit(2 * g.inner));
        let above = Above::of(incoming.above, &buffers.outer);
        let totals = incoming
            .total
            .par_chunks_mut(outer)
            .zip(incoming.of_head.par_chunks(self.unit(g.outer)));
        totals
            .zip(x.par_chunks(inner))
            .zip(buffers.inner.par_chunks_mut(inner).zip(sums))
            .zip(&mut buffers.partials)
            .enumerate()
            .for_each(|(unit, ((((total, of_head), x), (d_x, sums)), [_, _, partial]))| {
                let above = above.map(|above| above.chunk(unit, outer));
                self.expand_back_unit(conv, (x, norm), (total, of_head, above), (d_x, sums, partial));
            });
    }

    fn expand_back_unit(
        self,
        conv: &Linear,
        (x, norm): (&[f32], &Norm),
        (total, of_head, above): (&mut [f32], &[f32], Option<Above<'_>>),
        (d_x, sums, partial): (&mut [f32], &mut [f32], &mut LinearGradient),
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let totals = total.chunks_exact_mut(g.outer_len()).zip(of_head.chunks_exact(g.outer));
        let results = d_x
            .chunks_exact_mut(g.inner_len())
            .zip(sums.chunks_exact_mut(2 * g.inner));
        with_scratch(g, 0, |scratch| {
            let z = &mut scratch.inner[..g.inner_len()];
            for (image, ((total, of_head), (d_x, sums))) in totals.zip(results).enumerate() {
                let [d_above, x_above] = Above::ahead(above);
                let ahead = Ahead::chunks(
                    image + 1,
                    [(x, g.inner_len()), (d_above, g.outer_len()), (x_above, g.outer_len())],
                );
                let core = Core {
                    isa,
                    ahead: Some(&ahead),
                };
                let x = chunk(x, image, g.inner_len());
                let above = above.map(|above| above.chunk(image, g.outer_len()));
                Above::complete(above, isa, total, of_head);
                affine_relu(isa, x, norm, z);
                conv.parameter_gradient(core, z, total, partial);
                conv.input_gradient(core, total, d_x);
                relu_gradient(isa, d_x, x, norm, sums);
            }
        });
    }

    /// A bias ahead of a batch norm cannot change its output, so the gradients of the first two convolutions' biases are
    /// zero and are not computed.
    fn filter_back(self, conv: &Filter, [(x, norm), (y, norm_y)]: [(&[f32], &Norm); 2], buffers: &mut BackwardBuffers) {
        let g = self.geometry;
        let inner = self.unit(g.inner_len());
        let sums = buffers.sums[..self.batch * 2 * g.inner].par_chunks_mut(self.unit(2 * g.inner));
        let units = x.par_chunks(inner).zip(y.par_chunks(inner));
        units
            .zip(buffers.inner.par_chunks_mut(inner).zip(sums))
            .zip(&mut buffers.partials)
            .for_each(|(((x, y), (d, sums)), [_, partial, _])| {
                self.filter_back_unit(conv, [(x, norm), (y, norm_y)], (d, sums, partial));
            });
    }

    fn filter_back_unit(
        self,
        conv: &Filter,
        [(x, norm), (y, norm_y)]: [(&[f32], &Norm); 2],
        (d, sums, partial): (&mut [f32], &mut [f32], &mut LinearGradient),
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let group_len = g.group * g.inner_len();
        let results = d.chunks_mut(group_len).zip(sums.chunks_mut(g.group * 2 * g.inner));
        with_scratch(g, 0, |scratch| {
            let [z, d_y] = &mut scratch.padded;
            conv.begin_gradient(&mut scratch.tiles);
            for (index, (d, sums)) in results.enumerate() {
                let ahead = Ahead::chunks(index + 1, [(x, group_len), (y, group_len)]);
                let [x, y] = [x, y].map(|values| chunk(values, index, group_len));
                let padded_len = x.len() / g.inner_len() * g.padded_len();
                let (z, d_y) = (&mut z[..padded_len], &mut d_y[..padded_len]);
                let images = x
                    .chunks_exact(g.inner_len())
                    .zip(y.chunks_exact(g.inner_len()))
                    .zip(d.chunks_exact(g.inner_len()));
                let padded = z
                    .chunks_exact_mut(g.padded_len())
                    .zip(d_y.chunks_exact_mut(g.padded_len()));
                for (((x, y), d), (z, d_y)) in images.zip(padded) {
                    affine_relu_padded(isa, x, norm, g.inner_rows(), z);
                    input_gradient_padded(isa, d, y, norm_y, g.inner_rows(), d_y);
                }
                let core = Core {
                    isa,
                    ahead: Some(&ahead),
                };
                let mut group = Group::new(core, g, &mut scratch.tiles);
                conv.backward(&mut group, (z, d_y), d, partial);
                let images = x.chunks_exact(g.inner_len()).zip(d.chunks_exact_mut(g.inner_len()));
                for ((x, d), sums) in images.zip(sums.chunks_exact_mut(2 * g.inner)) {
                    relu_gradient(isa, d, x, norm, sums);
                }
            }
            conv.end_gradient(isa, &scratch.tiles, partial);
        });
    }

    fn reduce_back(self, conv: &Linear, [(x, norm), (y, norm_y)]: [(&[f32], &Norm); 2], buffers: &mut BackwardBuffers) {
        let g = self.geometry;
        let (outer, inner) = (self.unit(g.outer_len()), self.unit(g.inner_len()));
        let sums = buffers.sums[..self.batch * 2 * g.outer].par_chunks_mut(self.unit(2 * g.outer));
        let units = x
            .par_chunks(outer)
            .zip(y.par_chunks(inner))
            .zip(buffers.inner.par_chunks(inner));
        units
            .zip(buffers.outer.par_chunks_mut(outer).zip(sums))
            .zip(&mut buffers.partials)
            .for_each(|((((x, y), d_y), (d_x, sums)), [partial, _, _])| {
                self.reduce_back_unit(conv, [(x, norm), (y, norm_y)], d_y, (d_x, sums, partial));
            });
    }

    fn reduce_back_unit(
        self,
        conv: &Linear,
        [(x, norm), (y, norm_y)]: [(&[f32], &Norm); 2],
        d_y: &[f32],
        (d_x, sums, partial): (&mut [f32], &mut [f32], &mut LinearGradient),
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let results = d_x
            .chunks_exact_mut(g.outer_len())
            .zip(sums.chunks_exact_mut(2 * g.outer));
        with_scratch(g, 0, |scratch| {
            let through_norm = &mut scratch.inner[..g.inner_len()];
            for (image, (d_x, sums)) in results.enumerate() {
                let ahead = Ahead::chunks(
                    image + 1,
                    [(x, g.outer_len()), (y, g.inner_len()), (d_y, g.inner_len())],
                );
                let core = Core {
                    isa,
                    ahead: Some(&ahead),
                };
                let x = chunk(x, image, g.outer_len());
                let [y, d_y] = [y, d_y].map(|values| chunk(values, image, g.inner_len()));
                affine_relu(isa, x, norm, &mut scratch.outer);
                input_gradient(isa, d_y, y, norm_y, through_norm);
                conv.weight_gradient(core, &scratch.outer, through_norm, partial);
                conv.input_gradient(core, through_norm, d_x);
                relu_gradient(isa, d_x, x, norm, sums);
            }
        });
    }
}
