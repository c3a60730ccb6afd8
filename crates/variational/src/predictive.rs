//! From the logits of every depth to the prediction that marginalizes over depth and to the log-likelihood of each depth.

use crate::categorical::check_logits;
use crate::log_space::{log_softmax, log_sum_exp};
use crate::{DepthPosterior, Error, Result};

/// The class log-probabilities of every depth, `log softmax(logits_i)` over each row of classes.
///
/// # Shapes
/// `depth_logits: [n_depths, batch, n_classes]`, as is the result; only the innermost axis matters.
///
/// # Errors
/// If the length is not a multiple of `n_classes`, a logit is NaN or plus infinity, or a row has only minus infinities.
pub fn depth_log_probs<T: Copy + Into<f64>>(depth_logits: &[T], n_classes: usize) -> Result<Vec<f64>> {
    let what = "depth_logits";
    check_multiple(what, depth_logits.len(), n_classes)?;
    let logits: Vec<f64> = depth_logits.iter().map(|&logit| logit.into()).collect();
    check_logits(what, &logits)?;
    let mut log_probs = Vec::with_capacity(logits.len());
    for row in logits.chunks_exact(n_classes) {
        log_probs.extend(log_softmax(row).ok_or(Error::NoMass { what })?);
    }
    Ok(log_probs)
}

/// The marginal prediction in log space, `log Σ_i α_i p_i(y | x)`: the log of the mixture, not the mixture of the logs.
///
/// # Shapes
/// `depth_log_probs: [n_depths, batch, n_classes]`; the result is `[batch, n_classes]`.
///
/// # Numerics
/// A log-sum-exp over depth, so that probabilities below the smallest float keep their logarithm.
///
/// # Errors
/// If the length is not a multiple of `n_depths · n_classes`, or an entry is NaN or plus infinity.
pub fn log_marginal_predictive(
    posterior: &DepthPosterior,
    depth_log_probs: &[f64],
    n_classes: usize,
) -> Result<Vec<f64>> {
    let what = "depth_log_probs";
    check_multiple(
        what,
        depth_log_probs.len(),
        posterior.n_depths().saturating_mul(n_classes),
    )?;
    check_logits(what, depth_log_probs)?;
    let stride = depth_log_probs.len() / posterior.n_depths();
    let mut terms = vec![0.0; posterior.n_depths()];
    let mut mixture = |entry: usize| {
        for (depth, log_q) in posterior.log_probs().iter().enumerate() {
            terms[depth] = log_q + depth_log_probs[depth * stride + entry];
        }
        log_sum_exp(&terms)
    };
    Ok((0..stride).map(&mut mixture).collect())
}

/// The log-likelihood of each depth, `Σ_n log p_i(y_n | x_n)`, *summed* over the batch.
///
/// The input of [`crate::elbo`], [`crate::exact_posterior`] and [`crate::log_evidence`]. Training estimates the objective from
/// mini-batches; this function serves programs and tests that compute it exactly.
///
/// # Shapes
/// `depth_log_probs: [n_depths, batch, n_classes]`, `labels: [batch]`; the result is `[n_depths]`.
///
/// # Errors
/// If the length is not a multiple of `batch · n_classes`, an entry is NaN or plus infinity, or a label is not a class.
pub fn depth_log_likelihoods(depth_log_probs: &[f64], labels: &[u32], n_classes: usize) -> Result<Vec<f64>> {
    let what = "depth_log_probs";
    let stride = labels.len().saturating_mul(n_classes);
    check_multiple(what, depth_log_probs.len(), stride)?;
    check_logits(what, depth_log_probs)?;
    check_labels(labels, n_classes)?;
    let of_depth = |depth: &[f64]| {
        let rows = depth.chunks_exact(n_classes).zip(labels);
        rows.map(|(row, &label)| row[label as usize]).sum()
    };
    Ok(depth_log_probs.chunks_exact(stride).map(of_depth).collect())
}

/// Refuses labels that are not classes.
pub(crate) fn check_labels(labels: &[u32], n_classes: usize) -> Result<()> {
    match labels.iter().position(|&label| label as usize >= n_classes) {
        None => Ok(()),
        Some(index) => Err(Error::LabelOutOfRange {
            index,
            label: labels[index],
            n_classes,
        }),
    }
}

fn check_multiple(what: &'static str, actual: usize, factor: usize) -> Result<()> {
    if factor == 0 || actual == 0 {
        return Err(Error::Empty { what });
    }
    if !actual.is_multiple_of(factor) {
        return Err(Error::NotAMultiple { what, factor, actual });
    }
    Ok(())
}
