//! The exact posterior over depth and the exact evidence, which the objective approximates.

use crate::categorical::check_length;
use crate::categorical::check_logits;
use crate::log_space::log_sum_exp;
use crate::{DepthPosterior, DepthPrior, Result};

/// The log evidence `log Σ_i β_i exp(ℓ_i)` in nats, with `ℓ_i` the log-likelihood of depth `i`, summed over the examples.
///
/// The evidence lower bound is at most this for every posterior, and equals it at [`exact_posterior`].
///
/// # Shapes
/// `log_likelihoods: [n_depths]`, summed over the whole data set.
///
/// # Errors
/// If there is not one log-likelihood per depth, or one is NaN or plus infinity.
pub fn log_evidence(prior: &DepthPrior, log_likelihoods: &[f64]) -> Result<f64> {
    Ok(log_sum_exp(&log_joint(prior, log_likelihoods)?))
}

/// The exact posterior `α*_i ∝ β_i exp(ℓ_i)`, the maximizer of the evidence lower bound for given weights.
///
/// # Shapes
/// `log_likelihoods: [n_depths]`, summed over the whole data set.
///
/// # Errors
/// If there is not one log-likelihood per depth, one is NaN or plus infinity, or every depth has probability zero.
pub fn exact_posterior(prior: &DepthPrior, log_likelihoods: &[f64]) -> Result<DepthPosterior> {
    DepthPosterior::from_logits(&log_joint(prior, log_likelihoods)?)
}

/// `log β_i + ℓ_i`.
fn log_joint(prior: &DepthPrior, log_likelihoods: &[f64]) -> Result<Vec<f64>> {
    check_length("log_likelihoods", prior.n_depths(), log_likelihoods.len())?;
    check_logits("log_likelihoods", log_likelihoods)?;
    let pairs = prior.log_probs().iter().zip(log_likelihoods);
    Ok(pairs
        .map(|(log_prior, log_likelihood)| log_prior + log_likelihood)
        .collect())
}
