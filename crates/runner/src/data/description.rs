//! The data set of a configuration.

use anyhow::Result;
use vds_datasets::{Dataset, SpiralsConfig, catalogue};

use crate::config::{Config, DatasetConfig};

/// The description of the data set that the configuration names.
pub(crate) fn dataset(config: &Config) -> Result<Dataset> {
    Ok(match &config.file().dataset {
        DatasetConfig::Catalogue(name) => catalogue::find(name)?,
        &DatasetConfig::Spirals {
            n,
            noise,
            arms,
            start_degrees,
            stop_degrees,
            train_fraction,
        } => {
            let spirals = SpiralsConfig {
                n,
                noise,
                arms,
                start_degrees,
                stop_degrees,
            };
            Dataset::spirals(spirals, train_fraction)
        }
    })
}
