//! Temperature scaling on simulated logits and on arbitrary log-probabilities.

use proptest::collection::vec;
use proptest::prelude::*;
use rand::Rng;
use vds_calibration::*;
use vds_testkit::{Tolerance, check_close};

use crate::simulation::{normal, rng};

const N_CLASSES: usize = 5;

/// Roundings of sums of a few thousand terms.
const ROUNDING: Tolerance = Tolerance::both(1e-9);

/// Logits, and labels drawn from `softmax(logits / temperature)`.
fn simulated(n: usize, temperature: f64, rng: &mut impl Rng) -> (Vec<f64>, Vec<u32>) {
    let logits: Vec<f64> = (0..n * N_CLASSES).map(|_| 2.0 * normal(rng)).collect();
    let mut log_probs = logits.clone();
    apply_temperature(&mut log_probs, N_CLASSES, temperature).unwrap();
    let labels = log_probs.chunks(N_CLASSES).map(|row| {
        let mut rest: f64 = rng.random();
        let label = row.iter().position(|log_prob| {
            rest -= log_prob.exp();
            rest < 0.0
        });
        u32::try_from(label.unwrap_or(N_CLASSES - 1)).unwrap()
    });
    (logits, labels.collect())
}

/// Mean negative log-likelihood of `softmax(log_probs / temperature)`, by the definition.
fn nll(log_probs: &[f64], n_classes: usize, labels: &[u32], temperature: f64) -> f64 {
    let rows = log_probs.chunks(n_classes).zip(labels);
    let losses = rows.map(|(row, label)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let total: f64 = row.iter().map(|x| ((x - largest) / temperature).exp()).sum();
        total.ln() - (row[*label as usize] - largest) / temperature
    });
    losses.sum::<f64>() / labels.len() as f64
}

/// Standard error of `1 / T` at the truth: one over the root of n times the mean variance of the logits.
fn standard_error(logits: &[f64], temperature: f64) -> f64 {
    let information = logits.chunks(N_CLASSES).map(|row| {
        let weights: Vec<f64> = row.iter().map(|x| (x / temperature).exp()).collect();
        let total: f64 = weights.iter().sum();
        let moment = |power| {
            row.iter()
                .zip(&weights)
                .map(|(x, w)| w / total * x.powi(power))
                .sum::<f64>()
        };
        moment(2) - moment(1).powi(2)
    });
    information.sum::<f64>().sqrt().recip()
}

#[test]
fn temperature_that_made_the_labels_is_recovered() {
    let mut rng = rng(1);
    for temperature in [0.25, 0.5, 1.0, 2.0, 4.0] {
        let (logits, labels) = simulated(4_000, temperature, &mut rng);
        let fitted = fit_temperature(&logits, N_CLASSES, &labels).unwrap();
        let deviation = (1.0 / fitted - 1.0 / temperature) / standard_error(&logits, temperature);
        assert!(
            deviation.abs() < 4.0,
            "{fitted} for {temperature}: {deviation} standard errors"
        );
    }
}

#[test]
fn temperature_of_scaled_predictions_is_one() {
    let (mut logits, labels) = simulated(1_000, 3.0, &mut rng(2));
    let fitted = fit_temperature(&logits, N_CLASSES, &labels).unwrap();
    assert!(fitted > 1.5);
    apply_temperature(&mut logits, N_CLASSES, fitted).unwrap();
    check_close(fit_temperature(&logits, N_CLASSES, &labels).unwrap(), 1.0, ROUNDING);
}

#[test]
fn temperature_does_not_depend_on_normalization() {
    let (logits, labels) = simulated(500, 2.0, &mut rng(3));
    let shifted: Vec<f64> = logits
        .chunks(N_CLASSES)
        .enumerate()
        .flat_map(|(i, row)| row.iter().map(move |x| x + i as f64))
        .collect();
    let [a, b] = [&logits, &shifted].map(|logits| fit_temperature(logits, N_CLASSES, &labels).unwrap());
    check_close(a, b, ROUNDING);
}

#[test]
fn temperature_of_always_right_and_always_wrong_predictions_is_at_an_end() {
    let row = [0.7_f64, 0.2, 0.1].map(f64::ln);
    check_close(fit_temperature(&row, 3, &[0]).unwrap(), 0.05, ROUNDING);
    check_close(fit_temperature(&row, 3, &[2]).unwrap(), 20.0, ROUNDING);
}

