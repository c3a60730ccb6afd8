//! Calibration errors over bins of equal mass.
//!
//! They are not in the table of scores, whose calibration errors have bins of equal width as the paper's have; golden vectors and
//! properties check them, and a row of the table or another program may use them.

use crate::sample::quantile;
use crate::{Error, Predictions, Result};

/// Mean gap over runs of equal length of the examples sorted by confidence.
///
/// The sort is stable; of `n_bins` runs the first `n mod n_bins` hold one example more, and empty ones are skipped.
///
/// # Errors
/// [`Error::NoBins`].
pub fn equal_mass_calibration_error(predictions: &Predictions<'_>, n_bins: usize) -> Result<f64> {
    if n_bins == 0 {
        return Err(Error::NoBins);
    }
    let outcomes = sorted(predictions);
    let (size, n_larger) = (outcomes.len() / n_bins, outcomes.len() % n_bins);
    let mut rest = outcomes.as_slice();
    let mut total = 0.0;
    for bin in 0..n_bins {
        let (run, after) = rest.split_at(size + usize::from(bin < n_larger));
        total += summed_gap(run);
        rest = after;
    }
    Ok(total / outcomes.len() as f64)
}

/// Mean gap over bins `[lower, upper)` between the quantiles of the confidences (linear interpolation), the outer edges being
/// 0 and 1 and the last bin closed.
///
/// # Errors
/// [`Error::NoBins`].
pub fn quantile_calibration_error(predictions: &Predictions<'_>, n_bins: usize) -> Result<f64> {
    if n_bins == 0 {
        return Err(Error::NoBins);
    }
    let outcomes = sorted(predictions);
    let confidences: Vec<f64> = outcomes.iter().map(|(confidence, _)| *confidence).collect();
    let starts = (1..n_bins).map(|k| {
        let edge = quantile(&confidences, k as f64 / n_bins as f64);
        confidences.partition_point(|confidence| *confidence < edge)
    });
    let mut bounds: Vec<usize> = std::iter::once(0).chain(starts).collect();
    bounds.push(outcomes.len());
    let total: f64 = bounds
        .windows(2)
        .map(|bin| summed_gap(&outcomes[bin[0]..bin[1].max(bin[0])]))
        .sum();
    Ok(total / outcomes.len() as f64)
}

fn sorted(predictions: &Predictions<'_>) -> Vec<(f64, bool)> {
    let mut outcomes: Vec<(f64, bool)> = predictions.outcomes().map(|(c, right)| (f64::from(c), right)).collect();
    outcomes.sort_by(|a, b| a.0.total_cmp(&b.0));
    outcomes
}

/// The number of examples of a run times its gap.
fn summed_gap(run: &[(f64, bool)]) -> f64 {
    let right = run.iter().filter(|(_, right)| *right).count() as f64;
    (right - run.iter().map(|(confidence, _)| confidence).sum::<f64>()).abs()
}
