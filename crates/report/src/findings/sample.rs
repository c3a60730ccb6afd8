//! Values by seed, and what their interval says.

use std::collections::BTreeMap;

use vds_calibration::{MeanInterval, mean_interval};

/// One value per seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Sample(pub(super) BTreeMap<u64, f64>);

/// Where a difference lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sign {
    /// The interval lies below 0.
    Lower,
    /// The interval lies above 0.
    Higher,
    /// The interval contains 0.
    NotFound,
    /// There is no interval: fewer than two seeds, or a value that is not finite.
    Unknown,
}

impl Sample {
    /// The values in order of seeds.
    pub(super) fn values(&self) -> impl Iterator<Item = f64> + '_ {
        self.0.values().copied()
    }

    /// Number of seeds.
    pub(super) fn n(&self) -> usize {
        self.0.len()
    }

    /// Differences at the seeds that both have.
    pub(super) fn minus(&self, other: &Self) -> Self {
        self.with(other, |a, b| a - b)
    }

    /// A function of both at the seeds that both have.
    pub(super) fn with(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        let common = self
            .0
            .iter()
            .filter_map(|(seed, a)| Some((*seed, f(*a, *other.0.get(seed)?))));
        Self(common.collect())
    }

    /// The values at seeds that the other has, too.
    pub(super) fn at_seeds_of(&self, other: &Self) -> Self {
        self.with(other, |a, _| a)
    }

    /// Mean and interval; `None` without values, and where one is not finite.
    pub(super) fn mean(&self) -> Option<MeanInterval> {
        mean_interval(&self.values().collect::<Vec<f64>>()).ok()
    }

    /// Median; the mean of the middle two of an even number, `None` of none.
    pub(super) fn median(&self) -> Option<f64> {
        let mut values: Vec<f64> = self.values().collect();
        values.sort_by(f64::total_cmp);
        let middle = values.len() / 2;
        match values.len() % 2 {
            _ if values.is_empty() => None,
            0 => Some(f64::midpoint(values[middle - 1], values[middle])),
            _ => Some(values[middle]),
        }
    }

    /// Number of values below and above 0.
    pub(super) fn below_and_above(&self) -> [usize; 2] {
        [
            self.values().filter(|value| *value < 0.0).count(),
            self.values().filter(|value| *value > 0.0).count(),
        ]
    }

    /// Where the values lie, as differences.
    pub(super) fn sign(&self) -> Sign {
        match self.mean().and_then(|mean| mean.interval) {
            None => Sign::Unknown,
            Some([_, upper]) if upper < 0.0 => Sign::Lower,
            Some([lower, _]) if lower > 0.0 => Sign::Higher,
            Some(_) => Sign::NotFound,
        }
    }
}

/// Two-sided exact p value of the sign test: how often fair coins fall at least as unevenly as these, ties left out.
pub(super) fn sign_test([below, above]: [usize; 2]) -> f64 {
    let n = below + above;
    // C(n, k) / 2^n, from k = 0 on.
    let mut term = 0.5_f64.powf(n as f64);
    let mut tail = 0.0;
    for k in 0..=below.min(above) {
        tail += term;
        term *= (n - k) as f64 / (k + 1) as f64;
    }
    (2.0 * tail).min(1.0)
}
