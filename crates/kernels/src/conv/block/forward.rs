//! The forward pass through a block.

use rayon::prelude::*;

use super::state::{Activation, BlockPass, BlockState, Normed};
use super::weights::affines;
use crate::conv::filter::{Epilogue, Group};
use crate::conv::scratch::with_scratch;
use crate::linalg::Start;
use crate::norm::{affine_relu, affine_relu_padded, group_moments};
use crate::simd::{IsaCtx, Prefetch, chunk};

impl BlockPass<'_> {
    /// `after = before + block(before)`; `moments` hold those inside the block in between.
    pub(crate) fn forward(
        self,
        params: &[f32],
        before: &Activation,
        state: &mut BlockState,
        after: &mut Activation,
        moments: &mut [f32],
    ) {
        let pixels = self.geometry.pixels();
        let [affine1, affine2, affine3] = affines(params, self.ranges);
        let BlockState {
            norms: [norm1, norm2, norm3],
            reduced,
            filtered,
        } = state;
        let moments = &mut moments[..self.batch * 2 * self.geometry.bottleneck_channels];
        norm1.set_batch(&before.moments, |_| pixels, affine1);
        self.reduce(Normed::new(&before.values, norm1), reduced, moments);
        norm2.set_batch(moments, |_| pixels, affine2);
        self.filter(Normed::new(reduced, norm2), filtered, moments);
        norm3.set_batch(moments, |_| pixels, affine3);
        self.expand(Normed::new(filtered, norm3), before, after);
    }

    fn reduce(self, input: Normed<'_>, y: &mut [f32], moments: &mut [f32]) {
        let (isa, g, conv) = (self.isa, self.geometry, &self.weights.conv1);
        y.par_chunks_mut(self.unit(g.bottleneck_len()))
            .zip(moments.par_chunks_mut(self.unit(2 * g.bottleneck_channels)))
            .enumerate()
            .for_each(|(unit, (y, moments))| {
                let Normed { x, norm } = input.chunk(unit, self.unit(g.trunk_len()));
                let results = y
                    .chunks_exact_mut(g.bottleneck_len())
                    .zip(moments.chunks_exact_mut(2 * g.bottleneck_channels));
                with_scratch(g, 0, |scratch| {
                    for (image, (y, moments)) in results.enumerate() {
                        let prefetch = Prefetch::chunks(image + 1, [(x, g.trunk_len())]);
                        let ctx = IsaCtx::new(isa, &prefetch);
                        affine_relu(isa, chunk(x, image, g.trunk_len()), norm, &mut scratch.trunk);
                        conv.forward(ctx, &scratch.trunk, Start::Bias(&conv.bias), y);
                        group_moments(isa, y, moments);
                    }
                });
            });
    }

    fn filter(self, input: Normed<'_>, y: &mut [f32], moments: &mut [f32]) {
        let (isa, g, conv) = (self.isa, self.geometry, &self.weights.conv2);
        let (unit_len, group_len) = (self.unit(g.bottleneck_len()), g.group * g.bottleneck_len());
        y.par_chunks_mut(unit_len)
            .zip(moments.par_chunks_mut(self.unit(2 * g.bottleneck_channels)))
            .enumerate()
            .for_each(|(unit, (y, moments))| {
                let Normed { x, norm } = input.chunk(unit, unit_len);
                let results = y
                    .chunks_mut(group_len)
                    .zip(moments.chunks_mut(g.group * 2 * g.bottleneck_channels));
                with_scratch(g, 0, |scratch| {
                    for (index, (y, moments)) in results.enumerate() {
                        let prefetch = Prefetch::chunks(index + 1, [(x, group_len)]);
                        let x = chunk(x, index, group_len).chunks_exact(g.bottleneck_len());
                        let padded = &mut scratch.padded[0][..x.len() * g.padded_len()];
                        for (x, padded) in x.zip(padded.chunks_exact_mut(g.padded_len())) {
                            affine_relu_padded(isa, x, norm, g.bottleneck_rows(), padded);
                        }
                        let mut group = Group::new(IsaCtx::new(isa, &prefetch), g, &mut scratch.tiles);
                        conv.forward(&mut group, padded, Epilogue::Bias(&conv.linear.bias), y);
                        let y = y.chunks_exact(g.bottleneck_len());
                        for (y, moments) in y.zip(moments.chunks_exact_mut(2 * g.bottleneck_channels)) {
                            group_moments(isa, y, moments);
                        }
                    }
                });
            });
    }

    fn expand(self, input: Normed<'_>, before: &Activation, after: &mut Activation) {
        let (isa, g, conv) = (self.isa, self.geometry, &self.weights.conv3);
        let unit_len = self.unit(g.trunk_len());
        let Activation { values, moments } = after;
        values
            .par_chunks_mut(unit_len)
            .zip(moments.par_chunks_mut(self.unit(2 * g.channels)))
            .enumerate()
            .for_each(|(unit, (after, moments))| {
                let Normed { x, norm } = input.chunk(unit, self.unit(g.bottleneck_len()));
                let before = chunk(&before.values, unit, unit_len);
                let results = after
                    .chunks_exact_mut(g.trunk_len())
                    .zip(moments.chunks_exact_mut(2 * g.channels));
                with_scratch(g, 0, |scratch| {
                    let z = &mut scratch.bottleneck[..g.bottleneck_len()];
                    for (image, (after, moments)) in results.enumerate() {
                        let next = [(x, g.bottleneck_len()), (before, g.trunk_len())];
                        let prefetch = Prefetch::chunks(image + 1, next);
                        let ctx = IsaCtx::new(isa, &prefetch);
                        affine_relu(isa, chunk(x, image, g.bottleneck_len()), norm, z);
                        let before = chunk(before, image, g.trunk_len());
                        conv.forward(ctx, z, Start::BiasAndMatrix(&conv.bias, before), after);
                        group_moments(isa, after, moments);
                    }
                });
            });
    }
}
