//! Stacking weights.

use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_variational::{DepthPosterior, Stacking};

use crate::strategies::{Examples, examples, magnitude};

proptest! {
    #[test]
    fn stacking_beats_every_depth_and_their_average(examples in examples()) {
        let stacking = fit(&examples);
        // The tolerance of the fit, and rounding of sums of up to 40 terms.
        let tolerance = 1e-6 + 1e-13 * magnitude(&[&examples.log_likelihoods]);
        let uniform = DepthPosterior::from_logits(&vec![0.0; examples.n_depths]).unwrap();
        let one_hot = |depth| DepthPosterior::one_hot(depth, examples.n_depths - 1).unwrap();
        for weights in (0..examples.n_depths).map(one_hot).chain([uniform]) {
            let other = examples.mean_log_density(&weights);
            prop_assert!(stacking.mean_log_density >= other - tolerance, "{weights:?} has {other}");
        }
        let again = examples.mean_log_density(&stacking.weights);
        prop_assert!((stacking.mean_log_density - again).abs() <= tolerance);
    }

    #[test]
    fn stacking_weights_are_where_no_depth_is_worth_more(examples in examples()) {
        let stacking = fit(&examples);
        prop_assert_eq!(stacking.n_depths(), examples.n_depths);
        let worth = examples.mean_density_ratios(&stacking.weights);
        prop_assert!(worth.iter().all(|&ratio| ratio <= 1.0 + 2e-6), "{worth:?}");
        // Their mean under the weights is one, so that a depth below it has little weight.
        for (ratio, weight) in worth.iter().zip(stacking.weights.probs()) {
            prop_assert!(weight * (1.0 - ratio) <= 2e-6 * examples.n_depths as f64, "{ratio} has weight {weight}");
        }
    }

    #[test]
    fn stacking_follows_from_the_seed(examples in examples()) {
        let spread = fit(&examples).spread;
        prop_assert_eq!(spread.len(), examples.n_depths);
        // The weights are in [0, 1], where the largest sample variance of eight values is 2 / 7.
        prop_assert!(spread.iter().all(|deviation| (0.0..=0.54).contains(deviation)), "{spread:?}");
        prop_assert_eq!(fit(&examples), fit(&examples));
    }

    #[test]
    fn stacking_does_not_depend_on_what_all_depths_share(examples in examples(), shift in -500.0..500.0_f64) {
        let shifted: Vec<f64> = examples.log_likelihoods.iter().map(|value| value + shift).collect();
        let (one, other) = (fit(&examples), stacked(&shifted, examples.n_depths));
        let tolerance = 2e-6 + 1e-13 * magnitude(&[&shifted, &examples.log_likelihoods]);
        prop_assert!((one.mean_log_density + shift - other.mean_log_density).abs() <= tolerance);
    }
}

#[test]
fn stacking_of_one_depth_has_no_choice() {
    let stacking = stacked(&[-1.0, -3.0], 1);
    assert_eq!(stacking.weights.probs(), [1.0]);
    assert_eq!(stacking.mean_log_density, -2.0);
    assert_eq!(stacking.spread, [0.0]);
}

#[test]
fn stacking_of_experts_weights_them_by_their_examples() {
    // Each example is possible at one depth alone, so that w_i is the fraction of the examples that are depth i's.
    let impossible = f64::NEG_INFINITY;
    let first = [-1.0, impossible, impossible, impossible];
    let second = [impossible, -1.0, -1.0, -1.0];
    let stacking = stacked(&[first, second].concat(), 2);
    check_weights(&stacking, &[0.25, 0.75]);
    let expected = 0.25 * 0.25_f64.ln() + 0.75 * 0.75_f64.ln() - 1.0;
    assert!((stacking.mean_log_density - expected).abs() <= 1e-6);
}

