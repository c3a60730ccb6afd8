//! What a run leaves behind: weights, records, and last the summary.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde_json::json;
use vds_model::{HeadStatistics, NetworkConfig};
use vds_records::files::SUMMARY_SCHEMA;
use vds_records::{
    Cost, Evaluation, ExampleScores, Fitted, NetworkKind, PerExample, Predictive, PredictiveGrid, RuleChoice,
    StoppedBy, Summary,
};
use vds_training::streams::{Purpose, stream};
use vds_training::{EvaluationSettings, FittedModel, HeldOutPass, Mixture, depth_scores, evaluate, predictive_grid};

use crate::config::Config;
use crate::data::Data;
use crate::device::Device;
use crate::run_dir::RunDir;

/// Resamples of the examples for the interval and the floor of the ECE.
const N_RESAMPLES: usize = 500;

/// What is known of a run beside the network that was kept.
#[derive(Debug)]
pub(crate) struct Outcome {
    pub(crate) epochs: usize,
    /// As in the summary.
    pub(crate) stopped_by: Option<StoppedBy>,
    /// Maximum depth of the network that this one was pruned from.
    pub(crate) pruned_from: Option<usize>,
    /// Floating-point operations of the training.
    pub(crate) train_flops: f64,
}

/// Every number that a network and its data give.
#[derive(Debug)]
pub(crate) struct Evaluated {
    pub(crate) summary: Summary,
    /// Scores of single test examples.
    pub(crate) examples: ExampleScores,
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

/// Writes the weights, the scores of single examples, the grid if there is one, and last the summary, which makes the run a
/// finished one.
pub(crate) fn write(
    run_dir: &RunDir,
    config: &Config,
    model: &FittedModel<Device>,
    evaluated: &Evaluated,
) -> Result<()> {
    write_network(run_dir, config, model)?;
    run_dir.write_test_examples(&evaluated.examples.to_bytes()?)?;
    if let Some(grid) = &evaluated.grid {
        run_dir.write_grid(grid)?;
    }
    Ok(run_dir.write_summary(evaluated.summary.clone())?)
}

/// Fits what is fitted after training to the validation split, if there is one, and gives what is stored of the run.
pub(crate) fn finalize(
    config: &Config,
    data: &Data,
    model: &mut FittedModel<Device>,
    outcome: &Outcome,
) -> Result<Evaluated> {
    let (evaluations, examples) = evaluations(config, data, model)?;
    model.fitted.clone_from(&evaluations[0].fitted);
    let pruned_depth = model.pruned_depth(config.pruning_rule())?;
    let (network, posterior) = (&model.network, &model.posterior);
    let is_planar = network.example_len() == 2;
    let grid = is_planar.then(|| predictive_grid(network, data.train_view(), &Mixture::of(posterior.clone())));
    let sizes = network.config();
    let summary = Summary {
        schema: SUMMARY_SCHEMA,
        dataset: config.dataset_name().to_owned(),
        method: config.method(),
        network: match sizes {
            NetworkConfig::Conv(_) => NetworkKind::Conv,
            NetworkConfig::Fc(_) => NetworkKind::Fc,
        },
        head_statistics: config.file().head_statistics,
        selection_split: config.selection_split(),
        max_depth: config.max_depth(),
        seed: config.seed(),
        data_seed: config.data_seed(),
        settings: config.settings(),
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
        evaluations,
        cost: Cost {
            train_flops: outcome.train_flops,
            forward_flops: sizes.forward_flops(sizes.max_depth()),
            pruned_forward_flops: sizes.forward_flops(pruned_depth),
        },
        train_per_depth: depth_scores(network, data.train_view(), config.file().ece_bins)?,
        // What is sealed when it is written.
        files: BTreeMap::new(),
        sha256: String::new(),
    };
    Ok(Evaluated {
        summary,
        examples,
        grid: grid.transpose()?,
    })
}

/// The scores with the running statistics that are reported first, and with the others if the network has both; and those of
/// single test examples.
pub(crate) fn evaluations(
    config: &Config,
    data: &Data,
    model: &FittedModel<Device>,
) -> Result<(Vec<Evaluation>, ExampleScores)> {
    let reported = model.network.head_statistics();
    let both = match reported {
        HeadStatistics::PerDepth => [HeadStatistics::PerDepth, HeadStatistics::Shared],
        HeadStatistics::Shared => [HeadStatistics::Shared, HeadStatistics::PerDepth],
    };
    let n_heads = match model.network.config() {
        NetworkConfig::Conv(_) => 2,
        NetworkConfig::Fc(_) => 1,
    };
    let mut examples = ExampleScores::default();
    let evaluations = both[..n_heads]
        .iter()
        .map(|&head_statistics| {
            let (evaluation, of_examples) = evaluation(config, data, model, head_statistics)?;
            for (predictive, scores) in of_examples {
                examples.insert(head_statistics, predictive, scores);
            }
            Ok(evaluation)
        })
        .collect::<Result<_>>()?;
    Ok((evaluations, examples))
}

fn evaluation(
    config: &Config,
    data: &Data,
    model: &FittedModel<Device>,
    head_statistics: HeadStatistics,
) -> Result<(Evaluation, BTreeMap<Predictive, PerExample>)> {
    let (network, posterior) = (&model.network, &model.posterior);
    let (fitted, choices) = held_out(config, data, model, head_statistics)?.unzip();
    let held_out = fitted.as_ref().map(|fitted| &fitted.held_out);
    let pruned_depth = config.pruning_rule().pruned_depth(posterior, held_out)?;
    let (pruned, _) = model.pruned_posterior(pruned_depth)?;
    let settings = EvaluationSettings {
        head_statistics,
        posterior,
        pruned: &pruned,
        fitted: fitted.as_ref(),
        ece_bins: config.file().ece_bins,
        n_resamples: N_RESAMPLES,
        seed: config.seed(),
    };
    let validation = data.validation_view().map(|view| evaluate(network, view, &settings));
    let test = evaluate(network, data.test_view(), &settings).context("evaluating on the test set")?;
    let evaluation = Evaluation {
        head_statistics,
        validation: validation.transpose()?.map(|scored| scored.scores),
        test: test.scores,
        fitted,
        choices: choices.unwrap_or_default(),
    };
    Ok((evaluation, test.examples))
}

/// What is fitted to the validation split, and what each pruning rule chooses and costs there; `None` without such a split.
pub(crate) fn held_out(
    config: &Config,
    data: &Data,
    model: &FittedModel<Device>,
    head_statistics: HeadStatistics,
) -> Result<Option<(Fitted, Vec<RuleChoice>)>> {
    let Some(view) = data.validation_view() else {
        return Ok(None);
    };
    let mut rng = stream(config.seed(), Purpose::Bootstrap, 1);
    let pass = HeldOutPass::new(&model.network, head_statistics, view).context("evaluating on the validation split")?;
    let fitted = pass.fit(&model.posterior, &mut rng)?;
    let choices = pass.choices(config.pruning_rule(), &model.posterior, &fitted, &mut rng)?;
    Ok(Some((fitted, choices)))
}
