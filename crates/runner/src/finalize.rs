//! What a run leaves behind: weights, records, and last the summary.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::json;
use vds_model::NetworkConfig;
use vds_records::files::SUMMARY_SCHEMA;
use vds_records::{NetworkKind, PredictiveGrid, StoppedBy, Summary};
use vds_training::{FittedModel, depth_scores, predictive_grid, test_scores};

use crate::config::Config;
use crate::data::Data;
use crate::device::Device;
use crate::run_dir::RunDir;

/// What is known of a run beside the network that was kept.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) epochs: usize,
    /// As in the summary.
    pub(crate) stopped_by: Option<StoppedBy>,
    /// Maximum depth of the network that this one was pruned from.
    pub(crate) pruned_from: Option<usize>,
}

/// Every number that a network and its data give.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) summary: Summary,
    /// For two-dimensional inputs.
    pub(crate) grid: Option<PredictiveGrid>,
}

/// Writes the weights.
pub(crate) fn write_network(run_dir: &RunDir, config: &Config, model: &FittedModel<Device>) -> Result<()> {
    let about = json!({
        "program": format!("vds {}", env!("CARGO_PKG_VERSION")),
        "name": config.file().name,
        "dataset": config.dataset_name(),
        "method": config.method().name(),
        "max_depth": config.max_depth(),
        "seed": config.seed(),
    });
    let about = about.as_object().cloned().unwrap_or_default();
    Ok(run_dir.write_weights(&model.to_safetensors(about)?)?)
}

/// Writes the weights, the grid if there is one, and last the summary, which makes the run a finished one.
pub(crate) fn write(
    run_dir: &RunDir,
    config: &Config,
    model: &FittedModel<Device>,
    evaluated: &Evaluated,
) -> Result<()> {
    write_network(run_dir, config, model)?;
    if let Some(grid) = &evaluated.grid {
        run_dir.write_grid(grid)?;
    }
    Ok(run_dir.write_summary(evaluated.summary.clone())?)
}

/// What is stored of a run, from its network and its data.
pub(crate) fn evaluate(
    config: &Config,
    data: &Data,
    model: &FittedModel<Device>,
    outcome: &Outcome,
) -> Result<Evaluated> {
    let (network, posterior) = (&model.network, &model.posterior);
    let pruned_depth = config.pruning_rule().pruned_depth(posterior);
    let (pruned, _) = model.pruned_posterior(pruned_depth)?;
    let ece_bins = config.file().ece_bins;
    let train_per_depth = depth_scores(network, data.train_view(), ece_bins)?;
    let test = test_scores(network, data.test_view(), posterior, &pruned, ece_bins);
    let is_planar = network.example_len() == 2;
    let grid = is_planar.then(|| predictive_grid(network, data.train_view(), posterior));
    let summary = Summary {
        schema: SUMMARY_SCHEMA,
        dataset: config.dataset_name().to_owned(),
        method: config.method(),
        network: match network.config() {
            NetworkConfig::Conv(_) => NetworkKind::Conv,
            NetworkConfig::Fc(_) => NetworkKind::Fc,
        },
        head_statistics: config.file().head_statistics,
        selection_split: config.selection_split(),
        max_depth: config.max_depth(),
        seed: config.seed(),
        n_train: data.train.len(),
        n_validation: data.validation.as_ref().map_or(0, vds_datasets::Examples::len),
        n_test: data.test.len(),
        n_classes: network.n_classes(),
        epochs: outcome.epochs,
        best_epoch: model.epoch.unwrap_or(0),
        stopped_by: outcome.stopped_by,
        posterior: posterior.probs().to_vec(),
        prior: config.prior().probs().to_vec(),
        expected_depth: posterior.expected_depth(),
        pruned_depth,
        pruning_rule: config.pruning_rule(),
        pruned_from: outcome.pruned_from,
        test: test.context("evaluating on the test set")?,
        train_per_depth,
        // What is sealed when it is written.
        files: BTreeMap::new(),
        sha256: String::new(),
    };
    Ok(Evaluated {
        summary,
        grid: grid.transpose()?,
    })
}
