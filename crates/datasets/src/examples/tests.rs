use super::*;

fn pixels() -> Examples {
    // Three images of 2 channels, 1 row, 2 columns.
    let values = vec![0, 255, 51, 102, 10, 20, 30, 40, 1, 2, 3, 4];
    Examples::from_pixels(values, [2, 1, 2], vec![2, 0, 1], 4).unwrap()
}

fn features() -> Examples {
    Examples::from_features(vec![1.0, 2.0, 3.0, 4.0], 2, vec![0, 1], 2).unwrap()
}

#[track_caller]
fn check_error(result: Result<Examples>, expected: &str) {
    assert_eq!(result.unwrap_err().to_string(), expected);
}

#[test]
fn sizes_and_classes_are_told() {
    let examples = pixels();
    assert_eq!((examples.len(), examples.is_empty()), (3, false));
    assert_eq!((examples.example_len(), examples.n_classes()), (4, 4));
    assert_eq!(examples.class_counts(), [1, 1, 1, 0]);
    assert_eq!(examples.shape().to_string(), "2 x 1 x 2 pixels");
    assert_eq!(features().shape().to_string(), "2 features");
    assert_eq!(examples.pixels(1).unwrap(), [10, 20, 30, 40]);
    assert_eq!(features().features(1).unwrap(), [3.0, 4.0]);
    assert!(examples.features(0).is_none() && features().pixels(0).is_none());
}

#[test]
fn inconsistent_parts_are_errors() {
    check_error(
        Examples::from_pixels(vec![0; 11], [2, 1, 2], vec![0; 3], 4),
        "11 input values, expected 3 examples of 4",
    );
    check_error(
        Examples::from_pixels(vec![0; 8], [2, 1, 2], vec![1, 4], 4),
        "label 4 of example 1, expected less than 4",
    );
    check_error(
        Examples::from_pixels(vec![], [2, 0, 2], vec![], 4),
        "examples of 2 x 0 x 2 pixels in 4 classes, expected at least one of each",
    );
    check_error(
        Examples::from_features(vec![], 2, vec![], 0),
        "examples of 2 features in 0 classes, expected at least one of each",
    );
    check_error(
        Examples::from_features(vec![0.0, f32::NAN], 2, vec![0], 1),
        "input value 1 is NaN, expected a finite number",
    );
}

#[test]
fn selection_keeps_the_given_order() {
    let chosen = pixels().select(&[2, 0, 2]);
    assert_eq!(chosen.labels(), [1, 2, 1]);
    assert_eq!(chosen.pixels(1).unwrap(), [0, 255, 51, 102]);
    assert_eq!(features().select(&[1]).features(0).unwrap(), [3.0, 4.0]);
}

#[test]
fn the_first_examples_are_a_prefix() {
    assert_eq!(pixels().first(2).unwrap(), pixels().select(&[0, 1]));
    assert_eq!(pixels().first(3).unwrap(), pixels());
    check_error(pixels().first(4), "4 examples are asked for, there are 3");
}

#[test]
fn batches_are_standardized_by_channel() {
    let standardization = Standardization::new(vec![0.5, 0.25], vec![0.5, 0.125]).unwrap();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    pixels().fill_batch(&[0, 2], &standardization, &mut inputs, &mut labels);
    let expected = [
        (0.0 - 0.5) / 0.5,
        (255.0 - 127.5) / 127.5,
        (51.0 / 255.0 - 0.25) / 0.125,
        (102.0 / 255.0 - 0.25) / 0.125,
        (1.0 / 255.0 - 0.5) / 0.5,
        (2.0 / 255.0 - 0.5) / 0.5,
        (3.0 / 255.0 - 0.25) / 0.125,
        (4.0 / 255.0 - 0.25) / 0.125,
    ];
    for (actual, expected) in inputs.iter().zip(expected) {
        // One rounding to f32.
        assert!((f64::from(*actual) - expected).abs() <= 1e-7 * f64::abs(expected));
    }
    assert_eq!((inputs.len(), labels), (8, vec![2, 1]));
}

#[test]
fn features_are_standardized_by_feature() {
    let standardization = Standardization::new(vec![1.0, 4.0], vec![2.0, 0.5]).unwrap();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    features().fill_batch(&[1, 0], &standardization, &mut inputs, &mut labels);
    assert_eq!(inputs, [1.0, 0.0, 0.0, -4.0]);
    assert_eq!(labels, [1, 0]);
    features().fill_batch(&[0], &Standardization::identity(2), &mut inputs, &mut labels);
    assert_eq!((inputs, labels), (vec![1.0, 2.0], vec![0]));
}

#[test]
fn buffers_are_reused() {
    let standardization = Standardization::identity(2);
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    pixels().fill_batch(&[0, 1, 2], &standardization, &mut inputs, &mut labels);
    let before = (inputs.as_ptr(), inputs.capacity(), labels.as_ptr(), labels.capacity());
    for indices in [&[1][..], &[2, 1, 0], &[], &[0, 2]] {
        pixels().fill_batch(indices, &standardization, &mut inputs, &mut labels);
        assert_eq!((inputs.len(), labels.len()), (4 * indices.len(), indices.len()));
        let after = (inputs.as_ptr(), inputs.capacity(), labels.as_ptr(), labels.capacity());
        assert_eq!(after, before);
    }
    let (mut fresh, mut fresh_labels) = (Vec::new(), Vec::new());
    pixels().fill_batch(&[0, 2], &standardization, &mut fresh, &mut fresh_labels);
    assert_eq!((inputs, labels), (fresh, fresh_labels));
}

#[test]
#[should_panic(expected = "a standardization of 1 channels for examples of 2")]
fn a_standardization_of_other_channels_is_a_bug() {
    pixels().fill_batch(&[0], &Standardization::identity(1), &mut Vec::new(), &mut Vec::new());
}
