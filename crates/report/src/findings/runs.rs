//! Runs by experiment, and what they have in common.

use std::collections::BTreeSet;
use std::fmt::Display;

use vds_records::{EpochMetrics, HeadStatistics, Method, Predictive, Summary};

use super::measure::Measure;
use super::posterior::Posterior;
use super::sample::Sample;

/// A finished run of an experiment.
#[derive(Clone, Debug, PartialEq)]
pub struct FindingRun {
    /// The experiment of the plan `configs/sweeps/findings.ron` that it belongs to.
    pub experiment: String,
    /// `summary.json`.
    pub summary: Summary,
    /// `metrics.jsonl`, in order of epochs.
    pub epochs: Vec<EpochMetrics>,
    /// Wall time of training, seconds; `None` if it was not recorded.
    pub train_seconds: Option<f64>,
}

/// The experiments that compare data sets of images stand under these prefixes.
pub(super) const IMAGES: [&str; 2] = ["fashion", "mnist"];

/// Some of the runs, in the order of the plan.
#[derive(Clone, Debug)]
pub(super) struct Runs<'a>(pub(super) Vec<&'a FindingRun>);

impl<'a> Runs<'a> {
    /// All runs.
    pub(super) fn new(runs: &'a [FindingRun]) -> Self {
        Self(runs.iter().collect())
    }

    /// Those that a condition holds for.
    pub(super) fn filter(&self, is_wanted: impl Fn(&FindingRun) -> bool) -> Self {
        Self(self.0.iter().copied().filter(|run| is_wanted(run)).collect())
    }

    /// Those of some experiments of a data set: `fashion` and `ddn` for `fashion-ddn`.
    pub(super) fn of(&self, data: &str, experiments: &[&str]) -> Self {
        let names: Vec<String> = experiments.iter().map(|name| format!("{data}-{name}")).collect();
        self.filter(|run| names.contains(&run.experiment))
    }

    /// Those of a method.
    pub(super) fn method(&self, method: Method) -> Self {
        self.filter(|run| run.summary.method == method)
    }

    /// Those of a maximum depth.
    pub(super) fn depth(&self, depth: usize) -> Self {
        self.filter(|run| run.summary.max_depth == depth)
    }

    /// Those with an update of the posterior.
    pub(super) fn posterior(&self, posterior: &Posterior) -> Self {
        self.filter(|run| Posterior::of(&run.summary) == *posterior)
    }

    /// The updates of the posterior that occur.
    pub(super) fn posteriors(&self) -> BTreeSet<Posterior> {
        self.0.iter().map(|run| Posterior::of(&run.summary)).collect()
    }

    /// What occurs of a number, in rising order.
    pub(super) fn distinct(&self, number: impl Fn(&Summary) -> usize) -> Vec<usize> {
        let numbers: BTreeSet<usize> = self.0.iter().map(|run| number(&run.summary)).collect();
        numbers.into_iter().collect()
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Both.
    pub(super) fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().chain(&other.0).copied().collect())
    }

    /// A value of each run that has it, by seed; the runs must not repeat a seed.
    pub(super) fn sample(&self, value: impl Fn(&FindingRun) -> Option<f64>) -> Sample {
        let values = self.0.iter().filter_map(|run| Some((run.summary.seed, value(run)?)));
        Sample(values.collect())
    }

    /// A test score of a predictive distribution, by seed.
    pub(super) fn test(&self, predictive: Predictive, measure: &Measure) -> Sample {
        self.sample(|run| run.summary.test().of(predictive).get(measure.key))
    }

    /// A test score with one kind of head statistics, by seed.
    pub(super) fn test_with(&self, head: HeadStatistics, predictive: Predictive, measure: &Measure) -> Sample {
        self.sample(|run| {
            let evaluation = run.summary.evaluation_with(head)?;
            evaluation.test.of(predictive).get(measure.key)
        })
    }

    /// Expected depth, by seed.
    pub(super) fn expected_depth(&self) -> Sample {
        self.sample(|run| Some(run.summary.expected_depth))
    }

    /// Depth that the configured rule chooses, by seed.
    pub(super) fn pruned_depth(&self) -> Sample {
        self.sample(|run| Some(run.summary.pruned_depth as f64))
    }

    /// Name of the data set.
    pub(super) fn dataset(&self) -> String {
        let names: BTreeSet<&str> = self.0.iter().map(|run| run.summary.dataset.as_str()).collect();
        names.into_iter().collect::<Vec<&str>>().join(", ")
    }

    /// Data, depths, epochs and seeds, as a part of a sentence.
    pub(super) fn setting(&self) -> String {
        let seeds: BTreeSet<u64> = self.0.iter().map(|run| run.summary.seed).collect();
        format!(
            "`{}`, n_train {}, n_validation {}, n_test {}, D = {}, epochs {}, seeds {}",
            self.dataset(),
            list(&self.distinct(|summary| summary.n_train)),
            list(&self.distinct(|summary| summary.n_validation)),
            list(&self.distinct(|summary| summary.n_test)),
            list(&self.distinct(|summary| summary.max_depth)),
            list(&self.distinct(|summary| summary.epochs)),
            list(&seeds.into_iter().collect::<Vec<u64>>()),
        )
    }
}

/// Sorted numbers: all of a few, the ends of many.
fn list<T: Display>(numbers: &[T]) -> String {
    const FEW: usize = 5;
    match numbers {
        [first, .., last] if numbers.len() > FEW => format!("{first} to {last} ({})", numbers.len()),
        _ => numbers.iter().map(T::to_string).collect::<Vec<String>>().join(", "),
    }
}
