//! Where the tiles of a group of images lie.

use crate::conv::geometry::{Geometry, TILE};
use crate::simd::LANES;

/// Rows and columns of a patch.
pub(super) const PATCH: usize = TILE + 2;
/// Positions of a transformed tile.
pub(super) const POSITIONS: usize = PATCH * PATCH;

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
        (0..rows).flat_map(move |y| (0..columns).map(move |x| [TILE * y, TILE * x]))
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
