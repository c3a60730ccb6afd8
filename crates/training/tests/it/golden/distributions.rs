//! How runs from random initial parameters spread over seeds: the authors' code beside this project's trainer.
//!
//! Rounding grows until two correct programs agree in no digit of a long run, so it is the means over seeds that are compared.

use dfdx::prelude::Cpu;
use rayon::prelude::{IntoParallelIterator as _, ParallelIterator as _};
use vds_datasets::{Examples, Standardization, View};
use vds_model::Convolution;
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind};
use vds_training::{StepOutcome, TrainOptions, Trainer, TrainingData, epoch_scores};
use vds_variational::DepthPosterior;

use super::network::network_config;
use super::objective;

/// The tensors `stat/…`, `[seeds, epochs]`.
const QUANTITIES: [&str; 7] = [
    "train_nll",
    "kl",
    "train_err",
    "test_nll",
    "test_err",
    "expected_depth",
    "d_opt",
];

/// Standard errors within which one mean would have to lie.
const STANDARD_ERRORS: f64 = 3.0;

/// Of numbers that are the same for every seed, in single precision: the least tolerance of the golden set.
const ROUNDING: f64 = 1e-6;

/// Two means of a quantity over seeds.
#[derive(Debug)]
struct Comparison {
    what: String,
    theirs: Sample,
    ours: Sample,
}

#[derive(Debug)]
struct Sample {
    mean: f64,
    /// Squared standard error of the mean.
    squared_error: f64,
}

#[test]
fn golden_distributions_over_seeds_agree() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let spirals = GoldenSet::locate(concat!(env!("CARGO_MANIFEST_DIR"), "/../datasets")).cases(Kind::Spirals);
    let cases = set.cases(Kind::Trajectory);
    let comparisons: Vec<Comparison> = cases.iter().flat_map(|case| compare(case, &spirals)).collect();
    // Of so many means one may well lie beyond three standard errors by chance, about one set in six. Bonferroni's
    // correction makes that as rare for all of them together as it is for one. It takes the standard errors as known:
    // Student's distribution would allow half a standard error more, and initial weights too wide by sqrt(3) would pass.
    let n = comparisons.iter().filter(|c| c.squared_error() > 0.0).count();
    let is_beyond = |c: &&Comparison| two_sided(c.errors_apart()) * n as f64 <= two_sided(STANDARD_ERRORS);
    let beyond: Vec<&Comparison> = comparisons.iter().filter(is_beyond).collect();
    assert!(beyond.is_empty(), "of {n} means that vary, beyond chance: {beyond:#?}");
    let farthest = comparisons
        .iter()
        .max_by(|a, b| a.errors_apart().total_cmp(&b.errors_apart()))
        .unwrap();
    let n_beyond_three = comparisons
        .iter()
        .filter(|c| c.errors_apart() > STANDARD_ERRORS)
        .count();
    println!(
        "{n} means that vary, {n_beyond_three} beyond {STANDARD_ERRORS} standard errors; the farthest is {} at {:.2}",
        farthest.what,
        farthest.errors_apart()
    );
}

fn compare(case: &GoldenCase, spirals: &[GoldenCase]) -> Vec<Comparison> {
    let shape = case.shape("stat/kl");
    let [n_seeds, n_epochs] = shape[..] else {
        panic!("{}: seeds and epochs", case.name())
    };
    // The training points of a trajectory are those of the spirals, which have the test points as well.
    let of_case = |spirals: &&GoldenCase| spirals.f32("X_train") == case.f32("X");
    let spirals = spirals.iter().find(of_case).expect("the trajectory's spirals");
    let [train, test] = ["train", "test"].map(|part| {
        let labels = spirals.labels(&format!("y_{part}"));
        Examples::from_features(spirals.f32(&format!("X_{part}")), 2, labels, case.meta("classes")).unwrap()
    });
    let runs = (0..n_seeds)
        .into_par_iter()
        .map(|seed| run(case, &train, &test, seed as u64));
    let runs: Vec<Vec<[f64; QUANTITIES.len()]>> = runs.collect();
    let epochs: Vec<usize> = case.meta("stat_epochs");
    let mut comparisons = Vec::new();
    for (of_run, quantity) in QUANTITIES.iter().enumerate() {
        let theirs = case.f32(&format!("stat/{quantity}"));
        assert_eq!(theirs.len(), n_seeds * n_epochs, "{}: {quantity}", case.name());
        for (at, epoch) in epochs.iter().enumerate() {
            comparisons.push(Comparison {
                what: format!("{}: {quantity} at epoch {epoch}", case.name()),
                theirs: Sample::of(
                    theirs
                        .iter()
                        .skip(at)
                        .step_by(n_epochs)
                        .map(|&x| f64::from(x))
                        .collect(),
                ),
                ours: Sample::of(runs.iter().map(|epochs| epochs[at][of_run]).collect()),
            });
        }
    }
    comparisons
}

