//! The forward pass through a block.

use rayon::prelude::*;

use super::{Activation, BlockPass, BlockState, BlockWeights, Normed};
use crate::conv::filter::{Epilogue, Filter, Group};
use crate::conv::scratch::with_scratch;
use crate::linear::Linear;
use crate::norm::{affine_relu, affine_relu_padded, batch_statistics, group_moments};
use crate::simd::{IsaCtx, Prefetch, chunk};

impl BlockPass {
    /// `after = before + block(before)`; `moments` hold those inside the block in between.
    pub(in crate::conv) fn forward(
        self,
        weights: &BlockWeights,
        before: &Activation,
        state: &mut BlockState,
        after: &mut Activation,
        moments: &mut [f32],
    ) {
        let pixels = self.geometry.pixels();
        let BlockState {
            norms: [norm1, norm2, norm3],
            reduced,
            filtered,
        } = state;
        let moments = &mut moments[..self.batch * 2 * self.geometry.bottleneck_channels];
        batch_statistics(norm1, &before.moments, |_| pixels, weights.norms[0].pair());
        self.reduce(&weights.conv1, Normed::new(&before.values, norm1), (reduced, moments));
        batch_statistics(norm2, moments, |_| pixels, weights.norms[1].pair());
        self.filter(&weights.conv2, Normed::new(reduced, norm2), (filtered, moments));
        batch_statistics(norm3, moments, |_| pixels, weights.norms[2].pair());
        self.expand(&weights.conv3, Normed::new(filtered, norm3), before, after);
    }

    fn reduce(self, conv: &Linear, input: Normed<'_>, (y, moments): (&mut [f32], &mut [f32])) {
        let g = self.geometry;
        let results = y
            .par_chunks_mut(self.unit(g.bottleneck_len()))
            .zip(moments.par_chunks_mut(self.unit(2 * g.bottleneck_channels)));
        results.enumerate().for_each(|(unit, results)| {
            self.reduce_unit(conv, input.chunk(unit, self.unit(g.trunk_len())), results);
        });
    }

    fn reduce_unit(self, conv: &Linear, Normed { x, norm }: Normed<'_>, (y, moments): (&mut [f32], &mut [f32])) {
        let (isa, g) = (self.isa, self.geometry);
        let results = y
            .chunks_exact_mut(g.bottleneck_len())
            .zip(moments.chunks_exact_mut(2 * g.bottleneck_channels));
        with_scratch(g, 0, |scratch| {
            for (image, (y, moments)) in results.enumerate() {
                let prefetch = Prefetch::chunks(image + 1, [(x, g.trunk_len())]);
                affine_relu(isa, chunk(x, image, g.trunk_len()), norm, &mut scratch.trunk);
                conv.forward(
                    IsaCtx {
                        isa,
                        prefetch: Some(&prefetch),
                    },
                    &scratch.trunk,
                    y,
                );
                group_moments(isa, y, moments);
            }
        });
    }

    fn filter(self, conv: &Filter, input: Normed<'_>, (y, moments): (&mut [f32], &mut [f32])) {
        let g = self.geometry;
        let results = y
            .par_chunks_mut(self.unit(g.bottleneck_len()))
            .zip(moments.par_chunks_mut(self.unit(2 * g.bottleneck_channels)));
        results.enumerate().for_each(|(unit, results)| {
            self.filter_unit(conv, input.chunk(unit, self.unit(g.bottleneck_len())), results);
        });
    }

    fn filter_unit(self, conv: &Filter, Normed { x, norm }: Normed<'_>, (y, moments): (&mut [f32], &mut [f32])) {
        let (isa, g) = (self.isa, self.geometry);
        let group_len = g.group * g.bottleneck_len();
        let results = y
            .chunks_mut(group_len)
            .zip(moments.chunks_mut(g.group * 2 * g.bottleneck_channels));
        with_scratch(g, 0, |scratch| {
            for (index, (y, moments)) in results.enumerate() {
                let prefetch = Prefetch::chunks(index + 1, [(x, group_len)]);
                let x = chunk(x, index, group_len);
                let padded = &mut scratch.padded[0][..x.len() / g.bottleneck_len() * g.padded_len()];
                let images = x
                    .chunks_exact(g.bottleneck_len())
                    .zip(padded.chunks_exact_mut(g.padded_len()));
                for (x, padded) in images {
                    affine_relu_padded(isa, x, norm, g.bottleneck_rows(), padded);
                }
                let ctx = IsaCtx {
                    isa,
                    prefetch: Some(&prefetch),
                };
                let mut group = Group::new(ctx, g, &mut scratch.tiles);
                conv.forward(&mut group, padded, Epilogue::Bias(conv.bias()), y);
                for (y, moments) in y
                    .chunks_exact(g.bottleneck_len())
                    .zip(moments.chunks_exact_mut(2 * g.bottleneck_channels))
                {
                    group_moments(isa, y, moments);
                }
            }
        });
    }

    fn expand(self, conv: &Linear, input: Normed<'_>, before: &Activation, after: &mut Activation) {
        let g = self.geometry;
        let unit_len = self.unit(g.trunk_len());
        let results = after
            .values
            .par_chunks_mut(unit_len)
            .zip(after.moments.par_chunks_mut(self.unit(2 * g.channels)));
        results.enumerate().for_each(|(unit, results)| {
            let (input, before) = (
                input.chunk(unit, self.unit(g.bottleneck_len())),
                chunk(&before.values, unit, unit_len),
            );
            self.expand_unit(conv, input, before, results);
        });
    }

    fn expand_unit(
        self,
        conv: &Linear,
        Normed { x, norm }: Normed<'_>,
        before: &[f32],
        (after, moments): (&mut [f32], &mut [f32]),
    ) {
        let (isa, g) = (self.isa, self.geometry);
        let results = after
            .chunks_exact_mut(g.trunk_len())
            .zip(moments.chunks_exact_mut(2 * g.channels));
        with_scratch(g, 0, |scratch| {
            let z = &mut scratch.bottleneck[..g.bottleneck_len()];
            for (image, (after, moments)) in results.enumerate() {
                let prefetch = Prefetch::chunks(image + 1, [(x, g.bottleneck_len()), (before, g.trunk_len())]);
                affine_relu(isa, chunk(x, image, g.bottleneck_len()), norm, z);
                let before = chunk(before, image, g.trunk_len());
                conv.forward_residual(
                    IsaCtx {
                        isa,
                        prefetch: Some(&prefetch),
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
