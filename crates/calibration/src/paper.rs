//! Two quantities of the paper's figures, under names that say what they are.

use crate::predictions::prediction;
use crate::{Error, Predictions, Result};

/// Mean probability of the label, in `[0, 1]`.
///
/// # Source
/// The published code feeds probabilities to `nll_loss` and plots the result as 'test log-likelihood'; no logarithm is taken.
pub fn mean_true_probability(predictions: &Predictions<'_>) -> f64 {
    predictions.mean(predictions.true_probs().map(f64::from))
}

/// One bin `lower < p <= upper` of all class probabilities pooled.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PooledBin {
    /// Upper edge.
    pub upper: f64,
    /// Entries of the probability matrix in the bin.
    pub count: usize,
    /// Those among them whose class is both the label and the prediction.
    pub correct: usize,
}

/// The published code's reliability plot: every entry of the probability matrix is a prediction, and entries of exactly 0 are
/// dropped. Edges are `k / n_bins` in `f64`.
///
/// # Errors
/// [`Error::NoBins`].
pub fn paper_pooled_curve(predictions: &Predictions<'_>, n_bins: usize) -> Result<Vec<PooledBin>> {
    if n_bins == 0 {
        return Err(Error::NoBins);
    }
    let edges: Vec<f64> = (0..=n_bins).map(|k| linspace(k, n_bins)).collect();
    let mut bins: Vec<PooledBin> = edges[1..]
        .iter()
        .map(|&upper| PooledBin {
            upper,
            count: 0,
            correct: 0,
        })
        .collect();
    for (row, label) in predictions.rows() {
        let predicted = prediction(row).0;
        for (class, p) in row.iter().enumerate().filter(|(_, p)| **p > 0.0 && **p <= 1.0) {
            let bin = edges.partition_point(|edge| *edge < f64::from(*p)).clamp(1, n_bins) - 1;
            bins[bin].count += 1;
            bins[bin].correct += usize::from(class == label && class == predicted);
        }
    }
    Ok(bins)
}

/// The published notebook's number under its reliability plot, with ten bins: `Σ n_m / n · |correct_m / n_m - upper_m|`.
///
/// It reads about 0.1 on perfectly calibrated predictions of ten classes. `None` if a bin is empty, where the notebook has NaN.
pub fn paper_pooled_calibration(predictions: &Predictions<'_>) -> Option<f64> {
    let bins = paper_pooled_curve(predictions, 10).ok()?;
    let total: usize = bins.iter().map(|bin| bin.count).sum();
    if bins.iter().any(|bin| bin.count == 0) {
        return None;
    }
    let gap = |bin: &PooledBin| (bin.correct as f64 / bin.count as f64 - bin.upper).abs();
    Some(bins.iter().map(|bin| bin.count as f64 / total as f64 * gap(bin)).sum())
}

/// NumPy's `linspace(0, 1, n + 1)[k]`: the product with the step, the last one exact.
fn linspace(k: usize, n: usize) -> f64 {
    if k == n { 1.0 } else { k as f64 * (1.0 / n as f64) }
}
