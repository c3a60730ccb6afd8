//! Buffers that live for an image or a few, one set per thread.

use std::cell::RefCell;

use super::filter::Tiles;
use super::geometry::Geometry;
use crate::buffer::Buffer;

/// Buffers for one image, or for a group of images where the 3x3 convolution takes part. Their content never outlives
/// the work unit, except for the zero rims.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    /// Of an image between the blocks.
    pub(super) trunk: Buffer,
    /// Of a group inside a block.
    pub(super) bottleneck: Buffer,
    pub(super) patches: Buffer,
    /// Padded images of a group, twice; the rims stay zero.
    pub(super) padded: [Buffer; 2],
    pub(super) tiles: Tiles,
    geometry: Option<Geometry>,
}

impl Scratch {
    fn reserve(&mut self, geometry: Geometry, patch_len: usize) {
        if self.geometry != Some(geometry) {
            let group = geometry.group;
            *self = Self {
                trunk: Buffer::zeros(geometry.trunk_len()),
                bottleneck: Buffer::zeros(group * geometry.bottleneck_len()),
                padded: [(); 2].map(|()| Buffer::zeros(group * geometry.padded_len())),
                geometry: Some(geometry),
                ..Self::default()
            };
            self.tiles.reserve(geometry);
        }
        self.patches.resize(geometry.pixels() * patch_len);
    }
}

/// Runs `work` with this thread's buffers, made to fit.
pub(super) fn with_scratch<R>(geometry: Geometry, patch_len: usize, work: impl FnOnce(&mut Scratch) -> R) -> R {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
    }
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.reserve(geometry, patch_len);
        work(scratch)
    })
}
