//! Sizes of the activations and of the work units.

use crate::layout::{ConvConfig, Convolution};
use crate::linalg::{Axis, Product};
use crate::simd::padded;

/// Rows and columns of a tile of the 3x3 convolution's outputs.
pub(super) const TILE: usize = 4;

/// Work units that a batch is split into: a constant, so that sums over units do not depend on the number of threads.
pub(super) const MAX_UNITS: usize = 16;

/// Channels-last activations of one image inside the trunk, with padded channel counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Geometry {
    pub(super) height: usize,
    pub(super) width: usize,
    /// Padded channels between the blocks.
    pub(super) channels: usize,
    /// Padded channels inside a block.
    pub(super) bottleneck_channels: usize,
    /// Images that the 3x3 convolution takes at once.
    pub(super) group: usize,
}

/// Tiles of a group: few enough for the cache, enough rows for the products' register tiles.
const GROUP_TILES: usize = 36;

impl Geometry {
    pub(super) fn new(config: &ConvConfig) -> Self {
        let (height, width) = config.pooled_size();
        let n_tiles = height.div_ceil(TILE) * width.div_ceil(TILE);
        Self {
            group: match config.convolution {
                Convolution::Direct => 1,
                Convolution::Winograd => (GROUP_TILES / n_tiles).max(1),
            },
            height,
            width,
            channels: padded(config.channels),
            bottleneck_channels: padded(config.bottleneck_channels),
        }
    }

    pub(super) fn pixels(self) -> usize {
        self.height * self.width
    }

    /// Elements of one image between the blocks.
    pub(super) fn trunk_len(self) -> usize {
        self.pixels() * self.channels
    }

    /// Elements of one image inside a block.
    pub(super) fn bottleneck_len(self) -> usize {
        self.pixels() * self.bottleneck_channels
    }

    /// Elements of one row of one image inside a block.
    pub(super) fn bottleneck_row(self) -> usize {
        self.width * self.bottleneck_channels
    }

    /// Elements of a row of an image inside a block, not padded and padded.
    pub(super) fn bottleneck_rows(self) -> [usize; 2] {
        [self.bottleneck_row(), self.padded_row()]
    }

    /// Rows and columns of tiles that cover an image.
    pub(super) fn tiles(self) -> [usize; 2] {
        [self.height.div_ceil(TILE), self.width.div_ceil(TILE)]
    }

    /// Tiles that cover an image.
    pub(super) fn n_tiles(self) -> usize {
        let [rows, columns] = self.tiles();
        rows * columns
    }

    /// Elements of one row of an image inside a block that is padded to whole tiles and by a pixel around them.
    pub(super) fn padded_row(self) -> usize {
        (TILE * self.tiles()[1] + 2) * self.bottleneck_channels
    }

    /// Elements of such an image.
    pub(super) fn padded_len(self) -> usize {
        (TILE * self.tiles()[0] + 2) * self.padded_row()
    }

    /// Where the first pixel of such an image lies.
    pub(super) fn padded_start(self) -> usize {
        self.padded_row() + self.bottleneck_channels
    }

    /// The 3x3 convolution of a padded image.
    pub(super) fn convolution(self) -> Product {
        let channels = self.bottleneck_channels;
        Product {
            m: Axis::nested(self.height, self.width),
            k: Axis::nested(3, 3 * channels),
            n: channels,
            a_m: Axis::nested(self.padded_row(), channels),
            a_k: Axis::nested(self.padded_row(), 1),
            b_k: Axis::nested(3 * channels * channels, channels),
            c_m: Axis::nested(self.bottleneck_row(), channels),
        }
    }

    /// The gradient of its filter: A is the padded input, B the gradient with respect to the output, from its first
    /// pixel on in a padded image.
    pub(super) fn filter_gradient(self) -> Product {
        let convolution = self.convolution();
        Product {
            m: convolution.k,
            k: convolution.m,
            a_m: convolution.a_k,
            a_k: convolution.a_m,
            b_k: convolution.a_m,
            c_m: convolution.b_k,
            ..convolution
        }
    }
}

/// Images of one work unit.
pub(super) fn unit_images(batch: usize) -> usize {
    batch.div_ceil(MAX_UNITS).max(1)
}
