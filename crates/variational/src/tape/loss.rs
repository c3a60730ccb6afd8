//! The losses of a learnt and of a deterministic depth.

use dfdx::prelude::{HasShape, Tape};

use super::batch::{Batch, contiguous, posterior_from};
use super::device::HostGradients;
use super::host::to_f32;
use super::terms::{DepthLogits, LossTerms, PosteriorLogits};
use crate::elbo::{expected_nll, minibatch_loss, minibatch_loss_gradient};
use crate::kl::kl_divergence;
use crate::{DepthPosterior, DepthPrior, Result};

/// The loss of a learnt-depth network: the mean over the batch of `Σ_i α_i CE(logits_i, y)`, plus `KL(q ‖ p) / n_train`.
///
/// `backward` on the loss, or on anything computed from it, gives gradients to whatever `depth_logits` was computed from and to `posterior_logits`.
/// If `depth_logits` was traced with gradients that name their leaves, `posterior_logits` must be one of them, or dfdx drops its gradient
/// at the end; `Gradients::leaky` keeps all.
///
/// # Shapes
/// `depth_logits: [n_run, batch, n_classes]`, `labels: [batch]`, `posterior_logits: [n_depths]` with `1 ≤ n_run ≤ n_depths`.
///
/// # Fewer depths than the posterior has
/// Depths that did not run are taken to have the loss of the deepest that did: `Σ_{i<d} α_i nll_i + (Σ_{i≥d} α_i) nll_d` with
/// `d = n_run − 1`. This differs from the loss of all depths by `Σ_{i>d} α_i (nll_d − nll_i)`, at most the mass beyond d times
/// the largest gap between a loss there and that at d. The divergence stays the one of all depths.
///
/// # Numerics
/// Computed on the host, with double precision sums, whatever the device. The divergence is exact, without the published code's clamp
/// (see [`crate::kl_reference`]); they differ by less than 1e-7 unless a probability is below 1e-10.
/// Without a tape the gradient is not kept.
///
/// # Errors
/// If shapes do not match, a label is not a class, a posterior logit or the loss is not finite, `n_train` is zero, or the device fails.
pub fn negative_elbo<D: HostGradients, T: Tape<f32, D>>(
    depth_logits: DepthLogits<D, T>,
    labels: &[u32],
    posterior_logits: &PosteriorLogits<D>,
    prior: &DepthPrior,
    n_train: usize,
) -> Result<LossTerms<D, T>> {
    let posterior_logits = contiguous(posterior_logits.retaped::<T>())?;
    let posterior = posterior_from(&posterior_logits)?;
    let kl = kl_divergence(&posterior, prior)?;
    let n_run = depth_logits.shape().0;
    let batch = match (1..posterior.n_depths()).contains(&n_run) {
        true => Batch::new(depth_logits, labels, &posterior.truncated(n_run - 1)?)?,
        false => Batch::new(depth_logits, labels, &posterior)?,
    };
    let nll = extended(batch.per_depth_nll(), posterior.n_depths());
    let value = minibatch_loss(&posterior, prior, &nll, n_train)?;
    let gradient = minibatch_loss_gradient(&posterior, prior, &nll, n_train)?;
    let expected_nll = expected_nll(&posterior, &nll)?;
    let gradient = gradient.into_iter().map(to_f32).collect();
    batch
        .with_posterior(posterior_logits, gradient)
        .finish(value, expected_nll, kl)
}

/// The losses of the depths that ran, followed by the loss of the deepest of them for each depth that did not run.
fn extended(nll: &[f64], n_depths: usize) -> Vec<f64> {
    let deepest = nll.last().copied();
    nll.iter()
        .copied()
        .chain(deepest.into_iter().cycle())
        .take(n_depths)
        .collect()
}

/// The loss of a deterministic-depth network: the mean over the batch of `CE(logits_depth, y)`.
///
/// # Shapes
/// `depth_logits: [n_depths, batch, n_classes]`, `labels: [batch]`.
///
/// # Errors
/// If shapes do not match, a label is not a class, `depth` is beyond the last depth, the loss is not finite, or the device fails.
pub fn deterministic_loss<D: HostGradients, T: Tape<f32, D>>(
    depth_logits: DepthLogits<D, T>,
    labels: &[u32],
    depth: usize,
) -> Result<LossTerms<D, T>> {
    let max_depth = depth_logits.shape().0.saturating_sub(1);
    let posterior = DepthPosterior::one_hot(depth, max_depth)?;
    let batch = Batch::new(depth_logits, labels, &posterior)?;
    let value = expected_nll(&posterior, batch.per_depth_nll())?;
    batch.finish(value, value, 0.0)
}
