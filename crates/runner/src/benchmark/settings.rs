//! What is measured: a network, a batch, and how often.

use std::num::NonZeroUsize;

use vds_model::{ConvConfig, NetworkConfig};

/// A network, a batch, and how often they are timed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Settings {
    /// The network's sizes.
    pub(crate) network: NetworkConfig,
    /// Examples of a training step and of an evaluation pass.
    pub(crate) batch: usize,
    /// Threads.
    pub(crate) threads: NonZeroUsize,
    /// Timings whose median is reported.
    pub(crate) repeats: usize,
    /// Depth at which the evaluation of the pruned network is timed, if that was asked for.
    pub(crate) pruned_to: Option<usize>,
}

impl Settings {
    /// `conv` or `fc`.
    pub(super) fn network_kind(&self) -> &'static str {
        match self.network {
            NetworkConfig::Conv(_) => "conv",
            NetworkConfig::Fc(_) => "fc",
        }
    }

    /// Floating-point operations of the blocks' convolutions or linear maps in one evaluation pass over the batch: twice the
    /// multiply-adds, whatever algorithm computes them. A training step counts three times that: one forward, and one each
    /// for the gradients of the input and of the weights.
    pub(super) fn flop(&self) -> f64 {
        let multiply_adds = match &self.network {
            NetworkConfig::Conv(c) => {
                pixels(c) * (2 * c.channels * c.bottleneck_channels + 9 * c.bottleneck_channels * c.bottleneck_channels)
            }
            NetworkConfig::Fc(c) => c.width * c.width,
        };
        2.0 * multiply_adds as f64 * self.network.max_depth() as f64 * self.batch as f64
    }

    /// Values that a training step keeps, about: activations between and inside the blocks.
    pub(crate) fn kept_values(&self) -> u128 {
        let (block, input) = match &self.network {
            NetworkConfig::Conv(c) => (
                pixels(c) * (c.channels + 2 * c.bottleneck_channels),
                self.network.example_len(),
            ),
            NetworkConfig::Fc(c) => (2 * c.width, c.n_inputs),
        };
        let n_depths = self.network.max_depth() as u128 + 1;
        (block as u128 * n_depths + input as u128) * self.batch as u128
    }
}

/// Pixels of an activation: after the 5x5 convolution without padding and the 2x2 pool.
fn pixels(config: &ConvConfig) -> usize {
    let (rows, columns) = config.pooled_size();
    rows * columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use vds_model::{Convolution, FcConfig};

    fn conv(max_depth: usize) -> NetworkConfig {
        NetworkConfig::Conv(ConvConfig {
            in_channels: 1,
            height: 28,
            width: 28,
            channels: 64,
            bottleneck_channels: 32,
            n_classes: 10,
            max_depth,
            convolution: Convolution::default(),
        })
    }

    fn fc(max_depth: usize) -> NetworkConfig {
        NetworkConfig::Fc(FcConfig {
            n_inputs: 2,
            width: 20,
            n_classes: 2,
            max_depth,
        })
    }

    fn settings(network: NetworkConfig, batch: usize) -> Settings {
        Settings {
            network,
            batch,
            threads: NonZeroUsize::MIN,
            repeats: 1,
            pruned_to: None,
        }
    }

    #[track_caller]
    fn check_flop(network: NetworkConfig, batch: usize, expected: u32) {
        let counted = settings(network, batch).flop();
        assert!((counted - f64::from(expected)).abs() < 0.5, "{counted}");
    }

    #[test]
    fn bench_flop_are_twice_the_multiply_adds_of_the_blocks() {
        // 12 x 12 pixels, two 1x1 convolutions 64 <-> 32 and one 3x3 convolution 32 -> 32, two blocks, three images.
        let of_image = 2 * 144 * (2 * 64 * 32 + 9 * 32 * 32);
        check_flop(conv(2), 3, 2 * 3 * of_image);
        check_flop(fc(4), 200, 2 * 4 * 20 * 20 * 200);
        check_flop(fc(0), 200, 0);
    }

    #[test]
    fn bench_kept_values_grow_with_batch_and_depth() {
        let of = |max_depth, batch| settings(conv(max_depth), batch).kept_values();
        assert_eq!(of(0, 1), 144 * 128 + 784);
        assert_eq!(of(9, 2), 2 * (10 * 144 * 128 + 784));
    }
}
