//! Input that is refused, and the messages.

use vds_calibration::*;

use crate::simulation::rng;

#[track_caller]
fn check_refused(probs: &[f32], n_classes: usize, labels: &[u32], message: &str) {
    assert_eq!(
        Predictions::new(probs, n_classes, labels).unwrap_err().to_string(),
        message
    );
}

#[test]
fn predictions_that_are_malformed_are_refused() {
    check_refused(&[], 2, &[], "no predictions");
    check_refused(&[], 0, &[0], "predictions need at least one class");
    check_refused(
        &[1.0],
        2,
        &[0],
        "1 probabilities for 1 examples of 2 classes, expected 2",
    );
    check_refused(&[0.5, 0.5], 2, &[2], "label 2 of example 0 is not below 2");
    check_refused(
        &[f32::NAN, 0.5],
        2,
        &[0],
        "probability NaN of class 0 of example 0 is not in [0, 1]",
    );
    check_refused(
        &[1.5, -0.5],
        2,
        &[0],
        "probability 1.5 of class 0 of example 0 is not in [0, 1]",
    );
    check_refused(
        &[0.5, 0.25],
        2,
        &[0],
        "the probabilities of example 0 sum to 0.75, expected 1",
    );
    check_refused(
        &[1.0, 0.0, 0.5, 0.25],
        2,
        &[0, 1],
        "the probabilities of example 1 sum to 0.75, expected 1",
    );
}

#[test]
fn predictions_beyond_the_address_space_are_refused() {
    let error = Predictions::new(&[1.0], usize::MAX, &[0, 0]).unwrap_err();
    assert!(error.to_string().starts_with("1 probabilities for 2 examples"));
    assert!(matches!(
        depth_uncertainty(&[1.0], &[0.5, 0.5], usize::MAX),
        Err(Error::Depths { actual: 1, .. })
    ));
}

#[test]
fn predictions_sum_to_one_up_to_rounding_and_no_more() {
    assert!(Predictions::new(&[0.5, 0.500_9], 2, &[0]).is_ok());
    assert!(Predictions::new(&[0.5, 0.501_1], 2, &[0]).is_err());
    assert!(Predictions::new(&[1.0 + 1e-6, 0.0], 2, &[0]).is_ok());
    assert!(Predictions::new(&[1.0 + 1e-4, 0.0], 2, &[0]).is_err());
}

#[test]
fn calibration_errors_without_bins_are_refused() {
    let predictions = Predictions::new(&[1.0], 1, &[0]).unwrap();
    assert_eq!(ReliabilityDiagram::new(&predictions, 0), Err(Error::NoBins));
    assert_eq!(equal_mass_calibration_error(&predictions, 0), Err(Error::NoBins));
    assert_eq!(quantile_calibration_error(&predictions, 0), Err(Error::NoBins));
    assert_eq!(paper_pooled_curve(&predictions, 0), Err(Error::NoBins));
}

/// Compares the messages of the error and of its causes.
#[track_caller]
fn check_mixture_refused(depth_probs: &[f32], posterior: &[f64], n_classes: usize, messages: &[&str]) {
    let error = depth_uncertainty(depth_probs, posterior, n_classes).unwrap_err();
    let chain = std::iter::successors(Some(&error as &dyn std::error::Error), |error| error.source());
    assert_eq!(chain.map(ToString::to_string).collect::<Vec<_>>(), messages);
}

#[test]
fn mixture_that_is_malformed_is_refused() {
    check_mixture_refused(&[], &[1.0], 0, &["predictions need at least one class"]);
    check_mixture_refused(
        &[0.5; 3],
        &[0.5, 0.5],
        1,
        &["3 probabilities do not divide into 2 depths of 1 classes"],
    );
    check_mixture_refused(
        &[],
        &[],
        2,
        &["0 probabilities do not divide into 0 depths of 2 classes"],
    );
    check_mixture_refused(
        &[1.0, 0.0],
        &[f64::NAN],
        2,
        &["posterior probability NaN of depth 0 is not in [0, 1]"],
    );
    check_mixture_refused(
        &[1.0, 0.0, 1.0, 0.0],
        &[1.5, -0.5],
        2,
        &["posterior probability 1.5 of depth 0 is not in [0, 1]"],
    );
    check_mixture_refused(&[1.0, 0.0], &[0.5], 2, &["the posterior sums to 0.5, expected 1"]);
    // Two depths, two examples: the third row is the first example of the deeper one.
    check_mixture_refused(
        &[1.0, 0.0, 1.0, 0.0, 1.0, f32::NAN, 1.0, 0.0],
        &[0.5, 0.5],
        2,
        &[
            "the prediction of depth 1 is not a distribution",
            "probability NaN of class 1 of example 0 is not in [0, 1]",
        ],
    );
}

