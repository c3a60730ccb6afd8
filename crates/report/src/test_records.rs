//! Synthetic records: plausible, deterministic, without randomness.

use std::collections::BTreeMap;

use vds_calibration::ReliabilityBin;
use vds_records::{
    DataFile, Environment, EpochMetrics, HeadStatistics, Method, NetworkKind, PredictiveGrid, PruningRule, RunRecord,
    Scores, SelectionSplit, StoppedBy, Summary, TestScores, files::SUMMARY_SCHEMA,
};

/// A run of `method` on `dataset`; learns to use about six blocks.
pub(crate) fn run(dataset: &str, method: Method, max_depth: usize, seed: u64) -> RunRecord {
    let posterior = posterior(method, max_depth);
    let pruned_depth = if method == Method::Ldn {
        max_depth.min(6)
    } else {
        max_depth
    };
    let wobble = 1.0 + 0.06 * ((seed as f64 + 1.3) * 7.7 + max_depth as f64).sin();
    let per_depth = |scale: f64| {
        (0..=max_depth)
            .map(|d| depth_scores(d, scale * wobble))
            .collect::<Vec<_>>()
    };
    let test = per_depth(1.0);
    let deepest = scores(&test[max_depth], if method == Method::Ldn { 0.08 } else { 0.05 }, 0.0);
    let marginal = scores(&test[pruned_depth], 0.02, 0.02);
    let pruned = scores(&test[pruned_depth], 0.025, 0.01);
    let summary = Summary {
        schema: SUMMARY_SCHEMA,
        dataset: dataset.to_owned(),
        method,
        network: if dataset == "spirals" {
            NetworkKind::Fc
        } else {
            NetworkKind::Conv
        },
        head_statistics: HeadStatistics::PerDepth,
        selection_split: SelectionSplit::Validation,
        max_depth,
        seed,
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
        test: if method == Method::Ldn {
            TestScores {
                marginal,
                pruned,
                deepest,
                per_depth: test,
            }
        } else {
            TestScores {
                marginal: deepest.clone(),
                pruned: deepest.clone(),
                deepest,
                per_depth: test,
            }
        },
        train_per_depth: per_depth(0.4),
        files: BTreeMap::new(),
        sha256: String::new(),
    };
    RunRecord {
        name: format!("{dataset}-{}-d{max_depth}-s{seed}", method.name()),
        folder: Some(format!("runs/{dataset}/{}/d{max_depth}/s{seed}", method.name())),
        epochs: (1..=30)
            .map(|epoch| epoch_metrics(epoch, max_depth, &posterior))
            .collect(),
        grid: (dataset == "spirals").then(|| arms(2)),
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

fn depth_scores(depth: usize, scale: f64) -> Scores {
    let fall = (-(depth as f64) / 2.5).exp();
    let rise = 0.004 * (depth as f64 - 8.0).max(0.0);
    let mut scores = Scores::default();
    scores.insert("error", scale * (0.5 * fall + 0.08 + rise));
    scores.insert("nll", scale * (1.4 * fall + 0.25 + rise));
    scores.insert("ece", 0.02 + rise);
    scores
}

fn scores(depth: &Scores, overconfidence: f64, mutual_information: f64) -> Scores {
    let mut scores = depth.clone();
    for (key, value) in [
        ("ece", overconfidence * 0.8),
        ("mce", overconfidence * 1.9),
        ("brier", 1.6 * depth.error()),
        ("mean_true_probability", 0.8),
        ("mean_confidence", 1.0 - depth.error() + overconfidence),
        ("predictive_entropy", 0.3),
        ("expected_entropy", 0.3 - mutual_information),
        ("mutual_information", mutual_information),
    ] {
        scores.insert(key, value);
    }
    scores.reliability = reliability(overconfidence);
    scores
}

fn reliability(overconfidence: f64) -> Vec<ReliabilityBin> {
    let bin = |index: u32| {
        let [lower, upper] = [f64::from(index) / 15.0, f64::from(index + 1) / 15.0];
        let confidence = (lower + upper) / 2.0;
        let count = if index < 3 {
            0
        } else {
            usize::try_from(index * index).unwrap()
        };
        let wave = overconfidence * (1.5 + f64::from(index).sin());
        let filled = f64::from(u8::from(count > 0));
        ReliabilityBin {
            lower,
            upper,
            count,
            accuracy: filled * (confidence - wave).clamp(0.0, 1.0),
            confidence: filled * confidence,
        }
    };
    (0..15).map(bin).collect()
}

fn epoch_metrics(epoch: usize, max_depth: usize, posterior: &[f64]) -> EpochMetrics {
    let t = epoch as f64;
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
        train_depth: None,
    }
}

/// A grid of 80 by 80 cells on which each of `n_arms` classes wins along its own spiral arm.
#[expect(clippy::cast_possible_truncation, reason = "the record stores f32")]
pub(crate) fn arms(n_arms: u32) -> PredictiveGrid {
    let n_side = 80;
    let direction = |class: u32| std::f64::consts::TAU * f64::from(class) / f64::from(n_arms);
    let coordinate = |index: usize| -2.0 + 4.0 * index as f64 / (n_side - 1) as f64;
    let mut grid = PredictiveGrid {
        x_range: [-2.0, 2.0],
        y_range: [-2.0, 2.0],
        n_side,
        class: Vec::new(),
        probability: Vec::new(),
        mutual_information: Vec::new(),
        points: Vec::new(),
    };
    for cell in 0..n_side * n_side {
        let [x, y] = [cell % n_side, cell / n_side].map(coordinate);
        let phase = y.atan2(x) - 3.5 * x.hypot(y);
        let score = |class: u32| 6.0 * (phase - direction(class)).cos();
        let total: f64 = (0..n_arms).map(|class| score(class).exp()).sum();
        let winner = (0..n_arms).max_by(|&a, &b| score(a).total_cmp(&score(b))).unwrap();
        let probability = score(winner).exp() / total;
        grid.class.push(winner);
        grid.probability.push(probability as f32);
        grid.mutual_information.push((0.25 * (1.0 - probability)) as f32);
    }
    for index in 0..200_u32 {
        let class = index % n_arms;
        let t = 0.3 + 1.5 * f64::from(index) / 200.0;
        let angle = 3.5 * t + direction(class);
        let jitter = 0.05 * (f64::from(index) * 12.9898).sin();
        let [x, y] = [t * angle.cos() + jitter, t * angle.sin() - jitter];
        grid.points.push((x as f32, y as f32, class));
    }
    grid
}
