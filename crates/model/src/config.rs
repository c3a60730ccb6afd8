//! Sizes of a network.

use vds_kernels::layout::{ConvConfig, FcConfig};

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
