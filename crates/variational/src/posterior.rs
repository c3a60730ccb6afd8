//! The approximate posterior over depth.

use crate::categorical::check_length;
use crate::categorical::{Categorical, impl_distribution};
use crate::log_space::{expectation, maximum};
use crate::{Error, Result};

/// The approximate posterior `q(d = i) = α_i = softmax(logits)_i` over depths `0 ..= max_depth`.
///
/// # Numerics
/// Log-probabilities come from the logits by a log-softmax, never from the probabilities, which may underflow to zero.
///
/// # Source
/// Section 2 of arXiv 2002.02797.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<f64>", into = "Vec<f64>"))]
pub struct DepthPosterior(pub(crate) Categorical);

impl DepthPosterior {
    /// The posterior `softmax(logits)`; a logit of minus infinity is a probability of zero.
    ///
    /// # Errors
    /// If there is no logit, a logit is NaN or plus infinity, or all of them are minus infinity.
    pub fn from_logits(logits: &[f64]) -> Result<Self> {
        Ok(Self(Categorical::from_logits("posterior logits", logits)?))
    }

    /// All mass on `depth`; with `depth = max_depth` the deterministic-depth network (DDN).
    ///
    /// # Errors
    /// If `depth` is beyond `max_depth`.
    pub fn one_hot(depth: usize, max_depth: usize) -> Result<Self> {
        Ok(Self(Categorical::one_hot(depth, max_depth)?))
    }

    /// The entropy `−Σ_i α_i log α_i` in nats, with `0 log 0 = 0`.
    #[must_use]
    pub fn entropy(&self) -> f64 {
        // The sum is at most zero; this turns minus zero into zero.
        -expectation(self.probs(), self.log_probs()) + 0.0
    }

    /// The expected depth `Σ_i i α_i`.
    #[must_use]
    pub fn expected_depth(&self) -> f64 {
        let weigh = |(depth, prob): (usize, &f64)| depth as f64 * prob;
        self.probs().iter().enumerate().map(weigh).sum()
    }

    /// The probability that block `j` is active, `Σ_{i ≥ j} α_i`, for `j = 1 ..= max_depth`; entry 0 is block 1.
    #[must_use]
    pub fn survival(&self) -> Vec<f64> {
        let mut survival: Vec<f64> = self.probs()[1..].to_vec();
        for block in (1..survival.len()).rev() {
            survival[block - 1] += survival[block];
        }
        survival
    }

    /// The most probable depth, the shallowest on ties.
    ///
    /// # Panics
    /// Never: the maximum is one of the entries.
    #[must_use]
    pub fn argmax(&self) -> usize {
        // Log-probabilities keep the order of logits whose probabilities have rounded to the same number.
        let max = maximum(self.log_probs());
        let mode = self.log_probs().iter().position(|&log_prob| log_prob >= max);
        mode.expect("a maximum is one of the entries")
    }

    /// The posterior of the network pruned to `depth`: it keeps `α_0 .. α_{depth − 1}` and gives all remaining mass to `depth`.
    ///
    /// # Errors
    /// If `depth` is beyond the maximum depth.
    pub fn truncated(&self, depth: usize) -> Result<Self> {
        Ok(Self(self.0.truncated(depth)?))
    }

    /// The posterior `(1 − damping) q + damping target`, a step from `q` towards `target` in the probabilities.
    ///
    /// The evidence lower bound is concave in the probabilities. With its maximizer [`crate::exact_posterior`] as `target`, the step never
    /// decreases the bound, and takes at least a fraction `damping` of the way up.
    ///
    /// # Numerics
    /// A sum of exponentials in log space, so that probabilities that underflow keep their logarithms. The rounding of many steps does not
    /// add up: each shrinks what is left of earlier ones by `1 − damping`.
    ///
    /// # Errors
    /// If `target` has another number of depths, or `damping` is not in `(0, 1]`.
    pub fn damped_towards(&self, target: &Self, damping: f64) -> Result<Self> {
        check_length("target", self.n_depths(), target.n_depths())?;
        if !(damping > 0.0 && damping <= 1.0) {
            return Err(Error::Parameter {
                what: "damping",
                value: damping,
                expected: "a number in (0, 1]",
            });
        }
        Ok(Self(self.0.mixed(&target.0, damping)))
    }
}

impl_distribution!(DepthPosterior, "posterior", "α");