#[test]
fn stacking_spread_is_that_of_a_binomial() {
    // The fraction of depth 1's examples in a resample is a binomial's, of standard deviation sqrt(0.25 · 0.75 / 400).
    let possible = |of: usize| {
        (0..400).map(move |n| {
            if (n % 4 == 0) == (of == 0) {
                0.0
            } else {
                f64::NEG_INFINITY
            }
        })
    };
    let log_likelihoods: Vec<f64> = possible(0).chain(possible(1)).collect();
    let stacking = Stacking::fit(&log_likelihoods, 2, 1_000, &mut ChaCha8Rng::seed_from_u64(5)).unwrap();
    let expected = (0.25_f64 * 0.75 / 400.0).sqrt();
    for deviation in stacking.spread {
        // A standard deviation of 1000 values has a standard error of 1 / sqrt(2000) = 2.2 %; this is four of them.
        assert!(
            (deviation / expected - 1.0).abs() <= 0.09,
            "{deviation} is not {expected}"
        );
    }
}

#[test]
fn stacking_gives_a_dominated_depth_no_weight() {
    let (good, other): (Vec<f64>, Vec<f64>) = (0..30)
        .map(|n| (-0.1 * f64::from(n % 7), -0.1 * f64::from(n % 5)))
        .unzip();
    let bad: Vec<f64> = good.iter().zip(&other).map(|(a, b)| a.min(*b) - 0.05).collect();
    let stacking = stacked(&[good, bad, other].concat(), 3);
    assert!(stacking.weights.probs()[1] <= 1e-4, "{:?}", stacking.weights);
}

#[test]
fn stacking_of_equal_depths_shares_the_weight_of_one() {
    let impossible = f64::NEG_INFINITY;
    let first = [-1.0, impossible, -0.5, -3.0];
    let second = [impossible, -1.0, -1.0, -0.2];
    let alone = stacked(&[first, second].concat(), 2);
    let twice = stacked(&[first, second, second].concat(), 3);
    let sum = twice.weights.probs()[1] + twice.weights.probs()[2];
    // Near the maximum the loss is quadratic in the weights: 1e-6 nats are about 1e-3 of them.
    assert!((alone.weights.probs()[1] - sum).abs() <= 3e-3, "{alone:?} {twice:?}");
    assert!((alone.mean_log_density - twice.mean_log_density).abs() <= 2e-6);
}

#[test]
fn stacking_compares_likelihoods_that_underflow() {
    let stacking = stacked(&[-1e4, -1e4 - 1.0, -1e4 + 3.0, -1e4 - 2.0], 2);
    assert!(stacking.mean_log_density.is_finite());
    assert!(stacking.weights.probs()[1] > 0.5);
}

#[test]
fn stacking_refuses_what_has_no_maximizer() {
    let impossible = f64::NEG_INFINITY;
    let fit = |log_likelihoods: &[f64], n_depths: usize, n_bootstrap: usize| {
        let stacking = Stacking::fit(
            log_likelihoods,
            n_depths,
            n_bootstrap,
            &mut ChaCha8Rng::seed_from_u64(0),
        );
        stacking.unwrap_err().to_string()
    };
    let messages = [
        fit(&[], 2, 8),
        fit(&[0.0; 3], 2, 8),
        fit(&[0.0; 3], 0, 8),
        fit(&[0.0, f64::NAN], 2, 8),
        fit(&[0.0, f64::INFINITY], 2, 8),
        fit(&[0.0, impossible, -1.0, impossible], 2, 8),
        fit(&[0.0, 0.0], 2, 1),
    ];
    let expected = [
        "log_likelihoods is empty",
        "log_likelihoods has 3 entries, expected a multiple of 2",
        "log_likelihoods has 3 entries, expected a multiple of 0",
        "log_likelihoods[1] is NaN, expected a number below infinity",
        "log_likelihoods[1] is inf, expected a number below infinity",
        "example 1 has probability zero at every depth",
        "n_bootstrap is 1, expected at least 2",
    ];
    assert_eq!(messages, expected);
}

fn fit(examples: &Examples) -> Stacking {
    stacked(&examples.log_likelihoods, examples.n_depths)
}

fn stacked(log_likelihoods: &[f64], n_depths: usize) -> Stacking {
    Stacking::fit(log_likelihoods, n_depths, 8, &mut ChaCha8Rng::seed_from_u64(1)).unwrap()
}

#[track_caller]
fn check_weights(stacking: &Stacking, expected: &[f64]) {
    for (weight, expected) in stacking.weights.probs().iter().zip(expected) {
        // Near the maximum the loss is quadratic in the weights: 1e-6 nats are about 1e-3 of them.
        assert!((weight - expected).abs() <= 1e-3, "{stacking:?}");
    }
}