/// The quantities at the case's epochs, in a run of the trainer from its own initial parameters.
fn run(case: &GoldenCase, train: &Examples, test: &Examples, seed: u64) -> Vec<[f64; QUANTITIES.len()]> {
    let epochs: Vec<usize> = case.meta("stat_epochs");
    let options = TrainOptions {
        learning_rate: case.meta("lr"),
        momentum: case.meta("momentum"),
        batch_size: case.meta("batch"),
        seed,
        ..TrainOptions::new(objective(case), *epochs.last().unwrap())
    };
    // The points are standardized already.
    let standardization = &Standardization::identity(2);
    let [train, test] = [train, test].map(|examples| View {
        examples,
        standardization,
    });
    let network = network_config(case, Convolution::default());
    let mut trainer = Trainer::new(options, &network, &Cpu::default()).unwrap();
    let data = TrainingData { train, selection: None };
    let mut found = Vec::new();
    while let StepOutcome::Epoch(metrics) = trainer.train_epoch(&data, &|_| false).unwrap() {
        if !epochs.contains(&metrics.epoch) {
            continue;
        }
        let posterior = DepthPosterior::from_probs(&metrics.posterior).unwrap();
        let scores = epoch_scores(trainer.network(), test, &posterior, 500, &|| false).unwrap();
        let scores = scores.expect("no pause was requested");
        found.push([
            metrics.train_nll,
            // An epoch is one step, and what it reports of training is from before its update: so is this.
            (metrics.train_loss - metrics.train_nll) * train.len() as f64,
            metrics.train_error,
            scores.nll,
            scores.error,
            metrics.expected_depth,
            metrics.pruned_depth as f64,
        ]);
    }
    found
}

impl Sample {
    fn of(values: Vec<f64>) -> Self {
        assert!(values.iter().all(|x| x.is_finite()), "{values:?}");
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
        Self {
            mean,
            squared_error: variance / n,
        }
    }
}

impl Comparison {
    /// Squared standard error of the difference.
    fn squared_error(&self) -> f64 {
        self.theirs.squared_error + self.ours.squared_error
    }

    /// The difference in standard errors, but for rounding.
    fn errors_apart(&self) -> f64 {
        let difference = ((self.theirs.mean - self.ours.mean).abs() - ROUNDING).max(0.0);
        if difference > 0.0 {
            difference / self.squared_error().sqrt()
        } else {
            0.0
        }
    }
}

/// The probability that a normal variable lies farther than so many standard deviations from zero.
fn two_sided(deviations: f64) -> f64 {
    let integral = |from: f64| {
        let step = 1e-3;
        let middles = (0..15_000).map(|i| from + (f64::from(i) + 0.5) * step);
        middles.map(|x| (-0.5 * x * x).exp()).sum::<f64>() * step
    };
    integral(deviations) / integral(0.0)
}

#[test]
fn golden_bound_is_that_of_the_normal_distribution() {
    // From tables.
    for (deviations, expected) in [(0.0, 1.0), (1.959_964, 0.05), (3.0, 2.699_796e-3), (4.0, 6.334_248e-5)] {
        let found = two_sided(deviations);
        assert!((found / expected - 1.0).abs() < 1e-5, "{found} instead of {expected}");
    }
}
