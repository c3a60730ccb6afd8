//! Proptest strategies shared by the crates.

use std::ops::Range;

use proptest::collection::vec;
use proptest::prelude::*;

/// Probability vectors of `n` entries, some of them extremely uneven.
pub fn simplex(n: impl Strategy<Value = usize>) -> impl Strategy<Value = Vec<f64>> {
    (n, 0.0..30.0_f64).prop_flat_map(|(n, spread)| vec(-1.0..1.0_f64, n.max(1)).prop_map(move |x| softmax(&x, spread)))
}

/// Logits of `n` entries in `±spread`.
pub fn logits(n: impl Strategy<Value = usize>, spread: f64) -> impl Strategy<Value = Vec<f64>> {
    n.prop_flat_map(move |n| vec(-spread..=spread, n.max(1)))
}

/// Rows of class probabilities `[n, n_classes]` in `f32`, each summing to one as closely as `f32` can, and labels.
#[derive(Clone, Debug)]
pub struct Classified {
    /// `[n, n_classes]`.
    pub probs: Vec<f32>,
    /// `[n]`.
    pub labels: Vec<u32>,
    /// Classes.
    pub n_classes: usize,
}

/// Predictions with labels, from one to `max_n` examples; rows are anything from uniform to one-hot.
///
/// # Panics
/// With more than `u32::MAX` classes.
pub fn classified(max_n: usize, n_classes: Range<usize>) -> impl Strategy<Value = Classified> {
    (1..=max_n, n_classes).prop_flat_map(|(n, n_classes)| {
        let row = (vec(-1.0..1.0_f64, n_classes), 0.0..60.0_f64).prop_map(|(x, spread)| softmax(&x, spread));
        let last = u32::try_from(n_classes).expect("few classes");
        (vec(row, n), vec(0..last, n)).prop_map(move |(rows, labels)| Classified {
            probs: rows.concat().into_iter().map(narrow).collect(),
            labels,
            n_classes,
        })
    })
}

fn softmax(x: &[f64], spread: f64) -> Vec<f64> {
    let largest = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let weights: Vec<f64> = x.iter().map(|x| ((x - largest) * spread).exp()).collect();
    let total: f64 = weights.iter().sum();
    weights.iter().map(|w| w / total).collect()
}

#[expect(clippy::cast_possible_truncation, reason = "rounding to f32 is what it is for")]
fn narrow(x: f64) -> f32 {
    x as f32
}
