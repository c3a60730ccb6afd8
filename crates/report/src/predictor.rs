//! The predictive distributions that are compared over depths, and their means over seeds.

use vds_records::{Method, Predictive, RunRecord, Scores};

use crate::aggregate::Group;
use crate::chart::Style;
use crate::number::NumberFormat;

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

    /// The method of its runs.
    pub(crate) fn method(self) -> Method {
        match self {
            Self::Ldn | Self::PrunedLdn => Method::Ldn,
            Self::Ddn => Method::Ddn,
        }
    }

    /// Its runs of maximum depth `depth`, one per seed.
    pub(crate) fn runs<'a>(self, group: &Group<'a>, depth: usize) -> Vec<&'a RunRecord> {
        group.of(self.method(), depth)
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
