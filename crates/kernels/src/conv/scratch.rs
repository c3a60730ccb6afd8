//! Buffers for one image's tiles, one set a thread.

use std::cell::RefCell;

use super::geometry::Geometry;

/// Tiles that live for one image. Their content never outlives it, except for the zero rims.
#[derive(Debug, Default)]
pub(super) struct Scratch {
    pub(super) outer: Vec<f32>,
    pub(super) inner: Vec<f32>,
    pub(super) patches: Vec<f32>,
    /// Two padded images; the rim of one pixel stays zero.
    pub(super) padded: [Vec<f32>; 2],
    size: [usize; 4],
}

impl Scratch {
    fn fit(&mut self, geometry: Geometry, patch_len: usize) {
        let size = [geometry.height, geometry.width, geometry.outer, geometry.inner];
        if self.size != size {
            self.size = size;
            self.outer = vec![0.0; geometry.outer_len()];
            self.inner = vec![0.0; geometry.inner_len()];
            self.padded = [vec![0.0; geometry.padded_len()], vec![0.0; geometry.padded_len()]];
        }
        self.patches.resize(geometry.pixels() * patch_len, 0.0);
    }
}

/// Runs `work` with this thread's buffers, made to fit.
pub(super) fn with_scratch<R>(geometry: Geometry, patch_len: usize, work: impl FnOnce(&mut Scratch) -> R) -> R {
    thread_local! {
        static SCRATCH: RefCell<Scratch> = RefCell::new(Scratch::default());
    }
    SCRATCH.with_borrow_mut(|scratch| {
        scratch.fit(geometry, patch_len);
        work(scratch)
    })
}
