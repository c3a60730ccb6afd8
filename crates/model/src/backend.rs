//! Which path computes a network on which device.

use std::fmt::Debug;

use dfdx::prelude::{Device, OwnedTape, Tensor};

use crate::Result;
use crate::config::NetworkConfig;

/// Logits of every depth that ran, `(depth + 1, batch, n_classes)`, shallowest first.
pub type DepthLogits<D, T> = Tensor<(usize, usize, usize), f32, D, T>;

/// Logits of a training pass, on a tape that leads to the parameters.
pub type TapedLogits<D> = DepthLogits<D, OwnedTape<f32, D>>;

/// A device that networks can run on.
///
/// The choice of a path is made by the device's type, so that everything above stays generic: on the
/// [`Cpu`](dfdx::prelude::Cpu) one tape operation over the kernels of `vds-kernels`, elsewhere the composition of stable dfdx
/// operations in [`portable`](crate::portable).
pub trait Backend: Device<f32> {
    /// Buffers that outlive a pass; shared with the tape.
    type Engine: Debug;

    /// Buffers for a network of the given sizes.
    fn engine(config: &NetworkConfig) -> Self::Engine;

    /// Training pass over `input`, `[batch, example_len]`, through the first `depth` blocks. Writes the mean and unbiased
    /// variance of the input of every batch norm that ran into `statistics`.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    fn forward_train(
        &self,
        engine: &Self::Engine,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        depth: usize,
        statistics: &mut [f32],
    ) -> Result<TapedLogits<Self>>;

    /// Evaluation pass with running statistics; `[max_depth + 1, batch, n_classes]` on the host.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    fn forward_eval(
        &self,
        engine: &Self::Engine,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        statistics: &[f32],
    ) -> Result<Vec<f32>>;
}
