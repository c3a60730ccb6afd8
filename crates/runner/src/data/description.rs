//! The data set of a configuration.

use anyhow::Result;
use vds_datasets::{SpiralsConfig, catalogue};

use crate::config::{Config, Dataset};

/// The description of the data set that the configuration names.
///
/// # Errors
/// If it is not in the catalogue.
pub(crate) fn dataset(config: &Config) -> Result<vds_datasets::Dataset> {
    Ok(match &config.file().dataset {
        Dataset::Catalogue(name) => catalogue::find(name)?,
        &Dataset::Spirals {
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
            vds_datasets::Dataset::spirals(spirals, train_fraction)
        }
    })
}
