//! The gradient that arrives at a block from the blocks above it and from its output block.

use rayon::prelude::*;

use super::Normed;
use crate::conv::geometry::Geometry;
use crate::norm::{Norm, add_input_gradient, add_row};
use crate::simd::{Isa, chunk};

/// The gradient with respect to a block's output, as far as it is known when the block's turn comes.
#[derive(Debug)]
pub(in crate::conv) struct UpstreamGrad<'a> {
    /// `[batch, height, width, channels]`: what has passed the blocks above by their shortcuts. What follows is added to it.
    pub(in crate::conv) total: &'a mut [f32],
    /// `[batch, channels]`: what the output block at this depth gives for each pixel.
    pub(in crate::conv) of_head: &'a [f32],
    /// Input and first batch norm of the block above; the gradient that went through it is in [`BackwardBuffers`].
    pub(in crate::conv) above: Option<Normed<'a>>,
}

impl<'a> UpstreamGrad<'a> {
    /// All images, with the gradient that went through the block above.
    pub(in crate::conv) fn with_residual(self, gradient: &'a [f32]) -> UpstreamImages<'a> {
        UpstreamImages {
            total: self.total,
            of_head: self.of_head,
            residual: self.above.map(|Normed { x, norm }| ResidualGrad { gradient, x, norm }),
        }
    }
}

/// The gradient with respect to the normalized input of a block's first convolution, before its way through the batch norm.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct ResidualGrad<'a> {
    gradient: &'a [f32],
    /// The block's input.
    x: &'a [f32],
    norm: &'a Norm,
}

impl ResidualGrad<'_> {
    /// The chunk number `index` of `len` elements.
    fn chunk(self, index: usize, len: usize) -> Self {
        Self {
            gradient: chunk(self.gradient, index, len),
            x: chunk(self.x, index, len),
            norm: self.norm,
        }
    }
}

/// The parts of the gradient with respect to a block's output, for some images.
#[derive(Debug)]
pub(in crate::conv) struct UpstreamImages<'a> {
    total: &'a mut [f32],
    of_head: &'a [f32],
    residual: Option<ResidualGrad<'a>>,
}

impl<'a> UpstreamImages<'a> {
    /// Work units of `images` images.
    pub(in crate::conv) fn units(self, g: Geometry, images: usize) -> impl IndexedParallelIterator<Item = Self> {
        let (len, residual) = (images * g.trunk_len(), self.residual);
        self.total
            .par_chunks_mut(len)
            .zip(self.of_head.par_chunks(images * g.channels))
            .enumerate()
            .map(move |(unit, (total, of_head))| Self {
                total,
                of_head,
                residual: residual.map(|residual| residual.chunk(unit, len)),
            })
    }

    /// One image after the other.
    pub(in crate::conv) fn images(self, g: Geometry) -> impl Iterator<Item = Self> {
        let (len, residual) = (g.trunk_len(), self.residual);
        self.total
            .chunks_exact_mut(len)
            .zip(self.of_head.chunks_exact(g.channels))
            .enumerate()
            .map(move |(image, (total, of_head))| Self {
                total,
                of_head,
                residual: residual.map(|residual| residual.chunk(image, len)),
            })
    }

    /// Adds the parts to the total of one image.
    pub(in crate::conv) fn complete(self, isa: Isa) -> &'a mut [f32] {
        match self.residual {
            Some(residual) => {
                let ResidualGrad { gradient, x, norm } = residual;
                add_input_gradient(isa, self.total, gradient, x, norm, self.of_head);
            }
            None => add_row(isa, self.total, self.of_head),
        }
        self.total
    }

    /// The arrays of the residual gradient, to be fetched.
    pub(super) fn residual_arrays(&self) -> [&'a [f32]; 2] {
        self.residual
            .map_or([&[], &[]], |residual| [residual.gradient, residual.x])
    }
}
