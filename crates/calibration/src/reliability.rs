//! Reliability diagrams with equal-width bins, and the calibration errors over these bins.

use crate::{Error, Predictions, Result};

/// Accuracy and confidence by bins of confidence.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReliabilityDiagram {
    /// The bins, lowest confidence first.
    pub bins: Vec<ReliabilityBin>,
}

/// One bin, `lower < confidence <= upper`.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReliabilityBin {
    /// Lower edge, not contained.
    pub lower: f64,
    /// Upper edge, contained.
    pub upper: f64,
    /// Number of predictions in the bin.
    pub count: usize,
    /// Share of the bin's predictions that are right; 0 in an empty bin.
    pub accuracy: f64,
    /// Mean confidence of the bin's predictions; 0 in an empty bin.
    pub confidence: f64,
}

impl ReliabilityBin {
    /// `|accuracy - confidence|`; 0 in an empty bin.
    pub fn gap(&self) -> f64 {
        (self.accuracy - self.confidence).abs()
    }
}

impl ReliabilityDiagram {
    /// Sorts the predictions into `n_bins` bins of equal width.
    ///
    /// # Numerics
    /// Edges are `k / n_bins` rounded to `f32`, and confidences are compared with them in `f32`: a confidence that is an edge as
    /// the network's type knows it belongs to the bin below. Sums are `f64`.
    ///
    /// # Errors
    /// [`Error::NoBins`].
    pub fn new(predictions: &Predictions<'_>, n_bins: usize) -> Result<Self> {
        if n_bins == 0 {
            return Err(Error::NoBins);
        }
        let edges = edges(n_bins);
        let mut bins: Vec<ReliabilityBin> = edges.windows(2).map(|pair| empty_bin(pair[0], pair[1])).collect();
        for (confidence, right) in predictions.outcomes() {
            let bin = bin_of(&edges, confidence);
            bins[bin].count += 1;
            bins[bin].accuracy += f64::from(u8::from(right));
            bins[bin].confidence += f64::from(confidence);
        }
        for bin in bins.iter_mut().filter(|bin| bin.count > 0) {
            bin.accuracy /= bin.count as f64;
            bin.confidence /= bin.count as f64;
        }
        Ok(Self { bins })
    }

    /// Mean gap over the examples, in `[0, 1]`: `Σ_m n_m / n · |accuracy_m - confidence_m|`.
    pub fn expected_calibration_error(&self) -> f64 {
        self.weighted(ReliabilityBin::gap)
    }

    /// Largest gap of a bin that is not empty.
    pub fn maximum_calibration_error(&self) -> f64 {
        self.bins.iter().map(ReliabilityBin::gap).fold(0.0, f64::max)
    }

    /// Root of the mean squared gap over the examples; not in the table of scores.
    pub fn root_mean_square_calibration_error(&self) -> f64 {
        self.weighted(|bin| bin.gap().powi(2)).sqrt()
    }

    fn weighted(&self, value: impl Fn(&ReliabilityBin) -> f64) -> f64 {
        let n: usize = self.bins.iter().map(|bin| bin.count).sum();
        self.bins
            .iter()
            .map(|bin| bin.count as f64 / n as f64 * value(bin))
            .sum()
    }
}

/// Expected calibration error with `n_bins` equal-width bins; see [`ReliabilityDiagram`].
///
/// # Errors
/// [`Error::NoBins`].
pub fn expected_calibration_error(predictions: &Predictions<'_>, n_bins: usize) -> Result<f64> {
    Ok(ReliabilityDiagram::new(predictions, n_bins)?.expected_calibration_error())
}

/// Maximum calibration error with `n_bins` equal-width bins; see [`ReliabilityDiagram`].
///
/// # Errors
/// [`Error::NoBins`].
pub fn maximum_calibration_error(predictions: &Predictions<'_>, n_bins: usize) -> Result<f64> {
    Ok(ReliabilityDiagram::new(predictions, n_bins)?.maximum_calibration_error())
}

/// Root mean square calibration error with `n_bins` equal-width bins, which is not in the table of scores; see
/// [`ReliabilityDiagram`].
///
/// # Errors
/// [`Error::NoBins`].
pub fn root_mean_square_calibration_error(predictions: &Predictions<'_>, n_bins: usize) -> Result<f64> {
    Ok(ReliabilityDiagram::new(predictions, n_bins)?.root_mean_square_calibration_error())
}

/// The `n_bins + 1` edges of bins of equal width.
pub(crate) fn edges(n_bins: usize) -> Vec<f32> {
    (0..=n_bins).map(|k| edge(k, n_bins)).collect()
}

/// The bin between `edges` that a confidence belongs to.
pub(crate) fn bin_of(edges: &[f32], confidence: f32) -> usize {
    // The number of edges below it, the first of which is 0; a confidence is positive.
    edges
        .partition_point(|edge| *edge < confidence)
        .clamp(1, edges.len() - 1)
        - 1
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "edges are rounded to the type of the probabilities"
)]
fn edge(k: usize, n_bins: usize) -> f32 {
    (k as f64 / n_bins as f64) as f32
}

fn empty_bin(lower: f32, upper: f32) -> ReliabilityBin {
    ReliabilityBin {
        lower: f64::from(lower),
        upper: f64::from(upper),
        count: 0,
        accuracy: 0.0,
        confidence: 0.0,
    }
}
