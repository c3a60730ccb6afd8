//! The divergence of the posterior from the prior, exact and as the published code clamps it.

use crate::categorical::{check_finite, check_length};
use crate::log_space::{expectation, expectation_gradient};
use crate::{DepthPosterior, DepthPrior, Result};

/// `KL(q ‖ p) = Σ_i α_i (log α_i − log β_i)` in nats.
///
/// # Numerics
/// At least zero: a sum that rounds below it is reported as zero. Infinite only if `q` has mass where the prior has none.
///
/// # Errors
/// If prior and posterior have different numbers of depths.
pub fn kl_divergence(posterior: &DepthPosterior, prior: &DepthPrior) -> Result<f64> {
    let log_ratios = log_ratios(posterior, prior)?;
    Ok(expectation(posterior.probs(), &log_ratios).max(0.0))
}

/// The gradient of [`kl_divergence`] with respect to the posterior's logits, `α_j (log α_j − log β_j − KL)`.
///
/// # Errors
/// If prior and posterior have different numbers of depths, or the divergence is infinite, where it has no gradient.
pub fn kl_divergence_gradient(posterior: &DepthPosterior, prior: &DepthPrior) -> Result<Vec<f64>> {
    let log_ratios = log_ratios(posterior, prior)?;
    check_finite("kl_divergence", expectation(posterior.probs(), &log_ratios))?;
    Ok(expectation_gradient(posterior.probs(), &log_ratios))
}

/// The published code's divergence: `Σ_i c(α_i) (log c(α_i) − log c(β_i))` in nats, with `c` clamping to `[1e-10, 1 − 1e-10]`.
///
/// Clamped probabilities are not renormalized, so that this is not exactly a divergence: it can be below zero by about 1e-10.
/// Training uses [`kl_divergence`]; this function is an oracle that tests compare with the published code and with that one.
///
/// # Errors
/// If prior and posterior have different numbers of depths.
pub fn kl_reference(posterior: &DepthPosterior, prior: &DepthPrior) -> Result<f64> {
    check_n_depths(posterior, prior)?;
    let pairs = posterior.probs().iter().zip(prior.probs());
    let terms = pairs.map(|(&q, &p)| clamp(q) * (clamp(q).ln() - clamp(p).ln()));
    Ok(terms.sum())
}

/// The gradient of [`kl_reference`] with respect to the posterior's logits, an oracle for tests; probabilities outside the clamp
/// contribute nothing.
///
/// With `g_i = log α_i − log c(β_i) + 1` inside the clamp and zero outside it, the entries are `α_j (g_j − Σ_i α_i g_i)`.
///
/// # Errors
/// If prior and posterior have different numbers of depths.
pub fn kl_reference_gradient(posterior: &DepthPosterior, prior: &DepthPrior) -> Result<Vec<f64>> {
    check_n_depths(posterior, prior)?;
    let derivative = |(&q, &p): (&f64, &f64)| match REFERENCE_RANGE.contains(&q) {
        true => q.ln() - clamp(p).ln() + 1.0,
        false => 0.0,
    };
    let derivatives: Vec<f64> = posterior.probs().iter().zip(prior.probs()).map(derivative).collect();
    Ok(expectation_gradient(posterior.probs(), &derivatives))
}

/// The range to which the published code clamps probabilities in its divergence.
const REFERENCE_RANGE: std::ops::RangeInclusive<f64> = 1e-10..=1.0 - 1e-10;

fn clamp(prob: f64) -> f64 {
    prob.clamp(*REFERENCE_RANGE.start(), *REFERENCE_RANGE.end())
}

/// `log α_i − log β_i` where `α_i` is above zero, and zero elsewhere, where the expectation has no weight.
fn log_ratios(posterior: &DepthPosterior, prior: &DepthPrior) -> Result<Vec<f64>> {
    check_n_depths(posterior, prior)?;
    let pairs = posterior.log_probs().iter().zip(prior.log_probs());
    let ratio = |(&log_q, &log_p): (&f64, &f64)| match log_q > f64::NEG_INFINITY {
        true => log_q - log_p,
        false => 0.0,
    };
    Ok(pairs.map(ratio).collect())
}

fn check_n_depths(posterior: &DepthPosterior, prior: &DepthPrior) -> Result<()> {
    check_length("prior", posterior.n_depths(), prior.n_depths())
}
