//! What of the data is known before they are read.

use anyhow::Result;
use vds_datasets::{Dataset, Lookup, Part, Source};
use vds_model::NetworkConfig;
use vds_records::{NetworkKind, Work};

use super::{dataset, network_config, whole};
use crate::config::{Config, Split};

/// Bytes of a process beside data and network: the program, its threads, the embedded images.
const BASE_MEMORY: f64 = 256e6;
/// Copies of each training and test input that a process holds at most: as read, as examples, standardized.
const N_COPIES: f64 = 3.0;

/// The SHA-256 digests of the data of a run. Those of files are the catalogue's: a plan needs no data. Generated points are
/// generated, since no catalogue has them.
pub(crate) fn checksums(config: &Config) -> Result<Vec<String>> {
    let dataset = dataset(config)?;
    Ok(match &dataset.source {
        Source::Spirals { .. } => whole(config, &dataset, &Lookup::default())?.provenance.digests(),
        _ => {
            let files = dataset.entry()?.files.iter();
            files
                .map(|file| file.sha256.clone().unwrap_or_else(|| file.name.clone()))
                .collect()
        }
    })
}

/// What training takes: operations of the forward and backward passes of all epochs, where a backward pass takes twice as many as a
/// forward pass, and an estimate of the memory.
pub(crate) fn work(config: &Config) -> Result<Work> {
    let (dataset, network) = (dataset(config)?, network_config(config)?);
    let file = config.file();
    let [n_available, n_test] = sizes(&dataset)?;
    let n_given = file.n_train.map_or(n_available, |n| n_available.min(n as f64));
    let n_train = match config.early_stopping().split {
        Split::Validation(fraction) => n_given * (1.0 - fraction),
        Split::None | Split::Test => n_given,
    };
    let depth = config.max_depth();
    let n_inputs = dataset.shape.len() as f64;
    let data = N_COPIES * 4.0 * n_inputs * (n_available + n_test);
    // Of each block what the backward pass needs.
    let per_depth = match &network {
        NetworkConfig::Conv(conv) => {
            let (height, width) = conv.pooled_size();
            (height * width * (conv.channels + 2 * conv.bottleneck_channels)) as f64
        }
        NetworkConfig::Fc(fc) => 3.0 * fc.width as f64,
    };
    let activations = 4.0 * per_depth * (depth + 1) as f64 * file.batch_size as f64;
    Ok(Work {
        network: match network {
            NetworkConfig::Conv(_) => NetworkKind::Conv,
            NetworkConfig::Fc(_) => NetworkKind::Fc,
        },
        train_flops: 3.0 * network.forward_flops(depth) * n_train * file.epochs as f64,
        memory: whole_number(BASE_MEMORY + data + activations),
        epochs: file.epochs,
    })
}

/// Training and test examples of a data set.
fn sizes(dataset: &Dataset) -> Result<[f64; 2]> {
    Ok(match &dataset.source {
        Source::Spirals { config, train_fraction } => {
            let n_train = (config.n as f64 * train_fraction).round();
            [n_train, config.n as f64 - n_train]
        }
        _ => {
            let entry = dataset.entry()?;
            [Part::Train, Part::Test].map(|part| entry.n_examples(part) as f64)
        }
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a number of bytes is not negative, and the cast saturates"
)]
fn whole_number(bytes: f64) -> u64 {
    bytes as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planned_work_is_that_of_the_operations_and_the_data_need_not_be_there() {
        let text = "(schema: 3, dataset: Catalogue(\"fashion-mnist\"), n_train: Some(4000), max_depth: 2, epochs: 10, \
                    network: Conv(channels: 8, bottleneck_channels: 4), early_stopping: (split: validation(0.25)))";
        let config = crate::config::load(std::path::Path::new("a.ron"), text, &[]).unwrap();
        let work = work(&config).unwrap();
        let forward = network_config(&config).unwrap().forward_flops(2);
        assert!((work.train_flops / (3.0 * forward * 3000.0 * 10.0) - 1.0).abs() < 1e-12);
        assert_eq!((work.network, work.epochs), (NetworkKind::Conv, 10));
        let checksums = checksums(&config).unwrap();
        assert_eq!(checksums.len(), 4);
        assert!(checksums.iter().all(|digest| digest.len() == 64));
    }
}
