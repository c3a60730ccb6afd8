//! Runs grouped by what makes them comparable, and seeds pooled.

use vds_records::{Predictive, RunRecord, Scores, Summary};

use crate::chart::Style;
use crate::number::{self, NumberFormat};

/// Runs that differ in method, depth and seed only.
#[derive(Debug)]
pub(crate) struct Group<'a> {
    /// Name of the data set, with the setting where several groups share it.
    pub(crate) title: String,
    /// Sorted by method (LDN first), depth, seed.
    pub(crate) runs: Vec<Entry<'a>>,
}

/// A run and the identifier of its section.
#[derive(Clone, Debug)]
pub(crate) struct Entry<'a> {
    /// `run-0`, `run-1`, … in the order of the page.
    pub(crate) id: String,
    /// The record.
    pub(crate) run: &'a RunRecord,
}

/// A predictive distribution that is compared over depths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Predictor {
    /// The whole learnt-depth network.
    Ldn,
    /// The learnt-depth network pruned to its chosen depth.
    PrunedLdn,
    /// The deterministic-depth network.
    Ddn,
}

/// Mean and standard deviation over seeds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct MeanSd {
    /// Mean; infinite if a value is.
    pub(crate) mean: f64,
    /// Standard deviation (n − 1); `None` for one value or an infinite mean.
    pub(crate) sd: Option<f64>,
    /// Number of values.
    pub(crate) n: usize,
}

impl<'a> Group<'a> {
    /// `runs` grouped, in order of first appearance.
    pub(crate) fn collect(runs: &'a [RunRecord]) -> Vec<Self> {
        let mut groups: Vec<Vec<&RunRecord>> = Vec::new();
        for run in runs {
            match groups
                .iter_mut()
                .find(|group| setting(&group[0].summary) == setting(&run.summary))
            {
                Some(group) => group.push(run),
                None => groups.push(vec![run]),
            }
        }
        let titles: Vec<String> = groups.iter().map(|group| title(group[0], &groups)).collect();
        let mut n_before = 0;
        let numbered = groups.into_iter().zip(titles).map(|(mut group, title)| {
            group.sort_by_key(|run| {
                (
                    !run.is_ldn(),
                    run.method_label(),
                    run.summary.max_depth,
                    run.summary.seed,
                )
            });
            let first = n_before;
            n_before += group.len();
            let entry = |(index, run)| Entry {
                id: format!("run-{}", first + index),
                run,
            };
            Self {
                title,
                runs: group.into_iter().enumerate().map(entry).collect(),
            }
        });
        numbered.collect()
    }

    /// What the runs share.
    pub(crate) fn summary(&self) -> &'a Summary {
        &self.runs[0].run.summary
    }

    /// Maximum depths in rising order, each once.
    pub(crate) fn depths(&self) -> Vec<usize> {
        let trained = self.runs.iter().filter(|entry| entry.run.is_trained());
        let mut depths: Vec<usize> = trained.map(|entry| entry.run.summary.max_depth).collect();
        depths.sort_unstable();
        depths.dedup();
        depths
    }

    /// Runs that `predictor` is a part of, of maximum depth `depth`.
    pub(crate) fn of(&self, predictor: Predictor, depth: usize) -> Vec<&'a RunRecord> {
        let wanted = |run: &RunRecord| {
            let is_part = run.is_ldn() == (predictor != Predictor::Ddn);
            run.is_trained() && is_part && run.summary.max_depth == depth
        };
        self.runs
            .iter()
            .map(|entry| entry.run)
            .filter(|run| wanted(run))
            .collect()
    }

    /// Whether two runs share method, depth and seed, so that they must differ in something else.
    pub(crate) fn has_repeated_seeds(&self) -> bool {
        let key = |entry: &Entry<'_>| {
            (
                entry.run.method_label(),
                entry.run.summary.max_depth,
                entry.run.summary.seed,
            )
        };
        self.runs.windows(2).any(|pair| key(&pair[0]) == key(&pair[1]))
    }
}

