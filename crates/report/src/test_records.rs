//! Synthetic records: plausible, deterministic, without randomness.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use vds_records::{
    Cost, DataFile, Environment, EpochMetrics, HeadStatistics, Method, NetworkKind, Predictive, PruningRule, RunRecord,
    Scores, SelectionSplit, SplitScores, StoppedBy, Summary, files::SUMMARY_SCHEMA,
};

pub(crate) use grid::arms;
use scores::Quality;

mod grid;
mod scores;

/// A run of `method` on `dataset`; learns to use about six blocks.
pub(crate) fn run(dataset: &str, method: Method, max_depth: usize, seed: u64) -> RunRecord {
    let posterior = posterior(method, max_depth);
    let pruned_depth = if method == Method::Ldn {
        max_depth.min(6)
    } else {
        max_depth
    };
    let wobble = 1.0 + 0.06 * ((seed as f64 + 1.3) * 7.7 + max_depth as f64).sin();
    let quality = Quality {
        method,
        max_depth,
        pruned_depth,
        scale: wobble,
    };
    let network = if dataset == "spirals" {
        NetworkKind::Fc
    } else {
        NetworkKind::Conv
    };
    // A fully connected network has no batch norm in its output block.
    let heads: &[HeadStatistics] = match network {
        NetworkKind::Fc => &[HeadStatistics::PerDepth],
        NetworkKind::Conv => &[HeadStatistics::PerDepth, HeadStatistics::Shared],
    };
    let summary = Summary {
        schema: SUMMARY_SCHEMA,
        dataset: dataset.to_owned(),
        method,
        network,
        head_statistics: HeadStatistics::PerDepth,
        selection_split: SelectionSplit::Validation,
        max_depth,
        seed,
        data_seed: seed,
        settings: settings(dataset, method, max_depth, seed),
        n_train: 4500,
        n_validation: 500,
        n_test: 1000,
        n_classes: if dataset == "spirals" { 2 } else { 10 },
        epochs: 30,
        best_epoch: 24,
        stopped_by: Some(StoppedBy::EarlyStopping),
        expected_depth: posterior.iter().enumerate().map(|(d, p)| d as f64 * p).sum(),
        prior: normalized((0..=max_depth).map(|d| 0.85_f64.powf(d as f64)).collect()),
        posterior: posterior.clone(),
        pruned_depth,
        pruning_rule: PruningRule::PAPER,
        pruned_from: None,
        evaluations: heads.iter().map(|&head| quality.evaluation(head)).collect(),
        cost: Cost {
            train_flops: 1e9 * (max_depth + 1) as f64,
            forward_flops: 1e5 * max_depth as f64,
            pruned_forward_flops: 1e5 * pruned_depth as f64,
        },
        train_per_depth: quality.per_depth(0.4),
        files: BTreeMap::new(),
        sha256: String::new(),
    };
    RunRecord {
        name: format!("{dataset}-{}-d{max_depth}-s{seed}", method.name()),
        folder: Some(format!("runs/{dataset}/{}/d{max_depth}/s{seed}", method.name())),
        epochs: (1..=30)
            .map(|epoch| epoch_metrics(epoch, method, max_depth, &posterior))
            .collect(),
        grid: (dataset == "spirals").then(|| arms(2)),
        examples: None,
        train_seconds: Some(10.0 * (max_depth + 1) as f64),
        environment: environment(),
        config_text: format!("(\n    dataset: \"{dataset}\",\n    max_depth: {max_depth},\n    seed: {seed},\n)\n"),
        summary,
    }
}

/// Spirals (with predictive grids, two seeds) and Fashion-MNIST (one seed), both methods.
pub(crate) fn mixed() -> Vec<RunRecord> {
    let mut runs = Vec::new();
    for method in Method::ALL {
        for depth in [5, 10, 20] {
            runs.extend((0..2).map(|seed| run("spirals", method, depth, seed)));
        }
        runs.extend([0, 2, 5, 8].map(|depth| run("fashion-mnist-mini", method, depth, 0)));
    }
    runs
}

/// The test scores that are reported first.
pub(crate) fn test_mut(run: &mut RunRecord) -> &mut SplitScores {
    &mut run.summary.evaluations[0].test
}

