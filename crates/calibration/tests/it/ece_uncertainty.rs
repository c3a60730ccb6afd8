//! Interval and floor of the expected calibration error against direct simulation.

use proptest::prelude::*;
use vds_calibration::*;
use vds_testkit::strategies::classified;

use crate::simulation::{Binary, binomial_tolerance, rng, share};

const N_BINS: usize = 20;

fn ece(simulated: &Binary) -> f64 {
    expected_calibration_error(&simulated.predictions(), N_BINS).unwrap()
}

#[test]
fn ece_floor_is_the_ece_of_simulated_calibrated_predictions() {
    let mut rng = rng(1);
    let mut simulated = Binary::new(300, 0.0, &mut rng);
    let n = 2_000;
    let uncertainty = ece_uncertainty(&simulated.predictions(), N_BINS, n, &mut rng).unwrap();
    let errors: Vec<f64> = (0..n)
        .map(|_| {
            simulated.draw_labels(0.0, &mut rng);
            ece(&simulated)
        })
        .collect();
    let direct = mean_interval(&errors).unwrap();
    // Both means are of n resamples.
    let tolerance = 4.0 * 2.0_f64.sqrt() * direct.standard_error.unwrap();
    assert!(
        (uncertainty.floor - direct.mean).abs() < tolerance,
        "{uncertainty:?} and {direct:?}"
    );
    let above = errors.iter().filter(|error| **error > uncertainty.floor_95).count() as f64 / n as f64;
    // The quantile is itself of n resamples.
    assert!(
        (above - 0.05).abs() < 2.0_f64.sqrt() * binomial_tolerance(0.05, n),
        "{above}"
    );
}

#[test]
fn ece_floor_exceeds_one_in_twenty_calibrated_networks() {
    let (mut rng, n) = (rng(2), 500);
    let above = share(n, || {
        let simulated = Binary::new(200, 0.0, &mut rng);
        let uncertainty = ece_uncertainty(&simulated.predictions(), N_BINS, 100, &mut rng).unwrap();
        ece(&simulated) > uncertainty.floor_95
    });
    assert!((above - 0.05).abs() < binomial_tolerance(0.05, n), "{above}");
}

#[test]
fn ece_of_an_overconfident_network_is_above_its_floor() {
    let mut rng = rng(3);
    for _ in 0..20 {
        let simulated = Binary::new(1_000, 0.1, &mut rng);
        let uncertainty = ece_uncertainty(&simulated.predictions(), N_BINS, 200, &mut rng).unwrap();
        // The gap of 0.1 has a standard error of about 0.014.
        assert!(ece(&simulated) > uncertainty.floor_95, "{uncertainty:?}");
        assert!(uncertainty.interval[0] > uncertainty.floor, "{uncertainty:?}");
    }
}

#[test]
fn ece_interval_covers_the_ece_of_an_overconfident_network() {
    let (mut rng, n) = (rng(4), 400);
    let covered = share(n, || {
        let simulated = Binary::new(400, 0.2, &mut rng);
        // Five bins of which two are in use: no bin's noise reaches its gap of 0.2, so that the estimate is not biased.
        let uncertainty = ece_uncertainty(&simulated.predictions(), 5, 200, &mut rng).unwrap();
        let [lower, upper] = uncertainty.interval;
        lower <= 0.2 && 0.2 <= upper
    });
    assert!((covered - 0.95).abs() < binomial_tolerance(0.95, n), "{covered}");
}

#[test]
fn ece_interval_of_calibrated_predictions_lies_above_the_estimate_on_average() {
    // What the documentation warns of: resamples carry the noise twice.
    let mut rng = rng(5);
    let differences: Vec<f64> = (0..100)
        .map(|_| {
            let simulated = Binary::new(300, 0.0, &mut rng);
            let [lower, upper] = ece_uncertainty(&simulated.predictions(), N_BINS, 200, &mut rng)
                .unwrap()
                .interval;
            f64::midpoint(lower, upper) - ece(&simulated)
        })
        .collect();
    assert!(mean_interval(&differences).unwrap().interval.unwrap()[0] > 0.0);
}

#[test]
fn ece_uncertainty_of_certain_and_right_predictions_is_zero() {
    let predictions = Predictions::new(&[1.0, 0.0, 0.0, 1.0], 2, &[0, 1]).unwrap();
    let expected = EceUncertainty {
        interval: [0.0; 2],
        floor: 0.0,
        floor_95: 0.0,
    };
    assert_eq!(ece_uncertainty(&predictions, 15, 50, &mut rng(6)).unwrap(), expected);
}

#[test]
fn ece_uncertainty_of_one_prediction_is_exact() {
    // A single example is its own resample; were it calibrated, it would be wrong by .75 or .25 with these probabilities.
    let predictions = Predictions::new(&[0.75, 0.25], 2, &[1]).unwrap();
    let n = 10_000;
    let uncertainty = ece_uncertainty(&predictions, 15, n, &mut rng(7)).unwrap();
    assert_eq!(uncertainty.interval, [0.75; 2]);
    assert_eq!(uncertainty.floor_95, 0.75);
    let tolerance = 0.5 * binomial_tolerance(0.25, n);
    assert!((uncertainty.floor - 0.375).abs() < tolerance, "{}", uncertainty.floor);
}

proptest! {
    #[test]
    fn ece_uncertainty_is_ordered_and_repeats_with_its_seed(
        data in classified(40, 2..6), n_bins in 1..20_usize, n_resamples in 1..30_usize, seed: u64
    ) {
        let predictions = Predictions::new(&data.probs, data.n_classes, &data.labels).unwrap();
        let uncertainty = ece_uncertainty(&predictions, n_bins, n_resamples, &mut rng(seed)).unwrap();
        let [lower, upper] = uncertainty.interval;
        prop_assert!(0.0 <= lower && lower <= upper && upper <= 1.0 + 1e-5);
        prop_assert!((0.0..=1.0).contains(&uncertainty.floor) && (0.0..=1.0).contains(&uncertainty.floor_95));
        prop_assert_eq!(ece_uncertainty(&predictions, n_bins, n_resamples, &mut rng(seed)).unwrap(), uncertainty);
    }
}
