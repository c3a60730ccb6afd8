//! The table of scores: every row computes what it is named after and ranks predictions as it claims.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use proptest::prelude::*;
use vds_calibration::*;
use vds_testkit::strategies::{Classified, classified};

/// Owner of what [`Evaluated`] borrows.
struct Example {
    probs: Vec<f32>,
    labels: Vec<u32>,
    n_classes: usize,
    reliability: ReliabilityDiagram,
    uncertainty: DepthUncertainty,
    nll: Vec<f64>,
}

impl Example {
    /// Predictions, and as their mixture two depths that give these rows in both orders.
    fn new(data: Classified, n_bins: usize) -> Self {
        let Classified {
            probs,
            labels,
            n_classes,
        } = data;
        let reversed = probs.chunks(n_classes).rev().flatten().copied();
        let depth_probs: Vec<f32> = probs.iter().copied().chain(reversed).collect();
        let predictions = Predictions::new(&probs, n_classes, &labels).unwrap();
        Self {
            reliability: ReliabilityDiagram::new(&predictions, n_bins).unwrap(),
            uncertainty: depth_uncertainty(&depth_probs, &[0.25, 0.75], n_classes).unwrap(),
            nll: negative_log_likelihoods(&predictions),
            probs,
            labels,
            n_classes,
        }
    }

    fn evaluated(&self) -> Evaluated<'_> {
        Evaluated {
            predictions: Predictions::new(&self.probs, self.n_classes, &self.labels).unwrap(),
            nll: &self.nll,
            reliability: &self.reliability,
            uncertainty: Some(&self.uncertainty),
        }
    }
}

#[test]
fn score_table_has_unique_keys_and_labels_that_fit() {
    let keys: BTreeSet<&str> = SCORES.iter().map(|score| score.key).collect();
    let labels: BTreeSet<&str> = SCORES.iter().map(|score| score.label).collect();
    assert_eq!((keys.len(), labels.len()), (SCORES.len(), SCORES.len()));
    for one in SCORES {
        assert_eq!(score(one.key).map(|found| found.key), Some(one.key));
        assert!(one.label.chars().count() <= 8, "{}", one.label);
        let explanation = one.explanation;
        assert!(!explanation.is_empty() && !explanation.ends_with('.'), "{explanation}");
        assert!(!explanation.contains("  "), "{explanation}");
    }
    assert!(score("no such score").is_none());
}

proptest! {
    #[test]
    fn score_table_computes_what_the_functions_compute(data in classified(60, 2..8), n_bins in 1..20_usize) {
        let example = Example::new(data, n_bins);
        let evaluated = example.evaluated();
        let predictions = &evaluated.predictions;
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let expected = [
            ("error", Some(error_rate(predictions))),
            ("nll", Some(negative_log_likelihood(predictions))),
            ("ece", Some(expected_calibration_error(predictions, n_bins).unwrap())),
            ("mce", Some(maximum_calibration_error(predictions, n_bins).unwrap())),
            ("brier", Some(brier_score(predictions))),
            ("mean_true_probability", Some(mean_true_probability(predictions))),
            ("paper_pooled_calibration", paper_pooled_calibration(predictions)),
            ("mean_confidence", Some(mean_confidence(predictions))),
            ("predictive_entropy", Some(mean(&example.uncertainty.predictive_entropy))),
            ("expected_entropy", Some(mean(&example.uncertainty.expected_entropy))),
            ("mutual_information", Some(mean(&example.uncertainty.mutual_information))),
        ];
        let scores = Scores::compute(SCORES, &evaluated);
        let bits = |value: Option<f64>| value.map(f64::to_bits);
        for (score, (key, value)) in SCORES.iter().zip(expected) {
            prop_assert_eq!(score.key, key);
            prop_assert_eq!(bits(scores.get(key)), bits(value), "{}", key);
        }
        prop_assert_eq!(SCORES.len(), expected.len());
        let listed: Vec<&str> = scores.iter().map(|(score, _)| score.key).collect();
        let present: Vec<&str> = expected.iter().filter(|(_, value)| value.is_some()).map(|(key, _)| *key).collect();
        prop_assert_eq!(listed, present);
    }
}

/// Five rows of two classes with nothing left over for the others, one for every bin above one half.
const ROWS: [f32; 5] = [0.51, 0.61, 0.71, 0.81, 0.91];

