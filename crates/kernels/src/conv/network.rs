//! What training and evaluation passes have in common: the sizes, and the weights as the kernels need them.

use rayon::prelude::*;

use super::block::{BlockPass, BlockWeights};
use super::geometry::Geometry;
use super::head::Head;
use super::stem::Stem;
use crate::layout::{ConvConfig, ConvLayout};
use crate::simd::Isa;

/// Layout and padded weights of one network.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) isa: Isa,
    pub(super) layout: ConvLayout,
    pub(super) geometry: Geometry,
    pub(super) stem: Stem,
    pub(super) blocks: Vec<BlockWeights>,
    pub(super) head: Head,
}

impl Network {
    pub(super) fn new(config: ConvConfig, isa: Isa) -> Self {
        Self {
            isa,
            layout: ConvLayout::new(config),
            geometry: Geometry::new(&config),
            stem: Stem::new(config),
            blocks: vec![BlockWeights::new(&config); config.max_depth],
            head: Head::new(&config),
        }
    }

    pub(super) fn pack_weights(&mut self, params: &[f32]) {
        self.stem.pack_weights(params, &self.layout.stem);
        self.head.pack_weights(params, &self.layout);
        let (isa, blocks) = (self.isa, self.blocks.par_iter_mut().zip(&self.layout.blocks));
        blocks.for_each(|(block, ranges)| block.pack_weights(isa, params, ranges));
    }

    /// What the passes of `batch` images through a block need.
    pub(super) fn pass(&self, block: usize, batch: usize) -> BlockPass<'_> {
        BlockPass {
            isa: self.isa,
            geometry: self.geometry,
            weights: &self.blocks[block],
            ranges: &self.layout.blocks[block],
            batch,
        }
    }
}
