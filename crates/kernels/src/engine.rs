//! What every engine gives, and the lengths that it checks.

use std::fmt;

/// The passes of one network on slices: all parameters and all statistics are flat vectors, laid out as
/// [`layout`](crate::layout) says.
///
/// An engine owns the buffers of its passes; they grow with the largest batch.
pub trait Engine: fmt::Debug + Send {
    /// Length of the parameters.
    fn n_params(&self) -> usize;

    /// Length of the statistics.
    fn n_statistics(&self) -> usize;

    /// Training pass: per-depth logits `[depth + 1, batch, n_classes]` of `input`, `[batch, n_inputs]` or
    /// `[batch, in_channels, height, width]`.
    ///
    /// The length of `logits` says how deep to go: blocks beyond that depth do not run. Writes the mean and the unbiased
    /// variance of the input of each batch norm that ran into `statistics`. The state for [`Self::backward`] is kept until
    /// the next training pass.
    ///
    /// # Panics
    /// If a slice does not have the length that the network's sizes give it.
    fn forward_train(&mut self, params: &[f32], input: &[f32], statistics: &mut [f32], logits: &mut [f32]);

    /// Gradient of a function of the logits of the last training pass: adds to `d_params` what `d_logits` gives.
    ///
    /// # Panics
    /// If there was no training pass, or a slice does not have the length that the network's sizes give it.
    fn backward(&mut self, d_logits: &[f32], d_params: &mut [f32]);

    /// Evaluation pass with running statistics: per-depth logits `[max_depth + 1, batch, n_classes]`.
    ///
    /// # Panics
    /// If a slice does not have the length that the network's sizes give it.
    fn forward_eval(&mut self, params: &[f32], statistics: &[f32], input: &[f32], logits: &mut [f32]);
}

/// What the lengths of the passes' slices depend on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lengths {
    pub(crate) n_params: usize,
    pub(crate) n_statistics: usize,
    pub(crate) example_len: usize,
    pub(crate) n_classes: usize,
    pub(crate) max_depth: usize,
}

impl Lengths {
    /// Batch and number of depths of a training pass.
    ///
    /// # Panics
    /// If the slices' lengths do not agree.
    pub(crate) fn check(&self, params: &[f32], input: &[f32], statistics: &[f32], logits: &[f32]) -> (usize, usize) {
        let batch = input.len() / self.example_len;
        assert_eq!(params.len(), self.n_params, "parameters");
        assert_eq!(statistics.len(), self.n_statistics, "statistics");
        assert_eq!(input.len(), batch * self.example_len, "inputs");
        let n_depths = logits.len() / (batch * self.n_classes).max(1);
        assert!(
            (1..=self.max_depth + 1).contains(&n_depths),
            "logits of {n_depths} depths"
        );
        assert_eq!(logits.len(), n_depths * batch * self.n_classes, "logits");
        (batch, n_depths)
    }

    /// Checks the lengths of an evaluation pass, which goes through all blocks.
    ///
    /// # Panics
    /// If the slices' lengths do not agree.
    pub(crate) fn check_eval(&self, params: &[f32], input: &[f32], statistics: &[f32], logits: &[f32]) {
        let (_, n_depths) = self.check(params, input, statistics, logits);
        assert_eq!(n_depths, self.max_depth + 1, "depths");
    }

    /// Checks the lengths of a backward pass after a training pass of `n_depths` depths.
    ///
    /// # Panics
    /// If the slices' lengths do not agree.
    pub(crate) fn check_backward(&self, batch: usize, n_depths: usize, d_logits: &[f32], d_params: &[f32]) {
        assert_eq!(d_params.len(), self.n_params, "gradient of the parameters");
        assert_eq!(
            d_logits.len(),
            n_depths * batch * self.n_classes,
            "gradient of the logits"
        );
    }
}
