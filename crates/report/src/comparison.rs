//! Paired differences of scores, over the seeds that two kinds of runs share and over the test examples.

use vds_calibration::{MeanInterval, mean_interval, paired_difference, score};
use vds_records::{Method, Predictive, RunRecord};

use crate::aggregate::Group;
use crate::number::{self, MISSING, NumberFormat};

/// The scores that are compared.
pub(crate) const COMPARED: [&str; 4] = ["error", "nll", "ece", "brier"];
/// With fewer seeds than this their number stands at every interval.
const ENOUGH_SEEDS: usize = 5;

/// One predictive distribution against another: the difference is the first minus the second.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Contrast {
    /// Name of the row.
    pub(crate) name: &'static str,
    first: Side,
    second: Side,
}

/// A predictive distribution of the runs of a method.
#[derive(Clone, Copy, Debug)]
struct Side(Method, Predictive);

const DDN: Side = Side(Method::Ddn, Predictive::Deepest);
const TEMPERED_DDN: Side = Side(Method::Ddn, Predictive::DeepestTempered);
const WHOLE: Side = Side(Method::Ldn, Predictive::Marginal);
const PRUNED: Side = Side(Method::Ldn, Predictive::Pruned);
const STACKED: Side = Side(Method::Ldn, Predictive::Stacked);
const TEMPERED: Side = Side(Method::Ldn, Predictive::MarginalTempered);

/// Learnt against deterministic depth. A temperature helps a network whatever its method, so that the tempered marginal stands beside
/// the plain and the tempered baseline.
pub(crate) const AGAINST_DDN: [Contrast; 6] = [
    Contrast::new("marginal − DDN", WHOLE, DDN),
    Contrast::new("pruned − DDN", PRUNED, DDN),
    Contrast::new("stacked − DDN", STACKED, DDN),
    Contrast::new("marginal, T − DDN", TEMPERED, DDN),
    Contrast::new("marginal, T − DDN, T", TEMPERED, TEMPERED_DDN),
    Contrast::new("marginal − DDN, T", WHOLE, TEMPERED_DDN),
];

/// What pruning costs.
pub(crate) const AGAINST_WHOLE: [Contrast; 1] = [Contrast::new("pruned − whole", PRUNED, WHOLE)];

impl Contrast {
    const fn new(name: &'static str, first: Side, second: Side) -> Self {
        Self { name, first, second }
    }

    /// The runs of a group that share maximum depth and seed.
    pub(crate) fn pairs<'a>(&self, group: &Group<'a>, depth: usize) -> Vec<[&'a RunRecord; 2]> {
        let second = group.of(self.second.0, depth);
        let partner = |run: &RunRecord| second.iter().find(|other| other.summary.seed == run.summary.seed);
        let first = group.of(self.first.0, depth).into_iter();
        first.filter_map(|run| Some([run, partner(run)?])).collect()
    }

    /// The difference of a score over the seeds, of those pairs that have it on both sides; `None` without such a pair, and where a
    /// difference is infinite or undefined.
    pub(crate) fn over_seeds(&self, pairs: &[[&RunRecord; 2]], key: &str) -> Option<MeanInterval> {
        let value = |side: Side, run: &RunRecord| run.summary.test().of(side.1).get(key);
        let values = pairs
            .iter()
            .filter_map(|[a, b]| value(self.first, a).zip(value(self.second, b)));
        let (first, second): (Vec<f64>, Vec<f64>) = values.unzip();
        paired_difference(&first, &second).ok()
    }

    /// The difference of a score over the test examples; `None` where it is not stored for single examples.
    pub(crate) fn over_examples(&self, pairs: &[[&RunRecord; 2]], key: &str) -> Option<OverExamples> {
        let differences: Vec<Vec<f64>> = pairs
            .iter()
            .filter_map(|pair| self.example_differences(pair, key))
            .collect();
        let n = differences.first()?.len();
        if differences.iter().any(|of_pair| of_pair.len() != n) {
            return None;
        }
        let n_seeds = differences.len();
        let mean = |example: usize| differences.iter().map(|of_pair| of_pair[example]).sum::<f64>() / n_seeds as f64;
        let difference = mean_interval(&(0..n).map(mean).collect::<Vec<f64>>()).ok()?;
        Some(OverExamples { difference, n_seeds })
    }

    /// Of one pair, if both sides have scores of the same examples.
    fn example_differences(&self, [a, b]: &[&RunRecord; 2], key: &str) -> Option<Vec<f64>> {
        if a.environment.digests() != b.environment.digests() {
            return None;
        }
        let [first, second] = [(self.first, a), (self.second, b)].map(|(side, run)| of_examples(run, side.1, key));
        let (first, second) = first.zip(second)?;
        (first.len() == second.len()).then(|| first.iter().zip(&second).map(|(a, b)| a - b).collect())
    }
}

/// A mean over test examples of differences that are averaged over the seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct OverExamples {
    /// Over the examples.
    pub(crate) difference: MeanInterval,
    /// Seeds whose examples are stored.
    pub(crate) n_seeds: usize,
}

/// The score of each test example, if it is stored.
fn of_examples(run: &RunRecord, predictive: Predictive, key: &str) -> Option<Vec<f64>> {
    let scores = run
        .examples
        .as_ref()?
        .get(run.summary.evaluation().head_statistics, predictive)?;
    match key {
        "nll" => Some(scores.nll.iter().copied().map(f64::from).collect()),
        "brier" => Some(scores.brier.iter().copied().map(f64::from).collect()),
        "error" => Some(scores.error.iter().copied().map(f64::from).collect()),
        _ => None,
    }
}

/// A difference with its 95 % interval; with few seeds their number stands beside it.
pub(crate) fn seeds_text(key: &str, difference: Option<MeanInterval>) -> String {
    let Some(difference) = difference else {
        return MISSING.to_owned();
    };
    let text = format(key).difference(difference.mean, difference.interval);
    match difference.n {
        n if n < ENOUGH_SEEDS => format!("{text}, {}", number::plural(n, "seed")),
        _ => text,
    }
}

/// A difference with its 95 % interval over examples.
pub(crate) fn examples_text(key: &str, over: &OverExamples) -> String {
    format(key).difference(over.difference.mean, over.difference.interval)
}

fn format(key: &str) -> NumberFormat {
    score(key).map_or(NumberFormat::Score, |score| NumberFormat::of(score.unit))
}
