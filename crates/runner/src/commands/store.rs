//! What a run leaves behind.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::json;
use vds_model::{NetworkConfig, weights};

use crate::config::Config;
use crate::data::Data;
use crate::device::Device;
use crate::evaluation::{depth_scores, plane, test_scores};
use crate::record::{Plane, SUMMARY_SCHEMA, Summary};
use crate::run_dir::RunDir;
use crate::training::Trained;

/// What is known of a run beside the network that was kept.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) epochs: usize,
    /// As in the summary.
    pub(super) stopped_by: String,
    /// Maximum depth of the network that this one was cut out of.
    pub(super) pruned_from: Option<usize>,
}

/// Every number that a network and its data give.
#[derive(Debug)]
pub(super) struct Evaluated {
    pub(super) summary: Summary,
    /// For two-dimensional inputs.
    pub(super) plane: Option<Plane>,
}

/// Writes the weights.
pub(super) fn write_network(run_dir: &RunDir, config: &Config, trained: &Trained<Device>) -> Result<()> {
    let about = json!({
        "program": format!("vds {}", env!("CARGO_PKG_VERSION")),
        "name": config.file().name,
        "dataset": config.dataset_name(),
        "method": config.method().name(),
        "max_depth": config.max_depth(),
        "seed": config.seed(),
        "epoch": trained.epoch,
    });
    // One entry: the format keeps its metadata in no particular order, and equal runs should give equal files.
    let metadata = BTreeMap::from([("vds".to_owned(), about.to_string())]);
    let bytes = weights::to_bytes(&trained.network, trained.posterior_logits.as_deref(), &metadata)?;
    Ok(run_dir.write_weights(&bytes)?)
}

/// Writes the weights, the plane if there is one, and last the summary, which makes the run a finished one.
pub(super) fn write(run_dir: &RunDir, config: &Config, trained: &Trained<Device>, evaluated: &Evaluated) -> Result<()> {
    write_network(run_dir, config, trained)?;
    if let Some(plane) = &evaluated.plane {
        run_dir.write_plane(plane)?;
    }
    Ok(run_dir.write_summary(&evaluated.summary)?)
}

/// What is stored of a run, from its network and its data.
pub(super) fn evaluate(
    config: &Config,
    data: &Data,
    trained: &Trained<Device>,
    outcome: &Outcome,
) -> Result<Evaluated> {
    let (network, posterior) = (&trained.network, &trained.posterior);
    let pruned_depth = config.pruning_rule().pruned_depth(posterior);
    let ece_bins = config.file().ece_bins;
    let train_per_depth = depth_scores(network, &data.train_split(), ece_bins)?;
    let test = test_scores(network, &data.test_split(), posterior, pruned_depth, ece_bins);
    let is_plane = network.example_len() == 2;
    let plane = is_plane.then(|| plane(network, &data.train_split(), posterior));
    let summary = Summary {
        schema: SUMMARY_SCHEMA,
        dataset: config.dataset_name().to_owned(),
        method: config.method().name().to_owned(),
        network: kind(network.config()).to_owned(),
        head_statistics: head_statistics(config).to_owned(),
        protocol: config.early_stopping().split.name().to_owned(),
        max_depth: config.max_depth(),
        seed: config.seed(),
        n_train: data.train.len(),
        n_validation: data.validation.as_ref().map_or(0, vds_datasets::Examples::len),
        n_test: data.test.len(),
        n_classes: network.n_classes(),
        epochs: outcome.epochs,
        best_epoch: trained.epoch,
        stopped_by: outcome.stopped_by.clone(),
        posterior: posterior.probs().to_vec(),
        prior: config.prior().probs().to_vec(),
        expected_depth: posterior.expected_depth(),
        pruned_depth,
        pruning_rule: config.pruning_rule().to_string(),
        pruned_from: outcome.pruned_from,
        test: test.context("evaluating on the test set")?,
        train_per_depth,
    };
    Ok(Evaluated {
        summary,
        plane: plane.transpose()?,
    })
}

fn kind(network: &NetworkConfig) -> &'static str {
    match network {
        NetworkConfig::Conv(_) => "conv",
        NetworkConfig::Fc(_) => "fc",
    }
}

fn head_statistics(config: &Config) -> &'static str {
    match config.file().head_statistics {
        vds_model::HeadStatistics::Shared => "shared",
        vds_model::HeadStatistics::PerDepth => "per_depth",
    }
}
