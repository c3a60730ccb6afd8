//! The networks composed of stable dfdx operations, for any device.
//!
//! It is what runs where there is no fused path, and the oracle of the fused one. Stable dfdx has no convolution, so
//! activations are `(pixels, channels)`, a 3x3 convolution gathers the nine neighbors of each pixel (a zero row stands for
//! what lies outside) and is a matrix product, and a 1x1 convolution is one as it is.

mod conv;
mod fc;
mod layers;

use dfdx::prelude::{Device, Merge, NoneTape, PutTape, SplitTape, Tape, Tensor, TryStack};

use crate::Result;
use crate::backend::{DepthLogits, TapedLogits};
use crate::config::NetworkConfig;
use crate::error::device as on_device;
use crate::statistics::RunningStatistics;
use layers::{Layers, Matrix, Statistics, Watch};

/// Training pass; see [`Backend::forward_train`](crate::Backend::forward_train).
///
/// # Errors
/// [`Error::Device`](crate::Error::Device).
pub fn forward_train<D: Device<f32>>(
    config: &NetworkConfig,
    params: &Tensor<(usize,), f32, D>,
    input: &[f32],
    depth: usize,
    statistics: &mut [f32],
) -> Result<TapedLogits<D>> {
    forward(config, params, input, depth, Statistics::OfBatch(statistics))
}

/// Evaluation pass; see [`Backend::forward_eval`](crate::Backend::forward_eval).
///
/// # Errors
/// [`Error::Device`](crate::Error::Device).
pub fn forward_eval<D: Device<f32>>(
    config: &NetworkConfig,
    params: &Tensor<(usize,), f32, D>,
    input: &[f32],
    statistics: &[f32],
) -> Result<Vec<f32>> {
    let logits: DepthLogits<D, NoneTape> = forward(
        config,
        params,
        input,
        config.max_depth(),
        Statistics::Running(statistics),
    )?;
    let mut values = vec![0.0; input.len() / config.example_len() * (config.max_depth() + 1) * config.n_classes()];
    logits.copy_into(&mut values);
    Ok(values)
}

#[cfg(feature = "cuda")]
impl crate::Backend for dfdx::prelude::Cuda {
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
        forward_train(config, params, input, depth, statistics)
    }

    fn forward_eval(
        &self,
        config: &NetworkConfig,
        params: &Tensor<(usize,), f32, Self>,
        input: &[f32],
        statistics: &[f32],
    ) -> Result<Vec<f32>> {
        forward_eval(config, params, input, statistics)
    }
}

/// The depth and the first parameter of the first layer whose output in a training pass is not finite.
///
/// # Errors
/// [`Error::Device`](crate::Error::Device).
pub(crate) fn first_non_finite<D: Device<f32>>(
    config: &NetworkConfig,
    params: &Tensor<(usize,), f32, D>,
    input: &[f32],
    depth: usize,
) -> Result<Option<(usize, usize)>> {
    let mut statistics = RunningStatistics::new(config).values;
    let mut layers = Layers::<D, NoneTape>::new(params, Statistics::OfBatch(&mut statistics));
    layers.watch = Some(Watch::default());
    logits(&mut layers, config, input, depth)?;
    Ok(layers.watch.and_then(|watch| watch.found))
}

fn forward<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    config: &NetworkConfig,
    params: &Tensor<(usize,), f32, D>,
    input: &[f32],
    depth: usize,
    statistics: Statistics<'_>,
) -> Result<DepthLogits<D, T>> {
    let mut layers = Layers::<D, T>::new(params, statistics);
    let logits = logits(&mut layers, config, input, depth)?;
    let (logits, tape) = on_device("stack", logits.try_stack())?.split_tape();
    Ok(logits.put_tape(tape.merge(layers.tape)))
}

/// Logits of the depths `0..=depth`, `(batch, n_classes)` each.
fn logits<D: Device<f32>, T: Tape<f32, D> + Merge<T>>(
    layers: &mut Layers<'_, D, T>,
    config: &NetworkConfig,
    input: &[f32],
    depth: usize,
) -> Result<Vec<Matrix<D, T>>> {
    let batch = input.len() / config.example_len();
    match config {
        NetworkConfig::Conv(config) => conv::logits(layers, config, input, (batch, depth)),
        NetworkConfig::Fc(config) => fc::logits(layers, config, input, (batch, depth)),
    }
}
