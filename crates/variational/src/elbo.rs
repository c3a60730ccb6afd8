//! The evidence lower bound, and the loss of a mini-batch that estimates it.

use crate::categorical::{check_entries, check_finite, check_length, check_logits};
use crate::kl::{kl_divergence, kl_divergence_gradient};
use crate::log_space::{expectation, expectation_gradient};
use crate::{DepthPosterior, DepthPrior, Error, Result};

/// `Σ_i α_i ℓ_i`, with `ℓ_i` the log-likelihood of depth `i`, summed over the examples.
///
/// # Shapes
/// `log_likelihoods: [n_depths]`.
///
/// # Numerics
/// A log-likelihood of minus infinity counts only where `α_i` is above zero.
///
/// # Errors
/// If there is not one log-likelihood per depth, or one is NaN or plus infinity.
pub fn expected_log_likelihood(posterior: &DepthPosterior, log_likelihoods: &[f64]) -> Result<f64> {
    check_length("log_likelihoods", posterior.n_depths(), log_likelihoods.len())?;
    check_logits("log_likelihoods", log_likelihoods)?;
    Ok(expectation(posterior.probs(), log_likelihoods))
}

/// The evidence lower bound `Σ_i α_i ℓ_i − KL(q ‖ p)` in nats, to be maximized: a sum over the examples, not a mean.
///
/// # Shapes
/// `log_likelihoods: [n_depths]`, summed over the whole data set.
///
/// # Errors
/// If the lengths differ, or a log-likelihood is NaN or plus infinity.
pub fn elbo(posterior: &DepthPosterior, prior: &DepthPrior, log_likelihoods: &[f64]) -> Result<f64> {
    let expected = expected_log_likelihood(posterior, log_likelihoods)?;
    Ok(expected - kl_divergence(posterior, prior)?)
}

/// The gradient of [`elbo`] with respect to the posterior's logits, `α_j (ℓ_j − Σ_i α_i ℓ_i) − α_j (log α_j − log β_j − KL)`.
///
/// # Errors
/// If the lengths differ, a log-likelihood is NaN or plus infinity, or the bound is minus infinity, where it has no gradient.
pub fn elbo_gradient(posterior: &DepthPosterior, prior: &DepthPrior, log_likelihoods: &[f64]) -> Result<Vec<f64>> {
    check_finite("elbo", elbo(posterior, prior, log_likelihoods)?)?;
    let data = expectation_gradient(posterior.probs(), log_likelihoods);
    let kl = kl_divergence_gradient(posterior, prior)?;
    Ok(data.iter().zip(&kl).map(|(data, kl)| data - kl).collect())
}

/// The loss of a mini-batch, `Σ_i α_i nll_i + KL(q ‖ p) / n_train` in nats per example, to be minimized.
///
/// `nll_i` is the *mean* over the batch of the negative log-likelihood of depth `i`, so that the expectation of the loss is `−ELBO / n_train`.
///
/// # Shapes
/// `mean_nll: [n_depths]`.
///
/// # Errors
/// If the lengths differ, an entry is NaN or minus infinity, or `n_train` is zero.
pub fn minibatch_loss(posterior: &DepthPosterior, prior: &DepthPrior, mean_nll: &[f64], n_train: usize) -> Result<f64> {
    if n_train == 0 {
        return Err(Error::Parameter {
            what: "n_train",
            value: 0.0,
            expected: "at least 1",
        });
    }
    let expected_nll = expected_nll(posterior, mean_nll)?;
    Ok(expected_nll + kl_divergence(posterior, prior)? / n_train as f64)
}

/// The gradient of [`minibatch_loss`] with respect to the posterior's logits.
///
/// # Shapes
/// `mean_nll: [n_depths]`, as is the result.
///
/// # Errors
/// If the lengths differ, an entry is NaN or minus infinity, `n_train` is zero, or the loss is infinite, where it has no gradient.
pub fn minibatch_loss_gradient(
    posterior: &DepthPosterior,
    prior: &DepthPrior,
    mean_nll: &[f64],
    n_train: usize,
) -> Result<Vec<f64>> {
    check_finite("loss", minibatch_loss(posterior, prior, mean_nll, n_train)?)?;
    let data = expectation_gradient(posterior.probs(), mean_nll);
    let kl = kl_divergence_gradient(posterior, prior)?;
    Ok(data
        .iter()
        .zip(&kl)
        .map(|(data, kl)| data + kl / n_train as f64)
        .collect())
}

/// The mean over a batch of the expected negative log-likelihood, `Σ_i α_i nll_i`.
pub(crate) fn expected_nll(posterior: &DepthPosterior, mean_nll: &[f64]) -> Result<f64> {
    check_length("mean_nll", posterior.n_depths(), mean_nll.len())?;
    let expected = "a number above minus infinity";
    check_entries("mean_nll", mean_nll, |&nll| nll > f64::NEG_INFINITY, expected)?;
    Ok(expectation(posterior.probs(), mean_nll))
}