/// The rows of [`ROWS`] among `n_classes`, all right or all wrong, and `more` rows with their labels.
fn predictions(n_classes: usize, is_right: bool, more: &[(Vec<f32>, u32)]) -> Example {
    let row = |confidence: f32| {
        let mut row = vec![0.0; n_classes];
        (row[0], row[1]) = (confidence, 1.0 - confidence);
        (row, u32::from(!is_right))
    };
    let rows: Vec<(Vec<f32>, u32)> = ROWS.into_iter().map(row).chain(more.iter().cloned()).collect();
    let data = Classified {
        probs: rows.iter().flat_map(|(row, _)| row).copied().collect(),
        labels: rows.iter().map(|(_, label)| *label).collect(),
        n_classes,
    };
    Example::new(data, 10)
}

/// A hundred rows of ten classes, `n_right` of them right: the first class has `confidence`, the next `n_others` share the rest.
fn hundred(confidence: f32, n_others: usize, n_right: u32) -> Vec<(Vec<f32>, u32)> {
    let other = (1.0 - confidence) / n_others as f32;
    let mut row = vec![0.0; 10];
    row[0] = confidence;
    row[1..=n_others].fill(other);
    (0..100).map(|n| (row.clone(), u32::from(n >= n_right))).collect()
}

#[test]
fn score_directions_hold_for_better_and_worse_predictions() {
    // Right against wrong with the same probabilities, and sharp calibrated predictions against duller miscalibrated ones.
    let pairs = [
        (predictions(2, true, &[]), predictions(2, false, &[])),
        (
            predictions(10, true, &hundred(0.95, 8, 95)),
            predictions(10, false, &hundred(0.89, 2, 88)),
        ),
    ];
    for score in SCORES {
        let order = |(better, worse): &(Example, Example)| {
            let [better, worse] = [better, worse].map(|example| (score.compute)(&example.evaluated()).unwrap());
            better.partial_cmp(&worse).unwrap()
        };
        let better = match [order(&pairs[0]), order(&pairs[1])] {
            [Ordering::Less, Ordering::Less] => Better::Lower,
            [Ordering::Greater, Ordering::Greater] => Better::Higher,
            _ => Better::Neither,
        };
        assert_eq!(score.better, better, "{}", score.key);
    }
}

#[test]
fn scores_without_an_input_or_a_value_are_left_out() {
    let example = predictions(2, true, &[]);
    let evaluated = Evaluated {
        uncertainty: None,
        ..example.evaluated()
    };
    let scores = Scores::compute(SCORES, &evaluated);
    for key in ["predictive_entropy", "expected_entropy", "mutual_information"] {
        assert_eq!(scores.get(key), None);
    }
    assert!(scores.get("paper_pooled_calibration").is_some());
    // One bin of the pooled probabilities is filled.
    let data = Classified {
        probs: vec![1.0, 0.0],
        labels: vec![0],
        n_classes: 2,
    };
    let scores = Scores::compute(SCORES, &Example::new(data, 10).evaluated());
    assert_eq!(scores.get("paper_pooled_calibration"), None);
    assert!(scores.value("paper_pooled_calibration").is_nan());
    assert_eq!((scores.error(), scores.nll()), (0.0, 0.0));
}

#[test]
fn scores_of_a_depth_are_those_of_the_rows_that_say_so() {
    let example = predictions(2, true, &[]);
    let scores = Scores::compute(SCORES.iter().filter(|score| score.per_depth), &example.evaluated());
    let keys: Vec<&str> = scores.iter().map(|(score, _)| score.key).collect();
    assert_eq!(keys, ["error", "nll", "ece"]);
    assert!(scores.reliability.is_empty());
}

#[test]
fn score_values_of_any_size_fit_their_column() {
    let cases = [
        (0.0, "0.0000"),
        (0.246_81, "0.2468"),
        (999.5, "999.5000"),
        (1e3, "1000.0"),
        (-999_999.0, "-999999.0"),
        (1e6, "1.0e6"),
        (2.37e30, "2.4e30"),
        (-1.7e308, "-1.7e308"),
        (f64::INFINITY, "inf"),
        (f64::NAN, "NaN"),
    ];
    for (value, expected) in cases {
        assert_eq!(Unit::Nats.format(value), expected);
        assert!(expected.len() <= 9, "{expected}");
    }
    let formatted = ["error", "nll", "ece", "brier"].map(|key| score(key).unwrap().format(0.246_81));
    assert_eq!(formatted, ["0.2468"; 4]);
}
