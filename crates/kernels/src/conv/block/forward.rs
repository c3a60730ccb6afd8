//! The way forth through a block.

use rayon::prelude::*;

use super::{Activation, BlockState, BlockWeights, Pass};
use crate::conv::filter::{Epilogue, Filter, Group};
use crate::conv::scratch::with_scratch;
use crate::linear::Linear;
use crate::norm::{Norm, affine_relu, affine_relu_padded, batch_statistics, group_moments};
use crate::simd::{Ahead, Core, chunk};

impl Pass {
    /// Forward: `after = before + block(before)`; moments hold the inner convolutions' moments in between.
    pub(in crate::conv) fn forward(
        self,
        weights: &BlockWeights,
        before: &Activation,
        state: &mut BlockState,
        after: &mut Activation,
        moments: &mut [f32],
    ) {
        let (
            pixels,
            BlockState {
                norms: [norm1, norm2, norm3],
                reduced,
                filtered,
            },
        ) = (self.geometry.pixels(), state);
        let moments = &mut moments[..self.batch * 2 * self.geometry.inner];
        batch_statistics(norm1, &before.moments, |_| pixels, weights.norms[0].pair());
        self.reduce(&weights.conv1, (&before.values, norm1), (reduced, moments));
        batch_statistics(norm2, moments, |_| pixels, weights.norms[1].pair());
        self.filter(&weights.conv2, (reduced, norm2), (filtered, moments));
        batch_statistics(norm3, moments, |_| pixels, weights.norms[2].pair());
        self.expand(&weights.conv3, (filtered, norm3), before, after);
    }

    fn reduce(self, conv: &Linear, (x, norm): (&[f32], &Norm), (y, moments): (&mut [f32], &mut [f32])) {
        let g = self.geometry;
        let results = y
            .par_chunks_mut(self.unit(g.inner_len()))
            .zip(moments.par_chunks_mut(self.unit(2 * g.inner)));
        x.par_chunks(self.unit(g.outer_len()))
            .zip(results)
            .for_each(|(x, (y, moments))| self.reduce_unit(conv, (x, norm), (y, moments)));
    }

    fn reduce_unit(self, conv: &Linear, (x, norm): (&[f32], &Norm), (y, moments): (&mut [f32], &mut [f32])) {
        let (isa, g) = (self.isa, self.geometry);
        let results = y
            .chunks_exact_mut(g.inner_len())
            .zip(moments.chunks_exact_mut(2 * g.inner));
        with_scratch(g, 0, |scratch| {
            for (image, (y, moments)) in results.enumerate() {
                let ahead = Ahead::chunks(image + 1, [(x, g.outer_len())]);
                affine_relu(isa, chunk(x, image, g.outer_len()), norm, &mut scratch.outer);
                conv.forward(
                    Core {
                        isa,
                        ahead: Some(&ahead),
                    },
                    &scratch.outer,
                    y,
                );
                group_moments(isa, y, moments);
            }
        });
    }

    fn filter(self, conv: &Filter, (x, norm): (&[f32], &Norm), (y, moments): (&mut [f32], &mut [f32])) {
        let g = self.geometry;
        let results = y
            .par_chunks_mut(self.unit(g.inner_len()))
            .zip(moments.par_chunks_mut(self.unit(2 * g.inner)));
        x.par_chunks(self.unit(g.inner_len()))
            .zip(results)
            .for_each(|(x, (y, moments))| self.filter_unit(conv, (x, norm), (y, moments)));
    }

    fn filter_unit(self, conv: &Filter, (x, norm): (&[f32], &Norm), (y, moments): (&mut [f32], &mut [f32])) {
        let (isa, g) = (self.isa, self.geometry);
        let group_len = g.group * g.inner_len();
        let results = y.chunks_mut(group_len).zip(moments.chunks_mut(g.group * 2 * g.inner));
        with_scratch(g, 0, |scratch| {
            for (index, (y, moments)) in results.enumerate() {
                let ahead = Ahead::chunks(index + 1, [(x, group_len)]);
                let x = chunk(x, index, group_len);
                let padded = &mut scratch.padded[0][..x.len() / g.inner_len() * g.padded_len()];
                let images = x
                    .chunks_exact(g.inner_len())
                    .zip(padded.chunks_exact_mut(g.padded_len()));
                for (x, padded) in images {
                    affine_relu_padded(isa, x, norm, g.inner_rows(), padded);
                }
                let core = Core {
                    isa,
                    ahead: Some(&ahead),
                };
                let mut group = Group::new(core, g, &mut scratch.tiles);
                conv.forward(&mut group, padded, Epilogue::Bias(conv.bias()), y);
                for (y, moments) in y.chunks_exact(g.inner_len()).zip(moments.chunks_exact_mut(2 * g.inner)) {
                    group_moments(isa, y, moments);
                }
            }
        });
    }

    fn expand(self, conv: &Linear, (x, norm): (&[f32], &Norm), before: &Activation, after: &mut Activation) {
        let g = self.geometry;
        let outer = self.unit(g.outer_len());
        let results = after
            .values
            .par_chunks_mut(outer)
            .zip(after.moments.par_chunks_mut(self.unit(2 * g.outer)));
        x.par_chunks(self.unit(g.inner_len()))
            .zip(before.values.par_chunks(outer))
            .zip(results)
            .for_each(|((x, before), (after, moments))| self.expand_unit(conv, (x, norm), before, (after, moments)));
    }

    fn expand_unit(
        self,
        conv: &Linear,
        (x, norm): (&[f32], &Norm),
        before: &[f32],
        (after, moments): (&mut [f32], &mut [f32]),
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let results = after
            .chunks_exact_mut(g.outer_len())
            .zip(moments.chunks_exact_mut(2 * g.outer));
        with_scratch(g, 0, |scratch| {
            let z = &mut scratch.inner[..g.inner_len()];
            for (image, (after, moments)) in results.enumerate() {
                let ahead = Ahead::chunks(image + 1, [(x, g.inner_len()), (before, g.outer_len())]);
                affine_relu(isa, chunk(x, image, g.inner_len()), norm, z);
                let before = chunk(before, image, g.outer_len());
                conv.forward_residual(
                    Core {
                        isa,
                        ahead: Some(&ahead),
                    },
                    z,
                    before,
                    after,
                );
                group_moments(isa, after, moments);
            }
        });
    }
}
