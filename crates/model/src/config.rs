//! Sizes of a network.

use vds_kernels::HeadStatistics;
use vds_kernels::conv::{ConvShape, Convolution};
use vds_kernels::fc::FcShape;

use crate::{Error, Result};

/// Largest size accepted for any width, image side or depth: far above any use, far below an overflow.
const MAX_SIZE: usize = 65_536;

/// Sizes of a convolutional network for images.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct ConvConfig {
    /// Channels of an image.
    pub channels: usize,
    /// Rows of an image, at least 6.
    pub height: usize,
    /// Columns of an image, at least 6.
    pub width: usize,
    /// Channels between the blocks; 64 in the paper.
    pub outer: usize,
    /// Channels inside a block; 32 in the paper.
    pub inner: usize,
    /// Classes, at least 2.
    pub n_classes: usize,
    /// Residual blocks.
    pub max_depth: usize,
    /// Running statistics of the output block.
    pub head_statistics: HeadStatistics,
    /// How the CPU kernels compute the 3x3 convolutions; no other device looks at it.
    #[cfg_attr(feature = "serde", serde(default))]
    pub convolution: Convolution,
}

/// Sizes of a fully connected network for feature vectors.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub struct FcConfig {
    /// Input features.
    pub n_inputs: usize,
    /// Hidden units; 20 in the paper.
    pub width: usize,
    /// Classes, at least 2.
    pub n_classes: usize,
    /// Residual blocks.
    pub max_depth: usize,
}

/// Sizes of a network of either kind.
#[derive(Clone, Debug, PartialEq, Eq)]
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
            Self::Conv(config) => config.channels * config.height * config.width,
            Self::Fc(config) => config.n_inputs,
        }
    }

    /// The same network with another number of blocks.
    #[must_use]
    pub fn with_max_depth(&self, max_depth: usize) -> Self {
        match self.clone() {
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
                ("channels", c.channels, 1),
                ("height", c.height, 6),
                ("width", c.width, 6),
                ("outer", c.outer, 1),
                ("inner", c.inner, 1),
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

impl ConvConfig {
    pub(crate) fn shape(&self) -> ConvShape {
        let &Self {
            channels,
            height,
            width,
            outer,
            inner,
            n_classes,
            max_depth,
            ..
        } = self;
        ConvShape {
            channels,
            height,
            width,
            outer,
            inner,
            n_classes,
            max_depth,
        }
    }
}

impl FcConfig {
    pub(crate) fn shape(&self) -> FcShape {
        let &Self {
            n_inputs,
            width,
            n_classes,
            max_depth,
        } = self;
        FcShape {
            n_inputs,
            width,
            n_classes,
            max_depth,
        }
    }
}
