//! Coordinate ascent on the posterior.

use proptest::collection::vec;
use proptest::prelude::*;
use vds_variational::{DepthPosterior, RunningNll, elbo, exact_posterior};

use crate::strategies::{cases, posteriors, rounding};

proptest! {
    #[test]
    fn elbo_is_largest_at_the_exact_posterior(case in cases()) {
        let exact = exact_posterior(&case.prior, &case.log_likelihoods).unwrap();
        let bound = |q: &DepthPosterior| elbo(q, &case.prior, &case.log_likelihoods).unwrap();
        let tolerance = case.rounding() + rounding(&[exact.log_probs()]);
        prop_assert!(bound(&exact) >= bound(&case.posterior()) - tolerance);
    }

    #[test]
    fn damped_step_to_the_exact_posterior_raises_the_elbo_by_its_fraction(case in cases(), damping in dampings()) {
        let exact = exact_posterior(&case.prior, &case.log_likelihoods).unwrap();
        let bound = |q: &DepthPosterior| elbo(q, &case.prior, &case.log_likelihoods).unwrap();
        let damped = case.posterior().damped_towards(&exact, damping).unwrap();
        let chord = (1.0 - damping) * bound(&case.posterior()) + damping * bound(&exact);
        let tolerance = case.rounding() + rounding(&[exact.log_probs()]);
        prop_assert!(bound(&damped) >= chord - tolerance, "{} < {chord}", bound(&damped));
        prop_assert!(bound(&damped) >= bound(&case.posterior()) - tolerance);
    }

    #[test]
    fn damped_step_is_linear_in_the_probabilities(
        (one, other) in posteriors().prop_flat_map(|q| {
            let logits = vec(-30.0..30.0, q.n_depths());
            (Just(q), logits.prop_map(|logits| DepthPosterior::from_logits(&logits).unwrap()))
        }),
        damping in dampings(),
    ) {
        let damped = one.damped_towards(&other, damping).unwrap();
        for (depth, prob) in damped.probs().iter().enumerate() {
            let expected = (1.0 - damping) * one.probs()[depth] + damping * other.probs()[depth];
            // The logarithm of a probability above 1e-300 is below 700, and 700 · 2.2e-16 = 1.5e-13 its relative error.
            prop_assert!((prob - expected).abs() <= 1e-12 * expected, "{prob} is not {expected}");
        }
        prop_assert_eq!(one.damped_towards(&other, 1.0).unwrap(), other);
    }

    #[test]
    fn running_nll_is_the_corrected_moving_average(
        batches in vec((-2.0..5.0, 0.001..1.5_f64), 1..40_usize)
    ) {
        let mut running = RunningNll::new(1);
        let (mut average, mut bias) = (0.0, 1.0);
        for (nll, weight) in batches {
            running.update(&[nll], weight).unwrap();
            let weight = weight.min(1.0);
            average = (1.0 - weight) * average + weight * nll;
            bias *= 1.0 - weight;
            // The mass 1 − bias is above 1e-3, which divides roundings of 40 terms.
            let expected = average / (1.0 - bias);
            let value = running.values().unwrap()[0];
            prop_assert!((value - expected).abs() <= 1e-10, "{value} is not {expected}");
        }
    }
}

#[test]
fn damped_steps_keep_logarithms_that_underflow() {
    let posterior = DepthPosterior::from_logits(&[0.0, -2_000.0, f64::NEG_INFINITY]).unwrap();
    let damped = posterior.damped_towards(&posterior, 0.25).unwrap();
    assert!((damped.log_probs()[1] + 2_000.0).abs() <= 1e-12);
    assert_eq!(damped.log_probs()[2], f64::NEG_INFINITY);
}

#[test]
fn damped_steps_stay_normalized() {
    let target = DepthPosterior::from_logits(&[0.3, -1.0, 2.0, 0.1]).unwrap();
    let mut posterior = DepthPosterior::from_logits(&[0.0; 4]).unwrap();
    // A factor of exp(−30) = 1e-13 is left of where it started.
    for _ in 0..30_000 {
        posterior = posterior.damped_towards(&target, 1e-3).unwrap();
    }
    let sum: f64 = posterior.probs().iter().sum();
    // At most a few roundings for each of the 1000 steps that are not forgotten.
    assert!((sum - 1.0).abs() <= 1e-12, "{sum}");
    for (prob, expected) in posterior.probs().iter().zip(target.probs()) {
        assert!((prob - expected).abs() <= 1e-12);
    }
}

#[test]
fn damped_step_refuses_what_is_no_step() {
    let posterior = DepthPosterior::from_logits(&[0.0; 2]).unwrap();
    let target = DepthPosterior::from_logits(&[0.0; 3]).unwrap();
    let error = |target: &DepthPosterior, damping: f64| {
        let damped = posterior.damped_towards(target, damping);
        damped.unwrap_err().to_string()
    };
    assert_eq!(error(&target, 0.5), "target has 3 entries, expected 2");
    assert_eq!(error(&posterior, 0.0), "damping is 0, expected a number in (0, 1]");
    assert_eq!(error(&posterior, 1.5), "damping is 1.5, expected a number in (0, 1]");
    assert_eq!(
        error(&posterior, f64::NAN),
        "damping is NaN, expected a number in (0, 1]"
    );
}

#[test]
fn running_nll_keeps_depths_that_a_batch_does_not_reach() {
    let mut running = RunningNll::new(3);
    assert_eq!(running.values(), None);
    running.update(&[1.0, 2.0], 0.5).unwrap();
    assert_eq!(running.values(), None);
    running.update(&[1.0, 2.0, 3.0], 0.5).unwrap();
    assert_eq!(running.values(), Some([1.0, 2.0, 3.0].as_slice()));
    running.update(&[0.5], 1.0).unwrap();
    assert_eq!(running.values(), Some([0.5, 2.0, 3.0].as_slice()));
    assert_eq!(running.n_depths(), 3);
}

#[test]
fn running_nll_refuses_what_is_no_batch() {
    let mut running = RunningNll::new(1);
    let messages = [
        running.update(&[], 0.5).unwrap_err(),
        running.update(&[1.0, 2.0], 0.5).unwrap_err(),
        running.update(&[f64::INFINITY], 0.5).unwrap_err(),
        running.update(&[1.0], 0.0).unwrap_err(),
        running.update(&[1.0], f64::NAN).unwrap_err(),
    ]
    .map(|error| error.to_string());
    let expected = [
        "mean_nll is empty",
        "mean_nll has 2 entries, expected 1",
        "mean_nll[0] is inf, expected a finite number",
        "weight is 0, expected a finite number above 0",
        "weight is NaN, expected a finite number above 0",
    ];
    assert_eq!(messages, expected);
    assert_eq!(running, RunningNll::new(1));
}

fn dampings() -> impl Strategy<Value = f64> {
    prop_oneof![4 => 1e-6..=1.0, 1 => Just(1.0), 1 => Just(1e-12)]
}
