//! The gradient that arrives at a block from the blocks above it and from its output block.

use rayon::prelude::*;

use super::state::Normed;
use crate::conv::geometry::Geometry;
use crate::norm::{add_input_gradient, add_row};
use crate::simd::{Isa, chunk};

/// The parts of the gradient with respect to a block's output, for a batch or for some of its images.
#[derive(Debug)]
pub(crate) struct UpstreamGrad<'a> {
    /// `[batch, height, width, channels]`: what has passed the blocks above by their shortcuts. What follows is added to it.
    pub(crate) total: &'a mut [f32],
    /// `[batch, channels]`: what the output block at this depth gives for each pixel.
    pub(crate) of_head: &'a [f32],
    /// Input and first batch norm of the block above.
    pub(crate) above: Option<Normed<'a>>,
    /// The gradient with respect to the normalized input of that block's first convolution, before its way through the batch
    /// norm. It lies in [`super::BackwardBuffers`], from where the backward pass through a block takes it.
    pub(crate) through_above: &'a [f32],
}

impl<'a> UpstreamGrad<'a> {
    /// Work units of `images` images.
    pub(crate) fn units(self, g: Geometry, images: usize) -> impl IndexedParallelIterator<Item = Self> {
        let (len, above, through_above) = (images * g.trunk_len(), self.above, self.through_above);
        self.total
            .par_chunks_mut(len)
            .zip(self.of_head.par_chunks(images * g.channels))
            .enumerate()
            .map(move |(unit, (total, of_head))| Self {
                total,
                of_head,
                above: above.map(|above| above.chunk(unit, len)),
                through_above: chunk(through_above, unit, len),
            })
    }

    /// One image after the other.
    pub(crate) fn images(self, g: Geometry) -> impl Iterator<Item = Self> {
        let (len, above, through_above) = (g.trunk_len(), self.above, self.through_above);
        self.total
            .chunks_exact_mut(len)
            .zip(self.of_head.chunks_exact(g.channels))
            .enumerate()
            .map(move |(image, (total, of_head))| Self {
                total,
                of_head,
                above: above.map(|above| above.chunk(image, len)),
                through_above: chunk(through_above, image, len),
            })
    }

    /// Adds the parts to the total of one image.
    pub(crate) fn complete(self, isa: Isa) -> &'a mut [f32] {
        match self.above {
            Some(Normed { x, norm }) => {
                add_input_gradient(isa, self.total, self.through_above, x, norm, self.of_head);
            }
            None => add_row(isa, self.total, self.of_head),
        }
        self.total
    }

    /// What is read of the block above, to be fetched.
    pub(super) fn arrays_above(&self) -> [&'a [f32]; 2] {
        self.above.map_or([&[], &[]], |above| [self.through_above, above.x])
    }
}
