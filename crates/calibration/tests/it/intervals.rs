//! Intervals of means: how often they cover the truth, and the formulas.

use proptest::collection::vec;
use proptest::prelude::*;
use statrs::distribution::{ContinuousCDF as _, StudentsT};
use vds_calibration::*;
use vds_testkit::{Tolerance, check_close};

use crate::simulation::{binomial_tolerance, normal, rng, share};

fn contains([lower, upper]: [f64; 2], value: f64) -> bool {
    lower <= value && value <= upper
}

#[track_caller]
fn check_coverage(actual: f64, expected: f64, n: usize) {
    let tolerance = binomial_tolerance(expected, n);
    assert!(
        (actual - expected).abs() < tolerance,
        "{actual}, expected {expected} within {tolerance}"
    );
}

#[test]
fn paired_interval_of_few_pairs_covers_the_difference() {
    // Eight seeds, whose common noise is three times that of the difference.
    let (mut rng, n) = (rng(1), 2_000);
    let covered = share(n, || {
        let common: Vec<f64> = (0..8).map(|_| 3.0 * normal(&mut rng)).collect();
        let a: Vec<f64> = common.iter().map(|x| x + 0.3 + normal(&mut rng)).collect();
        contains(paired_difference(&a, &common).unwrap().interval.unwrap(), 0.3)
    });
    // Exact for normal differences.
    check_coverage(covered, 0.95, n);
}

#[test]
fn bootstrap_interval_covers_the_mean() {
    let (mut rng, n, size) = (rng(2), 1_000, 60);
    let covered = share(n, || {
        let values: Vec<f64> = (0..size).map(|_| 5.0 + normal(&mut rng)).collect();
        contains(bootstrap_mean_interval(&values, 400, &mut rng).unwrap(), 5.0)
    });
    // The bootstrap's means are nearly normal with the variance that divides by n and not n - 1.
    let size = f64::from(size);
    let student = StudentsT::new(0.0, 1.0, size - 1.0).unwrap();
    let expected = 2.0 * student.cdf(1.959_964 * ((size - 1.0) / size).sqrt()) - 1.0;
    check_coverage(covered, expected, n);
}

#[test]
fn bootstrap_interval_of_many_values_is_that_of_the_standard_error() {
    let mut rng = rng(3);
    let values: Vec<f64> = (0..2_000).map(|_| normal(&mut rng).exp()).collect();
    let expected = mean_interval(&values).unwrap();
    let actual = bootstrap_mean_interval(&values, 4_000, &mut rng).unwrap();
    // An end is a quantile of 4,000 resamples, whose standard deviation is √(.025 · .975 / 4000) / φ(1.96) = .042 standard errors;
    // the values' skewness moves it by as much again. Five of the one and one of the other.
    let tolerance = 0.25 * expected.standard_error.unwrap();
    for (actual, expected) in actual.into_iter().zip(expected.interval.unwrap()) {
        assert!((actual - expected).abs() < tolerance, "{actual} and {expected}");
    }
}

#[test]
fn mean_interval_is_that_of_a_worked_example() {
    let a = [0.021, 0.018, 0.025];
    let b = [0.015, 0.016, 0.018];
    let difference = paired_difference(&a, &b).unwrap();
    // Differences .006, .002, .007: mean .005, sd √(.000014 / 2), and 4.302653 from a table for two degrees of freedom.
    let error = 7e-6_f64.sqrt() / 3.0_f64.sqrt();
    let tolerance = Tolerance::both(1e-8);
    assert_eq!(difference.n, 3);
    check_close(difference.mean, 0.005, tolerance);
    check_close(difference.standard_error.unwrap(), error, tolerance);
    let [lower, upper] = difference.interval.unwrap();
    check_close(lower, 0.005 - 4.302_653 * error, tolerance);
    check_close(upper, 0.005 + 4.302_653 * error, tolerance);
}

#[test]
fn mean_interval_of_one_value_does_not_exist() {
    let expected = MeanInterval {
        n: 1,
        mean: 0.25,
        standard_error: None,
        interval: None,
    };
    assert_eq!(mean_interval(&[0.25]).unwrap(), expected);
    assert_eq!(paired_difference(&[0.75], &[0.5]).unwrap(), expected);
    assert_eq!(bootstrap_mean_interval(&[0.25], 10, &mut rng(4)).unwrap(), [0.25; 2]);
}

proptest! {
    #[test]
    fn paired_difference_changes_its_sign_with_the_order(pairs in vec((-1e3..1e3_f64, -1e3..1e3_f64), 2..20)) {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.into_iter().unzip();
        let [forward, backward] = [paired_difference(&a, &b).unwrap(), paired_difference(&b, &a).unwrap()];
        prop_assert_eq!(forward.mean, -backward.mean);
        prop_assert_eq!(forward.standard_error, backward.standard_error);
        let [lower, upper] = backward.interval.unwrap();
        prop_assert_eq!(forward.interval, Some([-upper, -lower]));
        prop_assert!(contains(forward.interval.unwrap(), forward.mean));
    }

    #[test]
    fn bootstrap_interval_lies_between_the_extremes(values in vec(-1e3..1e3_f64, 1..20), n_resamples in 1..50_usize, seed: u64) {
        let [lower, upper] = bootstrap_mean_interval(&values, n_resamples, &mut rng(seed)).unwrap();
        let least = values.iter().copied().fold(f64::INFINITY, f64::min);
        let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Roundings of a sum of twenty.
        prop_assert!(least - 1e-9 <= lower && lower <= upper && upper <= largest + 1e-9);
    }
}
