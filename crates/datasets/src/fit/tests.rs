use super::*;

#[track_caller]
fn check_error(result: Result<Standardization>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

#[track_caller]
fn check_fit(examples: &Examples, mean: &[f64], sd: &[f64]) {
    let fitted = Standardization::fit(examples).unwrap();
    for (actual, expected) in [(fitted.mean(), mean), (fitted.sd(), sd)] {
        assert_eq!(actual.len(), expected.len());
        for (a, e) in actual.iter().zip(expected) {
            // A handful of f64 operations.
            assert!((a - e).abs() <= 1e-14 * e.abs(), "{a} instead of {e}");
        }
    }
}

#[test]
fn features_are_fitted_with_ddof_0() {
    let values = vec![1.0, 10.0, 2.0, 10.5, 4.0, 11.0, 5.0, 11.5];
    let examples = Examples::from_features(values, 2, vec![0; 4], 1).unwrap();
    check_fit(&examples, &[3.0, 10.75], &[2.5_f64.sqrt(), 0.3125_f64.sqrt()]);
}

#[test]
fn pixels_are_fitted_by_channel_over_all_images() {
    let pixels = vec![0, 51, 255, 255, 102, 153, 0, 0];
    let examples = Examples::from_pixels(pixels, [2, 1, 2], vec![0; 2], 1).unwrap();
    check_fit(&examples, &[0.3, 0.5], &[0.05_f64.sqrt(), 0.5]);
}

#[test]
fn fitting_and_applying_gives_mean_0_and_deviation_1() {
    let values: Vec<f32> = (0..300_i16).map(|i| f32::from(i * 31 % 97) - 20.0).collect();
    let examples = Examples::from_features(values, 3, vec![0; 100], 1).unwrap();
    let fitted = Standardization::fit(&examples).unwrap();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    let order: Vec<usize> = (0..100).collect();
    examples.fill_batch(&order, &fitted, &mut inputs, &mut labels);
    let again = Examples::from_features(inputs, 3, labels, 1).unwrap();
    let again = Standardization::fit(&again).unwrap();
    // The inputs were rounded to f32.
    assert!(again.mean().iter().all(|mean| mean.abs() < 1e-7), "{again:?}");
    assert!(again.sd().iter().all(|sd| (sd - 1.0).abs() < 1e-7), "{again:?}");
}

#[test]
fn unusable_figures_are_errors() {
    check_error(
        Standardization::new(vec![0.0], vec![]),
        "1 means and 0 standard deviations, expected as many of both",
    );
    let rest = "expected finite values and a positive deviation";
    check_error(
        Standardization::new(vec![0.0, 1.0], vec![1.0, 0.0]),
        &format!("channel 1 has mean 1 and standard deviation 0, {rest}"),
    );
    check_error(
        Standardization::new(vec![f64::NAN], vec![1.0]),
        &format!("channel 0 has mean NaN and standard deviation 1, {rest}"),
    );
    check_error(
        Standardization::new(vec![0.0], vec![f64::INFINITY]),
        &format!("channel 0 has mean 0 and standard deviation inf, {rest}"),
    );
}

#[test]
fn nothing_can_be_fitted_to_no_or_constant_examples() {
    let none = Examples::from_features(vec![], 2, vec![], 1).unwrap();
    check_error(Standardization::fit(&none), "1 examples are asked for, there are 0");
    let constant = Examples::from_pixels(vec![255; 8], [1, 2, 2], vec![0; 2], 1).unwrap();
    check_error(
        Standardization::fit(&constant),
        "channel 0 has mean 1 and standard deviation 0, expected finite values and a positive deviation",
    );
}
