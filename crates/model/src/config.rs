//! Sizes of a network.

use vds_kernels::layout::{ConvConfig, FcConfig, STEM};

use crate::{Error, Result};

/// Largest size accepted for any width, image side or depth: far above any use, far below an overflow.
const MAX_SIZE: usize = 65_536;

/// Sizes of a network of either kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum NetworkConfig {
    /// Convolutional, for images.
    Conv(ConvConfig),
    /// Fully connected.
    Fc(FcConfig),
}

impl NetworkConfig {
    /// Residual blocks.
    pub fn max_depth(&self) -> usize {
        match self {
            Self::Conv(config) => config.max_depth,
            Self::Fc(config) => config.max_depth,
        }
    }

    /// Classes.
    pub fn n_classes(&self) -> usize {
        match self {
            Self::Conv(config) => config.n_classes,
            Self::Fc(config) => config.n_classes,
        }
    }

    /// Values of one example.
    pub fn example_len(&self) -> usize {
        match self {
            Self::Conv(config) => config.image_len(),
            Self::Fc(config) => config.n_inputs,
        }
    }

    /// The sizes of this network with another number of blocks.
    #[must_use]
    pub fn with_max_depth(&self, max_depth: usize) -> Self {
        match *self {
            Self::Conv(config) => Self::Conv(ConvConfig { max_depth, ..config }),
            Self::Fc(config) => Self::Fc(FcConfig { max_depth, ..config }),
        }
    }

    /// Floating-point operations of the forward pass of one example through the first `depth` blocks, two for a multiplication
    /// with an addition: those of the convolutions and matrix products, of which the output block runs once per depth.
    pub fn forward_flops(&self, depth: usize) -> f64 {
        let multiplications = match *self {
            Self::Conv(c) => {
                let (height, width) = c.pooled_size();
                let (outer, inner) = (c.channels, c.bottleneck_channels);
                let stem = (c.height - STEM + 1) * (c.width - STEM + 1) * STEM * STEM * c.in_channels * outer;
                let block = height * width * (2 * outer * inner + 9 * inner * inner);
                let head = outer * outer + outer * c.n_classes;
                stem + depth * block + (depth + 1) * head
            }
            Self::Fc(c) => c.n_inputs * c.width + depth * c.width * c.width + (depth + 1) * c.width * c.n_classes,
        };
        2.0 * multiplications as f64
    }

    /// Checks every size.
    ///
    /// # Errors
    /// [`Error::Config`] for the first size out of its range.
    pub fn check(&self) -> Result<()> {
        let sizes: &[(&'static str, usize, usize)] = match self {
            Self::Conv(c) => &[
                ("in_channels", c.in_channels, 1),
                ("height", c.height, 6),
                ("width", c.width, 6),
                ("channels", c.channels, 1),
                ("bottleneck_channels", c.bottleneck_channels, 1),
                ("n_classes", c.n_classes, 2),
                ("max_depth", c.max_depth, 0),
            ],
            Self::Fc(c) => &[
                ("n_inputs", c.n_inputs, 1),
                ("width", c.width, 1),
                ("n_classes", c.n_classes, 2),
                ("max_depth", c.max_depth, 0),
            ],
        };
        match sizes
            .iter()
            .find(|(_, actual, least)| !(*least..=MAX_SIZE).contains(actual))
        {
            None => Ok(()),
            Some(&(field, actual, least)) => Err(Error::Config {
                field,
                actual,
                expected: format!("{least} to {MAX_SIZE}"),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use vds_kernels::layout::Convolution;

    use super::*;

    #[test]
    fn forward_flops_of_a_block_are_those_of_the_paper() {
        let conv = |in_channels, side| {
            NetworkConfig::Conv(ConvConfig {
                in_channels,
                height: side,
                width: side,
                channels: 64,
                bottleneck_channels: 32,
                n_classes: 10,
                max_depth: 2,
                convolution: Convolution::default(),
            })
        };
        // 144 pixels of 2·64·32 + 9·32·32 multiplications, and an output block.
        let head = 2.0 * (64.0 * 64.0 + 64.0 * 10.0);
        let block = conv(1, 28).forward_flops(2) - conv(1, 28).forward_flops(1) - head;
        assert!((block - 3_833_856.0).abs() < 0.5, "{block}");
        let block = conv(3, 32).forward_flops(2) - conv(3, 32).forward_flops(1) - head;
        assert!((block - 5_218_304.0).abs() < 0.5, "{block}");
    }
}
