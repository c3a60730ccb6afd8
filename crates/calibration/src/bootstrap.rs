//! The bootstrap over examples.

use rand::Rng;
use rand::distr::{Distribution as _, Uniform};

use crate::paired::check_finite;
use crate::sample::{mean, quantile};
use crate::{Error, Result};

/// 95 % bootstrap percentile interval of the mean of `values`.
///
/// # Numerics
/// It is narrower than a Student t interval by `√((n - 1) / n)` and by the difference of normal and t quantile: for few values,
/// seeds for instance, use [`crate::mean_interval`].
///
/// # Errors
/// If there are no values or resamples, or a value is not finite.
///
/// # Source
/// Efron and Tibshirani, An Introduction to the Bootstrap (1993), chapter 13.
pub fn bootstrap_mean_interval(values: &[f64], n_resamples: usize, rng: &mut impl Rng) -> Result<[f64; 2]> {
    check_finite(values)?;
    let examples = examples(values.len())?;
    let resampled_mean = || {
        let sum: f64 = (0..values.len()).map(|_| values[examples.sample(rng)]).sum();
        sum / values.len() as f64
    };
    Ok(Resampled::new(n_resamples, resampled_mean)?.interval())
}

/// Values of a statistic in resamples, sorted, at least one.
pub(crate) struct Resampled(Vec<f64>);

impl Resampled {
    /// Calls `statistic` once per resample.
    pub(crate) fn new(n_resamples: usize, statistic: impl FnMut() -> f64) -> Result<Self> {
        if n_resamples == 0 {
            return Err(Error::NoResamples);
        }
        let mut values: Vec<f64> = std::iter::repeat_with(statistic).take(n_resamples).collect();
        values.sort_by(f64::total_cmp);
        Ok(Self(values))
    }

    pub(crate) fn mean(&self) -> f64 {
        mean(&self.0)
    }

    pub(crate) fn quantile(&self, share: f64) -> f64 {
        quantile(&self.0, share)
    }

    /// The 95 % percentile interval.
    pub(crate) fn interval(&self) -> [f64; 2] {
        [0.025, 0.975].map(|share| self.quantile(share))
    }
}

/// Uniform distribution over the indices of `n` examples.
pub(crate) fn examples(n: usize) -> Result<Uniform<usize>> {
    Uniform::new(0, n).map_err(|_| Error::Empty)
}
