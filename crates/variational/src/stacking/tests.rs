use proptest::collection::vec;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use super::densities::{em_step, gap};
use super::*;

proptest! {
    #[test]
    fn stacking_em_step_never_decreases_the_mean_log_density(densities in densities(), steps in 1..30_usize) {
        let mut weights = vec![1.0 / densities.n_depths() as f64; densities.n_depths()];
        for _ in 0..steps {
            let mixture = densities.mixture(&weights);
            let next = em_step(&weights, &densities.gradient(&mixture));
            let sum: f64 = next.iter().sum();
            prop_assert!((sum - 1.0).abs() <= 1e-14);
            // A mean of logarithms of numbers that are within 1e-14 of each other where the step has converged.
            let increase = densities.mean_log_ratio(&densities.mixture(&next), &mixture);
            prop_assert!(increase >= -1e-13, "{increase}");
            weights = next;
        }
    }

    #[test]
    fn stacking_ends_within_its_tolerance_of_the_maximum(densities in densities()) {
        check_maximizer(&densities, &maximizer(&densities, Start::Uniform));
    }

    #[test]
    fn stacking_of_a_resample_starts_from_the_weights_of_all_examples(densities in densities(), seed in any::<u64>()) {
        let resampled = densities.resampled(&mut ChaCha8Rng::seed_from_u64(seed));
        let near = maximizer(&resampled, Start::Near(&maximizer(&densities, Start::Uniform)));
        check_maximizer(&resampled, &near);
        let uniform = maximizer(&resampled, Start::Uniform);
        let difference = resampled.mean_log_density(&near) - resampled.mean_log_density(&uniform);
        prop_assert!(difference.abs() <= 1e-6 + rounding(&resampled), "{difference}");
    }

    #[test]
    fn stacking_is_not_below_thousands_of_em_steps(densities in densities()) {
        let mut weights = vec![1.0 / densities.n_depths() as f64; densities.n_depths()];
        for _ in 0..2_000 {
            weights = em_step(&weights, &densities.gradient(&densities.mixture(&weights)));
        }
        let fitted = densities.mean_log_density(&maximizer(&densities, Start::Uniform));
        let stepped = densities.mean_log_density(&weights);
        prop_assert!(fitted >= stepped - 1e-6 - rounding(&densities), "{fitted} < {stepped}");
    }
}

#[test]
fn stacking_resamples_as_many_examples_as_there_are() {
    let densities = Densities::new(&[-1.0, -2.0, -3.0, -4.0, -2.0, -1.0, -5.0, -3.0], 2).unwrap();
    let mut rng = ChaCha8Rng::seed_from_u64(3);
    // The gradient at a mixture that is one depth is a mean over the examples of one for that depth.
    for _ in 0..20 {
        let resampled = densities.resampled(&mut rng);
        let gradient = resampled.gradient(&resampled.mixture(&[1.0, 0.0]));
        assert!((gradient[0] - 1.0).abs() <= 1e-15);
    }
}

#[track_caller]
fn check_maximizer(densities: &Densities, weights: &[f64]) {
    assert!(weights.iter().all(|&weight| weight >= 0.0), "{weights:?}");
    let sum: f64 = weights.iter().sum();
    assert!((sum - 1.0).abs() <= 1e-14, "{sum}");
    let gap = gap(&densities.gradient(&densities.mixture(weights)));
    assert!(gap <= 1e-6, "the gap is {gap}");
}

/// The error by rounding of a mean of log densities of up to 1e3 nats.
fn rounding(densities: &Densities) -> f64 {
    1e-13
        * densities
            .mean_log_density(&vec![1.0 / densities.n_depths() as f64; densities.n_depths()])
            .abs()
}

/// Log-likelihoods of each depth as one number per example and a deviation of the depth, from near-equal depths to those of which
/// an example rules out most.
fn densities() -> impl Strategy<Value = Densities> {
    let n_depths = prop_oneof![1..4_usize, 1..20_usize, 1..=101_usize];
    let scale = prop_oneof![Just(1e-3), Just(0.1), Just(1.0), Just(30.0), Just(1e3)];
    (n_depths, 1..40_usize, scale).prop_flat_map(|(n_depths, n, scale)| {
        vec(-1.0..0.0, n_depths * n).prop_map(move |units: Vec<f64>| {
            let log_likelihoods: Vec<f64> = units.iter().map(|unit| scale * unit).collect();
            Densities::new(&log_likelihoods, n_depths).unwrap()
        })
    })
}
