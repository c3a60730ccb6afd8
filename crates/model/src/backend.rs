//! Which path computes a network on which device.

use std::fmt::Debug;

use dfdx::prelude::{Cpu, Device, OwnedTape, Tensor};

use crate::config::NetworkConfig;
use crate::fused::FusedEngine;
use crate::{Result, fused};

/// Logits of every depth that ran, `(depth + 1, batch, n_classes)`, shallowest first.
pub type DepthLogits<D, T> = Tensor<(usize, usize, usize), f32, D, T>;

/// Logits of a training pass, on a tape that leads to the parameters.
pub type TapedLogits<D> = DepthLogits<D, OwnedTape<f32, D>>;

/// A device that networks can run on.
///
/// The choice of a path is made here, by the device's type, so that everything above stays generic: on the [`Cpu`] one
/// tape operation over the kernels of `vds-kernels`, elsewhere the composition of stable dfdx operations in
/// [`portable`](crate::portable).
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

impl Backend for Cpu {
    type Engine = FusedEngine;

    fn engine(config: &NetworkConfig) -> FusedEngine {
        FusedEngine::new(config)
    }

    fn forward_train(
        &self,
        engine: &FusedEngine,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        depth: usize,
        statistics: &mut [f32],
    ) -> Result<TapedLogits<Self>> {
        fused::forward_train(engine, params, input, depth, statistics)
    }

    fn forward_eval(
        &self,
        engine: &FusedEngine,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        statistics: &[f32],
    ) -> Result<Vec<f32>> {
        Ok(engine.forward_eval(params, input, statistics))
    }
}

#[cfg(feature = "cuda")]
impl Backend for dfdx::prelude::Cuda {
    type Engine = NetworkConfig;

    fn engine(config: &NetworkConfig) -> NetworkConfig {
        *config
    }

    fn forward_train(
        &self,
        config: &NetworkConfig,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        depth: usize,
        statistics: &mut [f32],
    ) -> Result<TapedLogits<Self>> {
        crate::portable::forward_train(config, params, input, depth, statistics)
    }

    fn forward_eval(
        &self,
        config: &NetworkConfig,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        statistics: &[f32],
    ) -> Result<Vec<f32>> {
        crate::portable::forward_eval(config, params, input, statistics)
    }
}