#[test]
fn mixture_of_no_examples_is_empty() {
    assert!(depth_uncertainty(&[], &[1.0], 2).unwrap().confidence.is_empty());
}

#[track_caller]
fn check_message<T: std::fmt::Debug>(result: Result<T>, message: &str) {
    assert_eq!(result.unwrap_err().to_string(), message);
}

#[test]
fn samples_that_are_malformed_are_refused() {
    check_message(mean_interval(&[]), "no values");
    check_message(mean_interval(&[0.5, f64::NAN]), "value NaN at index 1 is not finite");
    check_message(paired_difference(&[], &[]), "no values");
    check_message(
        paired_difference(&[0.5], &[0.5, 0.25]),
        "1 and 2 values cannot be compared in pairs",
    );
    check_message(
        paired_difference(&[f64::INFINITY], &[f64::INFINITY]),
        "value NaN at index 0 is not finite",
    );
    check_message(bootstrap_mean_interval(&[], 10, &mut rng(0)), "no values");
    check_message(
        bootstrap_mean_interval(&[f64::INFINITY], 10, &mut rng(0)),
        "value inf at index 0 is not finite",
    );
    check_message(
        bootstrap_mean_interval(&[0.5], 0, &mut rng(0)),
        "resampling needs at least one resample",
    );
    let predictions = Predictions::new(&[1.0], 1, &[0]).unwrap();
    assert_eq!(ece_uncertainty(&predictions, 0, 10, &mut rng(0)), Err(Error::NoBins));
    assert_eq!(
        ece_uncertainty(&predictions, 5, 0, &mut rng(0)),
        Err(Error::NoResamples)
    );
}

#[test]
fn log_probabilities_that_are_malformed_are_refused() {
    check_message(fit_temperature(&[], 2, &[]), "no predictions");
    check_message(fit_temperature(&[], 0, &[0]), "predictions need at least one class");
    check_message(
        fit_temperature(&[0.0], 2, &[0]),
        "1 probabilities for 1 examples of 2 classes, expected 2",
    );
    check_message(
        fit_temperature(&[0.0], usize::MAX, &[0, 0]),
        &format!(
            "1 probabilities for 2 examples of {0} classes, expected {0}",
            usize::MAX
        ),
    );
    check_message(
        fit_temperature(&[0.0, 0.0], 2, &[2]),
        "label 2 of example 0 is not below 2",
    );
    let message = "log-probability inf of class 1 of example 1 is neither finite nor minus infinity";
    let mut infinite = [0.0, 0.0, 0.0, f64::INFINITY];
    check_message(fit_temperature(&infinite, 2, &[0, 0]), message);
    check_message(apply_temperature(&mut infinite, 2, 2.0), message);
    assert_eq!(infinite, [0.0, 0.0, 0.0, f64::INFINITY]);
    let message = "example 0 has no finite log-probability";
    let mut impossible = [f64::NEG_INFINITY; 2];
    check_message(fit_temperature(&impossible, 2, &[0]), message);
    check_message(apply_temperature(&mut impossible, 2, 2.0), message);
    check_message(
        apply_temperature(&mut [0.0; 2], 0, 2.0),
        "predictions need at least one class",
    );
    check_message(
        apply_temperature(&mut [0.0; 3], 2, 2.0),
        "3 probabilities for 1 examples of 2 classes, expected 2",
    );
    for (value, text) in [(0.0, "0"), (-1.0, "-1"), (f64::NAN, "NaN"), (f64::INFINITY, "inf")] {
        let message = format!("temperature {text} is not positive and finite");
        check_message(apply_temperature(&mut [0.0; 2], 2, value), &message);
    }
}
