//! The gradient that arrives at a block from above.

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
    pub(in crate::conv) above: Option<(&'a [f32], &'a Norm)>,
}

/// The gradient with respect to the normalized input of a block's first convolution, before its way through the batch norm.
#[derive(Clone, Copy, Debug)]
pub(in crate::conv) struct ResidualGrad<'a> {
    pub(in crate::conv) gradient: &'a [f32],
    /// The block's input.
    pub(in crate::conv) x: &'a [f32],
    pub(in crate::conv) norm: &'a Norm,
}

impl<'a> ResidualGrad<'a> {
    pub(in crate::conv) fn of(block: Option<(&'a [f32], &'a Norm)>, gradient: &'a [f32]) -> Option<Self> {
        block.map(|(x, norm)| Self { gradient, x, norm })
    }

    /// The chunk number `index` of `len` elements.
    pub(in crate::conv) fn chunk(self, index: usize, len: usize) -> Self {
        Self {
            gradient: chunk(self.gradient, index, len),
            x: chunk(self.x, index, len),
            norm: self.norm,
        }
    }

    /// Completes the gradient `total` of one image.
    pub(in crate::conv) fn complete(above: Option<Self>, isa: Isa, total: &mut [f32], of_head: &[f32]) {
        match above {
            Some(above) => add_input_gradient(isa, total, above.gradient, above.x, above.norm, of_head),
            None => add_row(isa, total, of_head),
        }
    }

    pub(super) fn arrays(above: Option<Self>) -> [&'a [f32]; 2] {
        above.map_or([&[], &[]], |above| [above.gradient, above.x])
    }
}
