//! Mixture weights over depth, fitted to held-out data.

mod densities;
mod maximizer;
#[cfg(test)]
mod tests;

use rand::Rng;

use crate::{DepthPosterior, Error, Result};
use densities::Densities;
use maximizer::{Start, maximizer};

/// Stacking of predictive distributions: the weights `w` that maximize the mean over `n` examples of `log Σ_i w_i p(y_n | x_n, d = i)`.
///
/// The weights are those of the best mixture for prediction, not a posterior: with more data they do not concentrate on one depth
/// where a mixture of several predicts better. They are meaningful for examples on which the network was not trained.
///
/// # Source
/// Yao, Vehtari, Simpson, Gelman, *Using Stacking to Average Bayesian Predictive Distributions*, Bayesian Analysis 13(3), 2018.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Stacking {
    /// The weights, from depth zero on; those of depths with equal predictions are determined in their sum alone.
    pub weights: DepthPosterior,
    /// The mean over the examples of the mixture's log predictive density at the weights, in nats.
    pub mean_log_density: f64,
    /// The bootstrap standard deviation of each weight, over resamples of the examples.
    pub spread: Vec<f64>,
}

impl Stacking {
    /// Fits the weights to all examples, and to `n_bootstrap` resamples of them for the spread.
    ///
    /// # Shapes
    /// `log_likelihoods: [n_depths, n]`, the `log p(y_n | x_n, d = i)` in nats.
    ///
    /// # Numerics
    /// The objective is concave. The mean log density is within 1e-6 nats of its maximum: iterations stop when
    /// `max_i mean_n (p_in / Σ_j w_j p_jn) − 1`, which bounds the distance and is zero at the maximizer, is at most that, or after 200 steps.
    ///
    /// # Errors
    /// If there is no example, the length is not a multiple of `n_depths`, an entry is NaN or plus infinity, an example has probability
    /// zero at every depth, or `n_bootstrap` is below two.
    pub fn fit(log_likelihoods: &[f64], n_depths: usize, n_bootstrap: usize, rng: &mut impl Rng) -> Result<Self> {
        if n_bootstrap < 2 {
            return Err(Error::Parameter {
                what: "n_bootstrap",
                value: n_bootstrap as f64,
                expected: "at least 2",
            });
        }
        let densities = Densities::new(log_likelihoods, n_depths)?;
        let weights = maximizer(&densities, Start::Uniform);
        let resampled: Vec<Vec<f64>> = (0..n_bootstrap)
            .map(|_| maximizer(&densities.resampled(rng), Start::Near(&weights)))
            .collect();
        let of_depth = |depth: usize| resampled.iter().map(move |weights| weights[depth]);
        Ok(Self {
            mean_log_density: densities.mean_log_density(&weights),
            spread: (0..n_depths)
                .map(|depth| sample_variance(of_depth(depth)).sqrt())
                .collect(),
            weights: DepthPosterior::from_probs(&weights)?,
        })
    }

    /// The number of depths, `D + 1`.
    #[must_use]
    pub fn n_depths(&self) -> usize {
        self.weights.n_depths()
    }
}

/// The unbiased sample variance; zero for fewer than two values.
pub(crate) fn sample_variance(values: impl Iterator<Item = f64> + Clone) -> f64 {
    let n = values.clone().count();
    if n < 2 {
        return 0.0;
    }
    // Two passes: the difference of the mean square and the squared mean would lose the variance of nearly equal values.
    let mean = values.clone().sum::<f64>() / n as f64;
    values.map(|value| (value - mean) * (value - mean)).sum::<f64>() / (n - 1) as f64
}