/// Those of one predictive distribution.
pub(crate) fn scores_mut(run: &mut RunRecord, predictive: Predictive) -> &mut Scores {
    test_mut(run).predictives.entry(predictive).or_default()
}

/// Sets a field of the configuration.
pub(crate) fn set(summary: &mut Summary, path: &str, value: Value) {
    summary.settings.insert(path.to_owned(), value);
}

/// An environment in which each field has a value that a page may show.
pub(crate) fn environment() -> Environment {
    Environment {
        version: "0.1.0".to_owned(),
        commit: "4ec9004d2f".to_owned(),
        binary_sha256: Some("b1a7".repeat(16)),
        lock_sha256: None,
        toolchain: "rustc 1.95.0".to_owned(),
        target: "x86_64-unknown-linux-gnu".to_owned(),
        profile: "release".to_owned(),
        cpu: Some("Some CPU @ 2.9 GHz".to_owned()),
        cpu_features: vec!["avx2".to_owned(), "fma".to_owned()],
        config_sha256: None,
        instruction_set: Some("avx512".to_owned()),
        data: vec![DataFile {
            location: "train-images".to_owned(),
            sha256: "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84".to_owned(),
        }],
        pruned_from: None,
    }
}

fn posterior(method: Method, max_depth: usize) -> Vec<f64> {
    let weight = |d: usize| match method {
        Method::Ldn => (-0.5 * ((d as f64 - 6.5) / 2.0).powi(2)).exp() + 1e-9,
        Method::Ddn => f64::from(u8::from(d == max_depth)),
    };
    normalized((0..=max_depth).map(weight).collect())
}

fn normalized(weights: Vec<f64>) -> Vec<f64> {
    let total: f64 = weights.iter().sum();
    weights.into_iter().map(|weight| weight / total).collect()
}

fn settings(dataset: &str, method: Method, max_depth: usize, seed: u64) -> BTreeMap<String, Value> {
    let settings = [
        ("dataset.Catalogue", json!(dataset)),
        ("method", json!(method)),
        ("max_depth", json!(max_depth)),
        ("network.Fc.width", json!(20)),
        ("prior.Geometric", json!(0.85)),
        ("posterior", json!("Published")),
        ("optimizer.learning_rate", json!(0.1)),
        ("optimizer.schedule.ldn", json!("Constant")),
        ("optimizer.schedule.ddn", json!("Constant")),
        ("epochs", json!(30)),
        ("pruning_rule", json!(PruningRule::PAPER)),
        ("seed", json!(seed)),
        ("data_seed", Value::Null),
    ];
    settings.map(|(path, value)| (path.to_owned(), value)).into()
}

fn epoch_metrics(epoch: usize, method: Method, max_depth: usize, posterior: &[f64]) -> EpochMetrics {
    let t = epoch as f64;
    let ldn = method == Method::Ldn;
    let loss = 1.9 * (-t / 6.0).exp() + 0.18;
    EpochMetrics {
        epoch,
        learning_rate: 0.1,
        train_loss: loss,
        train_nll: loss - 0.001,
        kl_nats: 1.2,
        elbo_nats: -loss * 4500.0,
        train_error: 0.3 * loss,
        validation_error: Some(0.3 * loss + 0.02),
        validation_nll: Some(loss + 0.05 + 0.003 * (t - 20.0).max(0.0) + 0.02 * (t * 1.7).sin()),
        posterior: posterior.to_vec(),
        expected_depth: max_depth as f64 * (0.35 + 0.15 * (-t / 8.0).exp()),
        elbo_gap_nats: ldn.then(|| 40.0 * (-t / 5.0).exp()),
        pruned_depth: max_depth.min(6),
        exact_posterior: None,
        exact_expected_depth: ldn.then_some(max_depth as f64 * 0.4),
        exact_pruned_depth: ldn.then(|| max_depth.min(5)),
        train_depth_nll: Vec::new(),
        validation_depth_nll: Some(vec![0.5; max_depth + 1]),
        validation_elbo_nats: None,
        train_depth: None,
    }
}
