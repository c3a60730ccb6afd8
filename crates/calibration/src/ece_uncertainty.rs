//! How much of an expected calibration error is noise.

use rand::Rng;
use rand::distr::Distribution as _;

use crate::bootstrap::{Resampled, examples};
use crate::reliability::{bin_of, edges};
use crate::{Error, Predictions, Result};

/// Uncertainty of an expected calibration error that finitely many examples cause.
///
/// The estimate of the ECE is biased upward, since each bin adds the absolute value of its noise. The floor is that bias for a
/// calibrated network: an ECE at the floor says nothing against calibration, and one above `floor_95` does, at the 5 % level.
#[derive(Clone, Copy, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct EceUncertainty {
    /// 95 % bootstrap percentile interval of the ECE over examples.
    pub interval: [f64; 2],
    /// Mean ECE that a perfectly calibrated network with these confidences would show.
    pub floor: f64,
    /// 95 % quantile of the ECE that a perfectly calibrated network with these confidences would show.
    pub floor_95: f64,
}

/// Interval and floor of the expected calibration error with `n_bins` equal-width bins, from `n_resamples` resamples each.
///
/// # Numerics
/// A resample of the bootstrap carries the noise of the examples twice, so its ECE is biased upward by more than the estimate's.
/// Where the ECE is near its floor the interval therefore lies too high and can exclude the estimate itself; there it is the floor
/// that decides. Where the ECE is several times its floor the interval covers as it should.
///
/// A confidence is compared with 32 random bits, which resolve it better than `f32` does near one; one that exceeds 1 by rounding
/// is taken as 1.
///
/// # Errors
/// [`Error::NoBins`], [`Error::NoResamples`].
///
/// # Source
/// Bröcker and Smith, Increasing the reliability of reliability diagrams (2007): consistency resampling;
/// Vaicenavicius et al., Evaluating model calibration in classification (2019).
pub fn ece_uncertainty(
    predictions: &Predictions<'_>,
    n_bins: usize,
    n_resamples: usize,
    rng: &mut impl Rng,
) -> Result<EceUncertainty> {
    if n_bins == 0 {
        return Err(Error::NoBins);
    }
    let outcomes = BinnedOutcomes::new(predictions, n_bins);
    let examples = examples(predictions.len())?;
    let mut gaps = vec![0.0; n_bins];
    let bootstrap = Resampled::new(n_resamples, || {
        gaps.fill(0.0);
        for _ in 0..predictions.len() {
            let (bin, gap) = outcomes.gaps[examples.sample(rng)];
            gaps[bin] += gap;
        }
        outcomes.error(gaps.iter().copied())
    })?;
    let calibrated = Resampled::new(n_resamples, || outcomes.calibrated_error(rng))?;
    Ok(EceUncertainty {
        interval: bootstrap.interval(),
        floor: calibrated.mean(),
        floor_95: calibrated.quantile(0.95),
    })
}

/// Predictions reduced to what their ECE depends on.
struct BinnedOutcomes {
    /// Bin of each example, and its outcome (0 or 1) minus its confidence; `[n]`.
    gaps: Vec<(usize, f64)>,
    /// The bins that are not empty.
    bins: Vec<Confidences>,
}

/// Confidences of one bin.
#[derive(Clone, Default)]
struct Confidences {
    sum: f64,
    /// Each confidence times `2^32`, so that a random `u32` is below it with that probability.
    thresholds: Vec<u64>,
}

impl BinnedOutcomes {
    fn new(predictions: &Predictions<'_>, n_bins: usize) -> Self {
        let edges = edges(n_bins);
        let mut gaps = Vec::with_capacity(predictions.len());
        let mut bins = vec![Confidences::default(); n_bins];
        for (confidence, right) in predictions.outcomes() {
            let bin = bin_of(&edges, confidence);
            let confidence = f64::from(confidence);
            gaps.push((bin, f64::from(u8::from(right)) - confidence));
            bins[bin].sum += confidence;
            bins[bin].thresholds.push(threshold(confidence));
        }
        bins.retain(|bin| !bin.thresholds.is_empty());
        Self { gaps, bins }
    }

    /// ECE of one resample in which each prediction is right with the probability of its confidence.
    fn calibrated_error(&self, rng: &mut impl Rng) -> f64 {
        self.error(self.bins.iter().map(|bin| {
            let right = bin
                .thresholds
                .iter()
                .map(|threshold| u64::from(u64::from(rng.next_u32()) < *threshold));
            right.sum::<u64>() as f64 - bin.sum
        }))
    }

    /// ECE of bins with these sums of outcome minus confidence.
    fn error(&self, gaps: impl Iterator<Item = f64>) -> f64 {
        gaps.map(f64::abs).sum::<f64>() / self.gaps.len() as f64
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a probability times 2^32, rounded"
)]
fn threshold(confidence: f64) -> u64 {
    (confidence.min(1.0) * 4_294_967_296.0).round() as u64
}
