//! The types of a loss and of what it is computed from.

use dfdx::prelude::{Device, NoneTape, Tensor};

/// The loss of a mini-batch with its terms.
#[derive(Debug)]
pub struct LossTerms<D: Device<f32>, T> {
    /// The loss, to be minimized, with the tape that leads back to the network and the posterior.
    pub loss: Tensor<(), f32, D, T>,
    /// The loss before rounding to single precision, in nats per example.
    pub value: f64,
    /// `Σ_i α_i nll_i`, the mean over the batch, in nats per example.
    pub expected_nll: f64,
    /// `KL(q ‖ p)` in nats, not divided by the number of examples; zero for a deterministic depth.
    pub kl: f64,
    /// The mean over the batch of the cross-entropy of each depth that ran, in nats: `[n_run]`.
    pub per_depth_nll: Vec<f64>,
    /// How many of the batch the marginal prediction `Σ_i α_i softmax(logits_i)` gets wrong, the first class winning ties.
    pub marginal_errors: usize,
}

/// Logits of the network, `[n_depths, batch, n_classes]`.
pub(super) type DepthLogits<D, T = NoneTape> = Tensor<(usize, usize, usize), f32, D, T>;
/// Logits of the posterior, `[n_depths]`.
pub(super) type PosteriorLogits<D, T = NoneTape> = Tensor<(usize,), f32, D, T>;
