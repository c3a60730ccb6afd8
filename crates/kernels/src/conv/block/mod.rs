//! One residual block: `a + conv1x1(z3)` with `z = ReLU(BN(·))` ahead of each of its three convolutions.
//!
//! Three passes forward and three backward, each of which reads and writes an activation once, image by image; everything
//! else happens on tiles in the cache. A batch norm needs statistics of the whole batch, hence the passes' borders: the
//! pass that produces values also takes their moments. For the backward pass only the block's input and the outputs of its
//! first two convolutions are kept; what batch norm and ReLU made of them is computed again.

mod backward;
mod forward;
mod state;
mod upstream;
mod weights;

pub(super) use backward::BackwardBuffers;
pub(super) use state::{Activation, BlockPass, BlockState, Normed};
pub(super) use upstream::UpstreamGrad;
pub(super) use weights::{BlockWeights, affines};