#[test]
fn temperature_without_influence_is_one() {
    assert_eq!(fit_temperature(&[0.3, -7.0], 1, &[0, 0]).unwrap(), 1.0);
    assert_eq!(fit_temperature(&[-2.5; 6], 3, &[0, 2]).unwrap(), 1.0);
    // One class left of three.
    let certain = [f64::NEG_INFINITY, 4.0, f64::NEG_INFINITY];
    assert_eq!(fit_temperature(&certain, 3, &[1]).unwrap(), 1.0);
    // Infinitely unlikely at every temperature.
    assert_eq!(fit_temperature(&certain, 3, &[0]).unwrap(), 1.0);
}

#[test]
fn temperature_is_fitted_without_impossible_labels_and_classes() {
    let (logits, labels) = simulated(300, 2.0, &mut rng(4));
    let expected = fit_temperature(&logits, N_CLASSES, &labels).unwrap();
    let mut wider: Vec<f64> = logits
        .chunks(N_CLASSES)
        .flat_map(|row| row.iter().copied().chain([f64::NEG_INFINITY]))
        .collect();
    wider.extend([0.0, 1.0, 2.0, 3.0, 4.0, f64::NEG_INFINITY]);
    let labels = [labels.as_slice(), &[5]].concat();
    check_close(
        fit_temperature(&wider, N_CLASSES + 1, &labels).unwrap(),
        expected,
        ROUNDING,
    );
    apply_temperature(&mut wider, N_CLASSES + 1, 2.0).unwrap();
    assert!(
        wider
            .chunks(N_CLASSES + 1)
            .all(|row| row[N_CLASSES] == f64::NEG_INFINITY)
    );
}

#[test]
fn temperature_of_extreme_logits_is_in_range() {
    for size in [1e-300, 1e-9, 1e9, 1e300, f64::MAX] {
        for labels in [[0, 0, 0], [0, 1, 2], [2, 1, 1]] {
            let logits = [size, 0.0, -size, size / 3.0, size, 0.0, -size, size, size];
            let mut scaled = logits;
            let fitted = fit_temperature(&logits, 3, &labels).unwrap();
            assert!((0.049..20.1).contains(&fitted), "{fitted}");
            apply_temperature(&mut scaled, 3, fitted).unwrap();
            assert!(scaled.iter().all(|log_prob| *log_prob <= 0.0), "{scaled:?}");
        }
    }
}

/// Rows of log-probabilities or logits with labels, `n_classes` the second.
fn examples() -> impl Strategy<Value = (Vec<f64>, usize, Vec<u32>)> {
    (1..30_usize, 2..6_usize, 0.1..20.0_f64).prop_flat_map(|(n, n_classes, spread)| {
        let last = u32::try_from(n_classes).unwrap();
        (vec(-spread..spread, n * n_classes), Just(n_classes), vec(0..last, n))
    })
}

fn arg_max(row: &[f64]) -> usize {
    (0..row.len()).max_by(|a, b| row[*a].total_cmp(&row[*b])).unwrap()
}

proptest! {
    #[test]
    fn temperature_minimizes_the_nll((logits, n_classes, labels) in examples()) {
        let fitted = fit_temperature(&logits, n_classes, &labels).unwrap();
        let nll = |temperature| nll(&logits, n_classes, &labels, temperature);
        let least = nll(fitted);
        for other in [1.0, fitted * 1.001, fitted / 1.001, fitted * 2.0, fitted / 2.0, 0.05, 20.0] {
            // The NLL has up to hundreds of nats here and is a difference of two sums.
            prop_assert!(least <= nll(other.clamp(0.05, 20.0)) * (1.0 + 1e-12) + 1e-12, "{fitted} and {other}");
        }
    }

    #[test]
    fn temperature_leaves_normalized_rows_in_their_order(
        (logits, n_classes, _) in examples(), temperature in 0.05..20.0_f64
    ) {
        let mut scaled = logits.clone();
        apply_temperature(&mut scaled, n_classes, temperature).unwrap();
        for (row, before) in scaled.chunks(n_classes).zip(logits.chunks(n_classes)) {
            check_close(row.iter().map(|log_prob| log_prob.exp()).sum(), 1.0, ROUNDING);
            prop_assert_eq!(arg_max(row), arg_max(before));
            let [a, b] = [row, before].map(|row| row[0] - row[1]);
            check_close(a, b / temperature, ROUNDING);
        }
    }

    #[test]
    fn temperature_of_one_changes_nothing_but_normalization((logits, n_classes, _) in examples()) {
        let mut once = logits;
        apply_temperature(&mut once, n_classes, 1.0).unwrap();
        let mut twice = once.clone();
        apply_temperature(&mut twice, n_classes, 1.0).unwrap();
        for (a, b) in twice.into_iter().zip(once) {
            check_close(a, b, ROUNDING);
        }
    }
}
