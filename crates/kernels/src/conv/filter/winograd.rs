//! The convolution through transformed tiles.
//!
//! The backward pass has the same form as the forward pass: the gradient of the input is a convolution of the padded gradient with
//! the transposed filter, and the gradient of that filter is bilinear in the same transformed patches and the transformed
//! pixels of the input. So one transform of the gradient serves both.

use super::tiles::{POSITIONS, TileLayout};
use super::transforms::{Epilogue, restore_pixels, transform_patches, transform_pixels};
use super::weights::{restore_filters, transform_filters};
use crate::buffer::Buffer;
use crate::conv::geometry::Geometry;
use crate::linalg::{Product, Start, multiply};
use crate::linear::Linear;
use crate::simd::{Isa, IsaCtx};

/// A filter in the transformed domain, `[36, c_in, c_out]`, and its transpose with taps in reverse.
#[derive(Clone, Debug)]
pub(super) struct Transformed {
    channels: usize,
    forward: Buffer,
    backward: Buffer,
}

/// Transformed tiles of one group of images, each `[36, tiles, channels]`, and the gradient of a filter, `[36, c_in, c_out]`.
#[derive(Debug, Default)]
pub(crate) struct Tiles {
    patches: Buffer,
    pixels: Buffer,
    products: Buffer,
    gradient: Buffer,
}

/// A group of images and what the passes over them share.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    pub(super) ctx: IsaCtx<'a>,
    pub(super) geometry: Geometry,
    pub(super) tiles: &'a mut Tiles,
}

impl<'a> Group<'a> {
    pub(crate) fn new(ctx: impl Into<IsaCtx<'a>>, geometry: Geometry, tiles: &'a mut Tiles) -> Self {
        let ctx = ctx.into();
        Self { ctx, geometry, tiles }
    }

    fn transform_patches(&mut self, padded: &[f32]) {
        let (g, tiling) = (self.geometry, TileLayout::new(self.geometry));
        for (image, padded) in padded.chunks_exact(g.padded_len()).enumerate() {
            let first = image * g.n_tiles();
            transform_patches(self.ctx.isa, padded, tiling, first, &mut self.tiles.patches);
        }
    }
}

impl Tiles {
    pub(crate) fn reserve(&mut self, g: Geometry) {
        let len = TileLayout::new(g).len();
        for tiles in [&mut self.patches, &mut self.pixels, &mut self.products] {
            tiles.resize(len);
        }
        self.gradient
            .resize(POSITIONS * g.bottleneck_channels * g.bottleneck_channels);
    }

    pub(super) fn clear_gradient(&mut self) {
        self.gradient.fill(0.0);
    }

    /// Adds the gradient to that of the filter, `[3, 3, c_in, c_out]`.
    pub(super) fn add_gradient(&self, isa: Isa, filter: &mut [f32]) {
        restore_filters(isa, &self.gradient, filter);
    }
}

impl Transformed {
    pub(super) fn new(filter: &Linear) -> Self {
        let channels = filter.padded_in();
        let weights = Buffer::zeros(POSITIONS * channels * channels);
        Self {
            channels,
            forward: weights.clone(),
            backward: weights,
        }
    }

    pub(super) fn pack_weights(&mut self, isa: Isa, filter: &Linear) {
        self.pack_forward(isa, filter);
        transform_filters(isa, &filter.transpose, &mut self.backward);
    }

    /// The part that [`Self::forward`] needs.
    pub(super) fn pack_forward(&mut self, isa: Isa, filter: &Linear) {
        transform_filters(isa, &filter.weight, &mut self.forward);
    }

    pub(super) fn forward(&self, group: &mut Group<'_>, z: &[f32], epilogue: Epilogue<'_>, y: &mut [f32]) {
        group.transform_patches(z);
        self.convolve(group, &self.forward, epilogue, y);
    }

    pub(super) fn backward(&self, group: &mut Group<'_>, z: &[f32], d_y: &[f32], d_z: &mut [f32]) {
        group.transform_patches(d_y);
        let (g, tiling) = (group.geometry, TileLayout::new(group.geometry));
        for (image, z) in z.chunks_exact(g.padded_len()).enumerate() {
            transform_pixels(group.ctx.isa, z, tiling, image * g.n_tiles(), &mut group.tiles.pixels);
        }
        let n_tiles = z.len() / g.padded_len() * g.n_tiles();
        let product = Product::transposed(self.channels, n_tiles, self.channels);
        let Tiles {
            patches,
            pixels,
            gradient,
            ..
        } = &mut *group.tiles;
        let gradients = gradient.chunks_exact_mut(self.channels * self.channels);
        for (position, gradient) in gradients.enumerate() {
            let at = position * tiling.position;
            multiply(
                group.ctx,
                &product,
                &pixels[at..],
                &patches[at..],
                gradient,
                Start::Accumulate,
            );
        }
        self.convolve(group, &self.backward, Epilogue::Plain, d_z);
    }

    /// From the group's transformed patches to output pixels.
    fn convolve(&self, group: &mut Group<'_>, weights: &[f32], epilogue: Epilogue<'_>, y: &mut [f32]) {
        let (ctx, g, tiling) = (group.ctx, group.geometry, TileLayout::new(group.geometry));
        let n_tiles = y.len() / g.bottleneck_len() * g.n_tiles();
        let product = Product::dense(n_tiles, self.channels, self.channels);
        let Tiles { patches, products, .. } = &mut *group.tiles;
        for (position, weights) in weights.chunks_exact(self.channels * self.channels).enumerate() {
            let at = position * tiling.position;
            multiply(ctx, &product, &patches[at..], weights, &mut products[at..], Start::Zero);
        }
        for (image, y) in y.chunks_exact_mut(g.bottleneck_len()).enumerate() {
            restore_pixels(ctx.isa, products, tiling, image * g.n_tiles(), epilogue, y);
        }
    }
}
