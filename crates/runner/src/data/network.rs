//! The network of a configuration.

use anyhow::Result;
use vds_datasets::ExampleShape;
use vds_model::{ConvConfig, FcConfig, NetworkConfig};

use super::description::dataset;
use crate::config::{Config, NetworkSizes};
use crate::error::Error;

/// Sizes of the network: those of the configuration, and those that follow from the data set.
pub(crate) fn network_config(config: &Config) -> Result<NetworkConfig> {
    let dataset = dataset(config)?;
    let (shape, n_classes) = (dataset.shape, dataset.n_classes());
    let max_depth = config.max_depth();
    match (&config.file().network, shape) {
        (NetworkSizes::Fc { width }, shape) => Ok(NetworkConfig::Fc(FcConfig {
            n_inputs: shape.len(),
            width: *width,
            n_classes,
            max_depth,
        })),
        (
            NetworkSizes::Conv {
                channels,
                bottleneck_channels,
                convolution,
            },
            ExampleShape::Image {
                channels: in_channels,
                height,
                width,
            },
        ) => {
            let config = ConvConfig {
                in_channels,
                height,
                width,
                channels: *channels,
                bottleneck_channels: *bottleneck_channels,
                n_classes,
                max_depth,
                convolution: *convolution,
            };
            Ok(NetworkConfig::Conv(config))
        }
        (NetworkSizes::Conv { .. }, ExampleShape::Features(_)) => {
            Err(Error::input("a convolutional network needs images").into())
        }
    }
}
