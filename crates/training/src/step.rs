//! What goes into a step and what comes out.

/// Examples of a step, standardized.
#[derive(Clone, Copy, Debug)]
pub struct Batch<'a> {
    /// `[batch, example_len]`.
    pub inputs: &'a [f32],
    /// `[batch]`.
    pub labels: &'a [u32],
}

/// What decides a step beside its batch.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StepSettings {
    /// Blocks that run.
    pub depth: usize,
    /// Training examples: the divergence from the prior counts `1 / n_train` per example.
    pub n_train: usize,
    /// Learning rate of the weights.
    pub learning_rate: f32,
    /// Epochs completed, for the posterior's own schedule or warm-up.
    pub epoch: usize,
}

/// What a step found on its batch.
#[derive(Clone, Debug, PartialEq)]
pub struct StepMeans {
    /// Examples of the batch.
    pub batch: usize,
    /// The minimized loss, nats per example.
    pub loss: f64,
    /// Expected negative log-likelihood under the posterior, nats per example.
    pub nll: f64,
    /// Divergence of the posterior from the prior, nats.
    pub kl: f64,
    /// Negative log-likelihood of each depth that ran, nats per example.
    pub depth_nll: Vec<f64>,
    /// Examples that the marginal predictive gets wrong.
    pub n_errors: usize,
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the network computes in single precision"
)]
pub(crate) fn to_f32(value: f64) -> f32 {
    value as f32
}
