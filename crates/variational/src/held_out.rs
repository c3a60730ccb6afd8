//! What the selection of a depth on held-out data looks at.

use rand::Rng;

use crate::categorical::check_entries;
use crate::stacking::sample_variance;
use crate::{Error, Result, Stacking};

/// The scores of every depth on held-out data, with what they say about the differences between depths.
///
/// The posterior judges depths by the likelihood of the training data, to which the weights were fitted; this is the counterpart for
/// data on which the network was not trained.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct HeldOut {
    /// The number of examples.
    pub n: usize,
    /// The mean over the examples of the negative log-likelihood of each depth, in nats.
    pub mean_nll: Vec<f64>,
    /// The depth of the lowest mean, the shallowest on ties.
    pub best: usize,
    /// The standard error of each depth's difference in mean to the best depth, paired by example; zero at the best depth.
    pub difference_se: Vec<f64>,
    /// The mixture weights for prediction.
    pub stacking: Stacking,
}

impl HeldOut {
    /// The scores of every depth, and the stacking weights with a bootstrap of `n_bootstrap` resamples.
    ///
    /// # Shapes
    /// `log_likelihoods: [n_depths, n]`, the `log p(y_n | x_n, d = i)` in nats.
    ///
    /// # Numerics
    /// A standard error of a single example is zero, since it has no spread.
    ///
    /// # Errors
    /// If there is no example, the length is not a multiple of `n_depths`, an entry is NaN or infinite, since differences to it would be,
    /// or `n_bootstrap` is below two.
    pub fn new(log_likelihoods: &[f64], n_depths: usize, n_bootstrap: usize, rng: &mut impl Rng) -> Result<Self> {
        let is_finite = |value: &f64| value.is_finite();
        check_entries("log_likelihoods", log_likelihoods, is_finite, "a finite number")?;
        let stacking = Stacking::fit(log_likelihoods, n_depths, n_bootstrap, rng)?;
        let n = log_likelihoods.len() / n_depths;
        let mean_nll: Vec<f64> = log_likelihoods
            .chunks_exact(n)
            .map(|row| -row.iter().sum::<f64>() / n as f64)
            .collect();
        let best = (1..n_depths).fold(0, |best, depth| match mean_nll[depth] < mean_nll[best] {
            true => depth,
            false => best,
        });
        let best_row = &log_likelihoods[best * n..][..n];
        let standard_error = |row: &[f64]| {
            let differences = best_row.iter().zip(row).map(|(best, other)| best - other);
            (sample_variance(differences) / n as f64).sqrt()
        };
        Ok(Self {
            n,
            difference_se: log_likelihoods.chunks_exact(n).map(standard_error).collect(),
            mean_nll,
            best,
            stacking,
        })
    }

    /// The number of depths, `D + 1`.
    #[must_use]
    pub fn n_depths(&self) -> usize {
        self.mean_nll.len()
    }

    /// The smallest depth whose mean is at most one standard error above the best depth's.
    pub(crate) fn one_standard_error_depth(&self) -> usize {
        let best = self.mean_nll[self.best];
        let pairs = self.mean_nll.iter().zip(&self.difference_se);
        let mut excesses = pairs.map(|(mean, error)| (mean - best, error));
        excesses
            .position(|(excess, error)| excess <= *error)
            .unwrap_or(self.best)
    }

    /// Refuses scores that do not belong to `n_depths` depths; a file may hold any.
    pub(crate) fn check(&self, n_depths: usize) -> Result<()> {
        let lengths = [self.mean_nll.len(), self.difference_se.len(), self.stacking.n_depths()];
        if let Some(&actual) = lengths.iter().find(|&&length| length != n_depths) {
            return Err(Error::Length {
                what: "held_out",
                expected: n_depths,
                actual,
            });
        }
        if self.best >= n_depths {
            return Err(Error::DepthOutOfRange {
                depth: self.best,
                max_depth: n_depths - 1,
            });
        }
        Ok(())
    }
}
