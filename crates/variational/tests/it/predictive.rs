//! Predictions that marginalize over depth.

use proptest::collection::vec;
use proptest::prelude::*;
use vds_variational::{DepthPosterior, Error, depth_log_likelihoods, depth_log_probs, log_marginal_predictive};

use crate::strategies::{logits, one_hots, posteriors};

/// A posterior, logits `[n_depths, batch, n_classes]`, the batch and the number of classes.
type Predictions = (DepthPosterior, Vec<f64>, usize, usize);

proptest! {
    #[test]
    fn marginal_prediction_is_normalized_and_a_mixture((posterior, logits, batch, n_classes) in predictions()) {
        let log_probs = depth_log_probs(&logits, n_classes).unwrap();
        let marginal = log_marginal_predictive(&posterior, &log_probs, n_classes).unwrap();
        prop_assert_eq!(marginal.len(), batch * n_classes);
        for row in marginal.chunks(n_classes) {
            let sum: f64 = row.iter().map(|log_prob| log_prob.exp()).sum();
            prop_assert!((sum - 1.0).abs() <= 1e-12, "{sum}");
        }
        for (entry, log_prob) in marginal.iter().enumerate() {
            let of_depth = |(depth, q): (usize, &f64)| q * log_probs[depth * batch * n_classes + entry].exp();
            let mixture: f64 = posterior.probs().iter().enumerate().map(of_depth).sum();
            // Both are rounded sums of at most 101 terms below one.
            prop_assert!((log_prob.exp() - mixture).abs() <= 1e-13);
            prop_assert!(log_prob.is_finite());
        }
    }

    #[test]
    fn marginal_prediction_of_a_one_hot_posterior_is_that_of_its_depth((posterior, logits, batch, n_classes) in one_hot_predictions()) {
        let log_probs = depth_log_probs(&logits, n_classes).unwrap();
        let marginal = log_marginal_predictive(&posterior, &log_probs, n_classes).unwrap();
        let depth = posterior.argmax() * batch * n_classes;
        prop_assert_eq!(&marginal[..], &log_probs[depth..depth + batch * n_classes]);
    }

    #[test]
    fn log_likelihoods_are_those_of_the_labels((posterior, logits, batch, n_classes) in predictions()) {
        let labels: Vec<u32> = (0..batch).map(|example| u32::try_from(example % n_classes).unwrap()).collect();
        let log_probs = depth_log_probs(&logits, n_classes).unwrap();
        let sums = depth_log_likelihoods(&log_probs, &labels, n_classes).unwrap();
        prop_assert_eq!(sums.len(), posterior.n_depths());
        for (depth, sum) in sums.iter().enumerate() {
            let at = |example: usize| log_probs[(depth * batch + example) * n_classes + labels[example] as usize];
            let expected: f64 = (0..batch).map(at).sum();
            prop_assert_eq!(*sum, expected);
        }
    }
}

#[test]
fn marginal_prediction_below_the_smallest_float_keeps_its_logarithm() {
    let posterior = DepthPosterior::from_logits(&[0.0, 0.0]).unwrap();
    let log_probs = depth_log_probs(&[2_000.0_f32, 0.0, 1_000.0, 0.0], 2).unwrap();
    let marginal = log_marginal_predictive(&posterior, &log_probs, 2).unwrap();
    assert_eq!(marginal[0], 0.0);
    assert!((marginal[1] - (-1_000.0 - 2.0_f64.ln())).abs() < 1e-12);
}

#[test]
fn marginal_prediction_is_zero_for_classes_that_no_depth_allows() {
    let posterior = DepthPosterior::from_logits(&[0.0, 1.0]).unwrap();
    let log_probs = [0.0, f64::NEG_INFINITY, 0.0, f64::NEG_INFINITY];
    let marginal = log_marginal_predictive(&posterior, &log_probs, 2).unwrap();
    assert_eq!(marginal[1], f64::NEG_INFINITY);
    let sums = depth_log_likelihoods(&log_probs, &[1], 2).unwrap();
    assert_eq!(sums, [f64::NEG_INFINITY; 2]);
}

#[test]
fn predictions_with_shapes_or_labels_that_do_not_fit_are_refused() {
    let posterior = DepthPosterior::from_logits(&[0.0, 0.0]).unwrap();
    let messages = [
        depth_log_probs(&[0.0_f32; 5], 2).unwrap_err(),
        depth_log_probs(&[0.0_f32; 4], 0).unwrap_err(),
        depth_log_probs(&[0.0, f64::NAN], 2).unwrap_err(),
        log_marginal_predictive(&posterior, &[0.0; 6], 2).unwrap_err(),
        depth_log_likelihoods(&[0.0; 6], &[0, 2], 1).unwrap_err(),
    ]
    .map(|error: Error| error.to_string());
    let expected = [
        "depth_logits has 5 entries, expected a multiple of 2",
        "depth_logits is empty",
        "depth_logits[1] is NaN, expected a number below infinity",
        "depth_log_probs has 6 entries, expected a multiple of 4",
        "labels[1] is 2, expected a class below 1",
    ];
    assert_eq!(messages, expected);
}

fn predictions() -> impl Strategy<Value = Predictions> {
    with_logits(posteriors())
}

fn one_hot_predictions() -> impl Strategy<Value = Predictions> {
    with_logits(one_hots())
}

fn with_logits(posteriors: impl Strategy<Value = DepthPosterior>) -> impl Strategy<Value = Predictions> {
    (posteriors, 1..4_usize, 1..6_usize).prop_flat_map(|(posterior, batch, n_classes)| {
        let per_depth = vec(logits(batch * n_classes), posterior.n_depths());
        per_depth.prop_map(move |logits| (posterior.clone(), logits.concat(), batch, n_classes))
    })
}
