//! The loss of one batch and its gradient with respect to the logits, on host slices.

use super::recycled::Recycled;
use crate::DepthPosterior;

/// The losses of a batch; the gradient is written over the logits.
#[derive(Debug)]
pub(super) struct BatchLoss {
    /// The mean over the batch of the cross-entropy at each depth, `[n_depths]`.
    pub(super) per_depth_nll: Vec<f64>,
    /// How many labels are not the arg-max of the marginal prediction.
    pub(super) marginal_errors: usize,
}

/// Replaces `logits` by the gradient of `Σ_i α_i nll_i` with respect to them, `α_i (softmax(logits_i) − onehot(y)) / batch`.
///
/// # Shapes
/// `logits: [n_depths, batch, n_classes]` for `labels: [batch]`, all of them below `n_classes`.
///
/// # Numerics
/// Exponentials are single precision, sums of them and everything after are double: the gradient is returned in single precision,
/// and the error of an exponential is below its rounding, but a sum near one would lose a confident example's loss.
pub(super) fn batch_loss(logits: &mut [f32], labels: &[u32], posterior: &DepthPosterior) -> BatchLoss {
    let stride = logits.len() / posterior.n_depths();
    let mut marginal = Recycled::zeros(stride);
    let mut per_depth_nll = Vec::with_capacity(posterior.n_depths());
    for (depth, &weight) in logits.chunks_exact_mut(stride).zip(posterior.probs()) {
        per_depth_nll.push(depth_loss(depth, labels, weight, &mut marginal));
    }
    BatchLoss {
        per_depth_nll,
        marginal_errors: count_errors(&marginal, labels),
    }
}

/// The mean cross-entropy at one depth; adds the depth's share to the marginal prediction and replaces `logits` by the gradient.
fn depth_loss(logits: &mut [f32], labels: &[u32], weight: f64, marginal: &mut [f64]) -> f64 {
    let n_classes = logits.len() / labels.len();
    let example_weight = weight / labels.len() as f64;
    let label_logits = subtract_row_maxima(logits, labels);
    // A pass of its own: the exponentials of short rows, one row at a time, take half as long again.
    for value in &mut *logits {
        *value = value.exp();
    }
    let mut log_norms = LogProduct { product: 1.0, log: 0.0 };
    let rows = logits
        .chunks_exact_mut(n_classes)
        .zip(marginal.chunks_exact_mut(n_classes));
    for ((row, marginal), &label) in rows.zip(labels) {
        let norm: f64 = row.iter().map(|&exponential| f64::from(exponential)).sum();
        log_norms.multiply(norm);
        let inverse_norm = 1.0 / norm;
        scale_to_gradient(row, marginal, weight * inverse_norm, example_weight * inverse_norm);
        row[label as usize] -= to_f32(example_weight);
    }
    (log_norms.log() - label_logits) / labels.len() as f64
}

/// Subtracts each row's maximum from the row, and returns the sum of the labels' logits after that.
fn subtract_row_maxima(logits: &mut [f32], labels: &[u32]) -> f64 {
    let mut label_logits = 0.0;
    let n_classes = logits.len() / labels.len();
    for (row, &label) in logits.chunks_exact_mut(n_classes).zip(labels) {
        let max = row.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        for value in &mut *row {
            *value -= max;
        }
        label_logits += f64::from(row[label as usize]);
    }
    label_logits
}

/// Adds `share` times a row of exponentials to the marginal prediction, and multiplies the row by `scale`.
fn scale_to_gradient(row: &mut [f32], marginal: &mut [f64], share: f64, scale: f64) {
    for (value, marginal) in row.iter_mut().zip(marginal) {
        let exponential = f64::from(*value);
        *marginal += share * exponential;
        *value = to_f32(scale * exponential);
    }
}

/// How many labels are not the position of the largest entry of their row, the first on ties.
fn count_errors(marginal: &[f64], labels: &[u32]) -> usize {
    let rows = marginal.chunks_exact(marginal.len() / labels.len()).zip(labels);
    rows.filter(|(row, label)| {
        let larger = |best: usize, entry: usize| if row[entry] > row[best] { entry } else { best };
        (0..row.len()).fold(0, larger) != **label as usize
    })
    .count()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "gradients are single precision on the tape"
)]
pub(super) fn to_f32(value: f64) -> f32 {
    value as f32
}

/// The logarithm of a product of factors in `[1, 2^32]`.
///
/// One logarithm for many factors: taken one by one they would cost as much as the exponentials.
#[derive(Debug)]
struct LogProduct {
    product: f64,
    log: f64,
}

impl LogProduct {
    fn multiply(&mut self, factor: f64) {
        self.product *= factor;
        // Far enough from the largest float, 1.8e308, for one more factor.
        if self.product > 1e250 {
            self.log += self.product.ln();
            self.product = 1.0;
        }
    }

    fn log(&self) -> f64 {
        self.log + self.product.ln()
    }
}
