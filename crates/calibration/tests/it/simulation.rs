//! Simulated data with a known truth.

use rand::{Rng, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use vds_calibration::*;

pub(crate) fn rng(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// A standard normal number (Box and Muller).
pub(crate) fn normal(rng: &mut impl Rng) -> f64 {
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// How far a share of `n` trials may lie from the probability `p`: four standard deviations, which one test in 16,000 exceeds.
pub(crate) fn binomial_tolerance(p: f64, n: usize) -> f64 {
    4.0 * (p * (1.0 - p) / n as f64).sqrt()
}

/// Share of `n` trials in which `event` happens.
pub(crate) fn share(n: usize, mut event: impl FnMut() -> bool) -> f64 {
    (0..n).filter(|_| event()).count() as f64 / n as f64
}

/// Two-class predictions of the first class, whose confidence is above one half.
#[derive(Clone)]
pub(crate) struct Binary {
    probs: Vec<f32>,
    labels: Vec<u32>,
}

impl Binary {
    /// `n` confidences, uniform in `0.75..1`, of predictions that are right with probability `confidence - overconfidence`.
    pub(crate) fn new(n: usize, overconfidence: f64, rng: &mut impl Rng) -> Self {
        let confidences: Vec<f32> = (0..n).map(|_| 0.75 + 0.25 * rng.random::<f32>()).collect();
        let mut simulated = Self {
            probs: confidences.into_iter().flat_map(|p| [p, 1.0 - p]).collect(),
            labels: vec![0; n],
        };
        simulated.draw_labels(overconfidence, rng);
        simulated
    }

    pub(crate) fn draw_labels(&mut self, overconfidence: f64, rng: &mut impl Rng) {
        for (label, row) in self.labels.iter_mut().zip(self.probs.as_chunks::<2>().0) {
            let is_right = rng.random::<f64>() < f64::from(row[0]) - overconfidence;
            *label = u32::from(!is_right);
        }
    }

    pub(crate) fn predictions(&self) -> Predictions<'_> {
        Predictions::new(&self.probs, 2, &self.labels).unwrap()
    }
}