impl Predictor {
    /// All, in the order of legends and rows.
    pub(crate) const ALL: [Self; 3] = [Self::Ldn, Self::PrunedLdn, Self::Ddn];

    /// Name on the page.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Ldn => "LDN (marginal)",
            Self::PrunedLdn => "pruned LDN",
            Self::Ddn => "DDN",
        }
    }

    /// Look of its series.
    pub(crate) fn style(self) -> Style {
        match self {
            Self::Ldn => Style::Marginal,
            Self::PrunedLdn => Style::Pruned,
            Self::Ddn => Style::Ddn,
        }
    }

    /// Its scores on the test set.
    pub(crate) fn scores(self, run: &RunRecord) -> &Scores {
        match self {
            Self::Ldn => run.summary.test().of(Predictive::Marginal),
            Self::PrunedLdn => run.summary.test().of(Predictive::Pruned),
            Self::Ddn => run.summary.test().of(Predictive::Deepest),
        }
    }

    /// Blocks it uses: the posterior's mean, the pruned depth, or all.
    pub(crate) fn depth(self, run: &RunRecord) -> f64 {
        match self {
            Self::Ldn => run.summary.expected_depth,
            Self::PrunedLdn => run.summary.pruned_depth as f64,
            Self::Ddn => run.summary.max_depth as f64,
        }
    }
}

impl MeanSd {
    /// Over `values`; the mean of none is not a number.
    pub(crate) fn over(values: &[f64]) -> Self {
        let n = values.len();
        let mean = values.iter().sum::<f64>() / n as f64;
        let squares = || values.iter().map(|value| (value - mean).powi(2)).sum::<f64>();
        let sd = (n > 1)
            .then(|| (squares() / (n - 1) as f64).sqrt())
            .filter(|sd| sd.is_finite());
        Self { mean, sd, n }
    }

    /// `mean ± sd`, or the mean alone.
    pub(crate) fn text(&self, format: NumberFormat) -> String {
        match self.sd {
            Some(sd) => format.with_sd(self.mean, sd),
            None => format.text(self.mean),
        }
    }
}

/// Facts under which runs may be compared.
fn setting(summary: &Summary) -> [String; 5] {
    [
        summary.dataset.clone(),
        summary.network.name().to_owned(),
        format!("{} head statistics", summary.head_statistics.name()),
        format!("selection split {}", summary.selection_split.name()),
        format!("{} training examples", number::count(summary.n_train)),
    ]
}

/// The data set, with those facts in which its groups differ.
fn title(run: &RunRecord, groups: &[Vec<&RunRecord>]) -> String {
    let own = setting(&run.summary);
    let rivals: Vec<[String; 5]> = groups
        .iter()
        .map(|group| setting(&group[0].summary))
        .filter(|other| other[0] == own[0])
        .collect();
    let differing = (1..own.len()).filter(|&fact| rivals.iter().any(|other| other[fact] != own[fact]));
    let facts: Vec<&str> = differing.map(|fact| own[fact].as_str()).collect();
    if facts.is_empty() {
        own[0].clone()
    } else {
        format!("{} ({})", own[0], facts.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_of_one_value_has_no_deviation() {
        assert_eq!(
            MeanSd::over(&[0.25]),
            MeanSd {
                mean: 0.25,
                sd: None,
                n: 1
            }
        );
    }

    #[test]
    fn mean_comes_with_the_sample_standard_deviation() {
        let pooled = MeanSd::over(&[1.0, 2.0, 3.0, 6.0]);
        assert!((pooled.mean - 3.0).abs() < 1e-12);
        assert!((pooled.sd.unwrap() - (14.0_f64 / 3.0).sqrt()).abs() < 1e-12);
        assert_eq!(pooled.text(NumberFormat::Score), "3.00 ± 2.16");
    }

    #[test]
    fn mean_of_an_infinite_value_is_infinite_without_deviation() {
        let pooled = MeanSd::over(&[1.0, f64::INFINITY]);
        assert_eq!(pooled.text(NumberFormat::Depth), "∞");
    }
}
