//! Means over the examples: accuracy, proper scoring rules, confidence; and the entropy of each prediction.

use crate::Predictions;

/// Share of the examples whose prediction is right.
pub fn accuracy(predictions: &Predictions<'_>) -> f64 {
    predictions.mean(predictions.outcomes().map(|(_, right)| f64::from(u8::from(right))))
}

/// Share of the examples whose prediction is wrong.
pub fn error_rate(predictions: &Predictions<'_>) -> f64 {
    predictions.mean(predictions.outcomes().map(|(_, right)| f64::from(u8::from(!right))))
}

/// Mean of `-ln p(label)`, nats per example; infinite if a label has probability 0.
pub fn negative_log_likelihood(predictions: &Predictions<'_>) -> f64 {
    predictions.mean(log_likelihood_losses(predictions))
}

/// `-ln p(label)` of each example, nats: `[n]`; infinite where the label has probability 0.
pub fn negative_log_likelihoods(predictions: &Predictions<'_>) -> Vec<f64> {
    log_likelihood_losses(predictions).collect()
}

fn log_likelihood_losses(predictions: &Predictions<'_>) -> impl Iterator<Item = f64> {
    predictions.true_probs().map(|p| -f64::from(p).ln())
}

/// Mean of `Σ_k (p_k - 1[k is the label])²`, in `[0, 2]`.
pub fn brier_score(predictions: &Predictions<'_>) -> f64 {
    predictions.mean(brier_scores(predictions).into_iter())
}

/// Brier score of each example, in `[0, 2]`: `[n]`.
pub fn brier_scores(predictions: &Predictions<'_>) -> Vec<f64> {
    let score = |(row, label): (&[f32], usize)| {
        let squares = row
            .iter()
            .enumerate()
            .map(|(class, p)| (f64::from(*p) - f64::from(u8::from(class == label))).powi(2));
        squares.sum::<f64>()
    };
    predictions.rows().map(score).collect()
}

/// Mean of the confidences.
pub fn mean_confidence(predictions: &Predictions<'_>) -> f64 {
    predictions.mean(predictions.outcomes().map(|(confidence, _)| f64::from(confidence)))
}

/// Entropy of each example's probabilities, `-Σ_k p_k ln p_k` with `0 ln 0 = 0`, nats: `[n]`.
pub fn predictive_entropy(predictions: &Predictions<'_>) -> Vec<f64> {
    predictions
        .rows()
        .map(|(row, _)| entropy(row.iter().map(|p| f64::from(*p))))
        .collect()
}

pub(crate) fn entropy(probs: impl Iterator<Item = f64>) -> f64 {
    // Certainty has entropy 0, not the -0 of `-1 ln 1`.
    probs
        .map(|p| if p > 0.0 { -p * p.ln() } else { 0.0 })
        .fold(0.0, |sum, term| sum + term)
}
