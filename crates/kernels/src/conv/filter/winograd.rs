//! The convolution through transformed tiles.
//!
//! The backward pass has the same form as the forward pass: the gradient of the input is a convolution of the padded gradient with
//! the transposed filter, and the gradient of that filter is bilinear in the same transformed patches and the transformed
//! pixels of the input. So one transform of the gradient serves both.

use super::transforms::{POSITIONS, restore_pixels, transform_patches, transform_pixels};
use super::weights::{restore_filters, transform_filters};
use super::{Epilogue, Group};
use crate::buffer::Buffer;
use crate::conv::geometry::Geometry;
use crate::linalg::{Product, Start, multiply};
use crate::linear::Linear;
use crate::simd::{Isa, LANES};

/// A filter in the transformed domain, `[36, c_in, c_out]`, and its transpose with taps in reverse.
#[derive(Clone, Debug)]
pub(super) struct Transformed {
    channels: usize,
    forward: Buffer,
    backward: Buffer,
}

/// Transformed tiles of one group of images, each `[36, tiles, channels]`, and the gradient of a filter, `[36, c_in, c_out]`.
#[derive(Debug, Default)]
pub(in crate::conv) struct Tiles {
    patches: Buffer,
    pixels: Buffer,
    products: Buffer,
    gradient: Buffer,
}

/// Where tiles lie in images and in transformed tiles.
#[derive(Clone, Copy, Debug)]
pub(super) struct TileLayout {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    /// Tiles of an image: rows and columns of them.
    tiles: [usize; 2],
    /// Elements of a row of a padded image.
    pub(super) padded_row: usize,
    padded_len: usize,
    /// Elements between two positions of a transformed tile.
    pub(super) position: usize,
}

impl TileLayout {
    pub(super) fn new(g: Geometry) -> Self {
        assert!(
            g.bottleneck_channels.is_multiple_of(LANES),
            "the channel count must be a multiple of eight: {g:?}"
        );
        Self {
            channels: g.bottleneck_channels,
            height: g.height,
            width: g.width,
            tiles: g.tiles(),
            padded_row: g.padded_row(),
            padded_len: g.padded_len(),
            // A cache line more than the tiles need: 36 streams whose distance is a multiple of a large power of two would
            // compete for a few sets of the cache.
            position: g.group * g.n_tiles() * g.bottleneck_channels + 16,
        }
    }

    /// Elements of all positions of a group's transformed tiles.
    pub(super) fn len(&self) -> usize {
        POSITIONS * self.position
    }

    /// Top left output pixel of each tile of an image.
    pub(super) fn corners(&self) -> impl Iterator<Item = [usize; 2]> + use<> {
        let [rows, columns] = self.tiles;
        (0..rows).flat_map(move |y| (0..columns).map(move |x| [super::TILE * y, super::TILE * x]))
    }

    /// Offset of a pixel of a padded image.
    pub(super) fn padded_offset(&self, y: usize, x: usize) -> usize {
        y * self.padded_row + x * self.channels
    }

    /// # Panics
    /// If a padded image, or the tiles of an image from `first` on, would end outside of buffers of the given lengths.
    pub(super) fn check(&self, padded: usize, first: usize, tiles: usize) {
        assert!(padded >= self.padded_len, "a padded image: {padded}");
        self.check_tiles(first, tiles);
    }

    /// Checks the lengths for an image that is not padded.
    ///
    /// # Panics
    /// If the image, or its tiles from `first` on, would end outside of buffers of the given lengths.
    pub(super) fn check_image(&self, image: usize, first: usize, tiles: usize) {
        assert!(image >= self.height * self.width * self.channels, "an image: {image}");
        self.check_tiles(first, tiles);
    }

    fn check_tiles(&self, first: usize, tiles: usize) {
        let end = (first + self.tiles[0] * self.tiles[1]) * self.channels;
        assert!(
            end <= self.position && tiles >= self.len(),
            "tiles {first}.. of {self:?}"
        );
    }
}

impl Tiles {
    pub(in crate::conv) fn reserve(&mut self, g: Geometry) {
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
        transform_images(group, z, Side::Patches);
        self.convolve(group, &self.forward, epilogue, y);
    }

    pub(super) fn backward(&self, group: &mut Group<'_>, z: &[f32], d_y: &[f32], d_z: &mut [f32]) {
        transform_images(group, d_y, Side::Patches);
        transform_images(group, z, Side::Pixels);
        let (g, tiling) = (group.geometry, TileLayout::new(group.geometry));
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

/// What of the images is transformed.
#[derive(Clone, Copy)]
enum Side {
    Patches,
    Pixels,
}

fn transform_images(group: &mut Group<'_>, padded: &[f32], side: Side) {
    let (isa, g, tiling) = (group.ctx.isa, group.geometry, TileLayout::new(group.geometry));
    for (image, padded) in padded.chunks_exact(g.padded_len()).enumerate() {
        let first = image * g.n_tiles();
        match side {
            Side::Patches => transform_patches(isa, padded, tiling, first, &mut group.tiles.patches),
            Side::Pixels => transform_pixels(isa, padded, tiling, first, &mut group.tiles.pixels),
        }
    }
}
