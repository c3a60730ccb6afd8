//! The distributions over depth themselves.

use proptest::prelude::*;
use vds_variational::{DepthPosterior, DepthPrior, Error, PruningRule};

use crate::strategies::{posteriors, rounding};

proptest! {
    #[test]
    fn posterior_sums_to_one_and_survival_is_its_tail(posterior in posteriors()) {
        let sum: f64 = posterior.probs().iter().sum();
        prop_assert!((sum - 1.0).abs() <= 1e-13);
        let survival = posterior.survival();
        prop_assert_eq!(survival.len(), posterior.max_depth());
        for (block, active) in survival.iter().enumerate() {
            let tail: f64 = posterior.probs()[block + 1..].iter().sum();
            prop_assert!((active - tail).abs() <= 1e-14);
        }
        // Each active block adds one to the depth.
        let expected: f64 = survival.iter().sum();
        prop_assert!((expected - posterior.expected_depth()).abs() <= 1e-13 * posterior.n_depths() as f64);
    }

    #[test]
    fn entropy_is_between_zero_and_that_of_the_uniform_posterior(posterior in posteriors()) {
        let entropy = posterior.entropy();
        prop_assert!(entropy >= 0.0);
        prop_assert!(entropy <= (posterior.n_depths() as f64).ln() + 1e-13);
    }

    #[test]
    fn truncation_keeps_the_head_and_gives_the_tail_to_its_end(
        (posterior, depth) in posteriors().prop_flat_map(|q| (Just(q.clone()), 0..q.n_depths()))
    ) {
        let truncated = posterior.truncated(depth).unwrap();
        prop_assert_eq!(truncated.max_depth(), depth);
        prop_assert_eq!(&truncated.log_probs()[..depth], &posterior.log_probs()[..depth]);
        let sum: f64 = truncated.probs().iter().sum();
        prop_assert!((sum - 1.0).abs() <= 1e-13, "{sum}");
        let tail: f64 = posterior.probs()[depth..].iter().sum();
        prop_assert!((truncated.probs()[depth] - tail).abs() <= 1e-13);
    }

    #[test]
    fn posterior_of_its_own_probabilities_is_the_same(posterior in posteriors()) {
        let again = DepthPosterior::from_probs(posterior.probs()).unwrap();
        for (one, other) in posterior.probs().iter().zip(again.probs()) {
            prop_assert!((one - other).abs() <= 1e-13);
        }
    }

    #[test]
    fn prior_geometric_is_its_formula(decay in 0.05..1.5, max_depth in 0..=100_usize) {
        let prior = DepthPrior::geometric(decay, max_depth).unwrap();
        let weight = |depth: usize| f64::powf(decay, 1.0 + depth as f64);
        let sum: f64 = (0..=max_depth).map(weight).sum();
        for (depth, log_prob) in prior.log_probs().iter().enumerate() {
            let expected = (weight(depth) / sum).ln();
            prop_assert!((log_prob - expected).abs() <= rounding(&[prior.log_probs()]));
        }
    }
}

#[test]
fn prior_over_thousands_of_depths_does_not_underflow() {
    let prior = DepthPrior::geometric(0.5, 5_000).unwrap();
    // The probability underflows; its logarithm is 5001 log 0.5 less the sum, 1 − 2^−5001.
    assert_eq!(prior.probs()[5_000], 0.0);
    let expected = 5_001.0 * 0.5_f64.ln();
    assert!((prior.log_probs()[5_000] - expected).abs() <= 1e-12 * expected.abs());
}

#[test]
fn posterior_one_hot_has_no_uncertainty() {
    let posterior = DepthPosterior::one_hot(2, 3).unwrap();
    assert_eq!(posterior.probs(), [0.0, 0.0, 1.0, 0.0]);
    assert_eq!(posterior.entropy().to_bits(), 0.0_f64.to_bits());
    assert_eq!(posterior.expected_depth(), 2.0);
    assert_eq!(posterior.survival(), [1.0, 1.0, 0.0]);
    assert_eq!(posterior.argmax(), 2);
    assert_eq!(PruningRule::PAPER.pruned_depth(&posterior, None).unwrap(), 2);
}

#[test]
fn logit_of_minus_infinity_is_a_probability_of_zero() {
    let posterior = DepthPosterior::from_logits(&[0.0, f64::NEG_INFINITY, 0.0]).unwrap();
    assert_eq!(posterior.probs()[1], 0.0);
    assert!((posterior.entropy() - 2.0_f64.ln()).abs() < 1e-15);
}

#[test]
fn argmax_is_found_among_near_ties_and_is_the_shallowest_of_ties() {
    let mode = |logits: &[f64]| DepthPosterior::from_logits(logits).unwrap().argmax();
    assert_eq!(mode(&[0.0, 1e-12, 0.0]), 1);
    assert_eq!(mode(&[0.0, 2.0, 2.0]), 1);
}

#[test]
fn logits_of_the_widest_spread_do_not_overflow() {
    let posterior = DepthPosterior::from_logits(&[f64::MAX, -f64::MAX, f64::MAX]).unwrap();
    assert_eq!(posterior.probs(), [0.5, 0.0, 0.5]);
}

#[test]
fn distribution_that_is_malformed_is_refused() {
    let messages = [
        DepthPosterior::from_logits(&[]).unwrap_err(),
        DepthPosterior::from_logits(&[0.0, f64::NAN]).unwrap_err(),
        DepthPosterior::from_logits(&[f64::INFINITY]).unwrap_err(),
        DepthPosterior::from_logits(&[f64::NEG_INFINITY; 2]).unwrap_err(),
        DepthPosterior::from_probs(&[0.5, 0.4]).unwrap_err(),
        DepthPosterior::from_probs(&[1.5, -0.5]).unwrap_err(),
        DepthPosterior::one_hot(4, 3).unwrap_err(),
        DepthPosterior::one_hot(3, 3).unwrap().truncated(4).unwrap_err(),
        DepthPrior::geometric(0.0, 3).unwrap_err(),
        DepthPrior::geometric(f64::INFINITY, 3).unwrap_err(),
        DepthPrior::from_probs(&[]).unwrap_err(),
    ]
    .map(|error: Error| error.to_string());
    let expected = [
        "posterior logits is empty",
        "posterior logits[1] is NaN, expected a number below infinity",
        "posterior logits[0] is inf, expected a number below infinity",
        "posterior logits give every outcome probability zero",
        "posterior: the sum is 0.9, expected 1",
        "posterior[0] is 1.5, expected a probability in [0, 1]",
        "depth 4 is beyond the maximum depth 3",
        "depth 4 is beyond the maximum depth 3",
        "decay is 0, expected a finite number above 0",
        "decay is inf, expected a finite number above 0",
        "prior is empty",
    ];
    assert_eq!(messages, expected);
}
