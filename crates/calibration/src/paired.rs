//! Means with Student t intervals, of one sample and of paired differences.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

use crate::sample::{mean, standard_error};
use crate::{Error, Result};

/// Mean of a sample with its standard error and a 95 % interval.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct MeanInterval {
    /// Number of values, at least 1.
    pub n: usize,
    /// Mean.
    pub mean: f64,
    /// `sd / √n` with `n - 1` in the variance; `None` for one value, which says nothing about its spread.
    pub standard_error: Option<f64>,
    /// `mean ± t · standard_error` with the 97.5 % quantile `t` of Student's distribution with `n - 1` degrees of freedom; `None` for
    /// one value.
    pub interval: Option<[f64; 2]>,
}

/// Mean of `a - b` over pairs; see [`paired_difference`].
pub type PairedDifference = MeanInterval;

/// Mean of `a - b` with its 95 % Student t interval: what two methods differ by over the same seeds, or over the same examples.
///
/// # Shapes
/// `a`, `b`: `[n]`, where entries of one index belong together.
///
/// # Numerics
/// The interval takes differences as independent and normal, or `n` large enough that their mean is.
///
/// # Errors
/// If there are no pairs, the lengths differ, or a difference is not finite.
pub fn paired_difference(a: &[f64], b: &[f64]) -> Result<PairedDifference> {
    if a.len() != b.len() {
        return Err(Error::Pairs {
            left: a.len(),
            right: b.len(),
        });
    }
    let differences: Vec<f64> = a.iter().zip(b).map(|(a, b)| a - b).collect();
    mean_interval(&differences)
}

/// Mean of `values` with its 95 % Student t interval.
///
/// # Errors
/// If there are no values, or one is not finite.
pub fn mean_interval(values: &[f64]) -> Result<MeanInterval> {
    check_finite(values)?;
    let (n, mean, standard_error) = (values.len(), mean(values), standard_error(values.iter().copied()));
    let interval = standard_error.map(|error| {
        let half_width = student_t_quantile(n - 1) * error;
        [mean - half_width, mean + half_width]
    });
    Ok(MeanInterval {
        n,
        mean,
        standard_error,
        interval,
    })
}

pub(crate) fn check_finite(values: &[f64]) -> Result<()> {
    if values.is_empty() {
        return Err(Error::NoValues);
    }
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(Error::NotFinite {
            index,
            value: values[index],
        }),
        None => Ok(()),
    }
}

/// The 97.5 % quantile of Student's distribution.
///
/// # Numerics
/// Bisection of the distribution function down to neighboring floats: the inverse of statrs 0.19 loses digits as the degrees of
/// freedom grow (it returns 1.83 for ten million) and does not return for a hundred million.
fn student_t_quantile(degrees_of_freedom: usize) -> f64 {
    let distribution = StudentsT::new(0.0, 1.0, degrees_of_freedom as f64).expect("at least one degree of freedom");
    // It falls from 12.71 for one degree of freedom to the normal distribution's 1.96.
    let (mut lower, mut upper) = (1.9, 13.0);
    loop {
        let middle = f64::midpoint(lower, upper);
        if middle <= lower || middle >= upper {
            return upper;
        }
        if distribution.cdf(middle) < 0.975 {
            lower = middle;
        } else {
            upper = middle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn student_t_quantile_is_that_of_tables() {
        let table = [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (3, 3.182_446_305),
            (9, 2.262_157_163),
            (30, 2.042_272_456),
            (120, 1.979_930_405),
        ];
        for (degrees_of_freedom, expected) in table {
            let actual = student_t_quantile(degrees_of_freedom);
            // Half a unit in the table's last digit.
            assert!(
                (actual - expected).abs() <= 5e-10 * 1.1,
                "{actual} for {degrees_of_freedom}"
            );
        }
    }

    #[test]
    fn student_t_quantile_falls_to_the_normal_one() {
        let quantiles: Vec<f64> = (1..2_000).map(student_t_quantile).collect();
        assert!(quantiles.is_sorted_by(|a, b| a > b));
        // The next order of its expansion: z + (z³ + z) / 4 df is below 1e-5 beyond 250,000.
        assert!((student_t_quantile(1_000_000) - 1.959_963_985).abs() < 1e-5);
    }
}
