//! The prior over depth.

use crate::categorical::{Categorical, impl_distribution};
use crate::{DepthPosterior, Error, Result};

/// The prior `p(d = i) = β_i` over depths `0 ..= max_depth`.
///
/// # Numerics
/// Probabilities are kept with their logarithms, computed in log space: a prior over thousands of depths whose probabilities
/// underflow still has exact log-probabilities, and only those enter the objective.
///
/// # Source
/// Section 2 of arXiv 2002.02797; the geometric form is that of the published code.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Vec<f64>", into = "Vec<f64>"))]
pub struct DepthPrior(Categorical);

impl DepthPrior {
    /// The decay of the published code's prior.
    pub const PAPER_DECAY: f64 = 0.85;

    /// `β_i ∝ decay^(1 + i)` for `i = 0 ..= max_depth`: a decay below one prefers shallow networks.
    ///
    /// # Errors
    /// If `decay` is not a finite number above zero.
    pub fn geometric(decay: f64, max_depth: usize) -> Result<Self> {
        if !(decay > 0.0 && decay.is_finite()) {
            let expected = "a finite number above 0";
            return Err(Error::Parameter {
                what: "decay",
                value: decay,
                expected,
            });
        }
        let log_decay = decay.ln();
        let logits: Vec<f64> = (0..=max_depth).map(|depth| depth as f64 * log_decay).collect();
        Ok(Self(Categorical::from_logits("prior", &logits)?))
    }
}

/// The posterior given some data is the prior for further data.
impl From<DepthPosterior> for DepthPrior {
    fn from(posterior: DepthPosterior) -> Self {
        Self(posterior.0)
    }
}

impl_distribution!(DepthPrior, "prior", "β");
