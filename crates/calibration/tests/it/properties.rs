//! Properties that hold for all predictions.

use proptest::prelude::*;
use vds_calibration::*;
use vds_testkit::strategies::{Classified, classified, simplex};
use vds_testkit::{Tolerance, check_close};

/// Sums of the same numbers in another order.
const REORDERED: Tolerance = Tolerance::both(1e-12);

fn all_scores(data: &Classified, n_bins: usize) -> Vec<f64> {
    let predictions = Predictions::new(&data.probs, data.n_classes, &data.labels).unwrap();
    let diagram = ReliabilityDiagram::new(&predictions, n_bins).unwrap();
    vec![
        accuracy(&predictions),
        negative_log_likelihood(&predictions),
        brier_score(&predictions),
        mean_confidence(&predictions),
        mean_true_probability(&predictions),
        diagram.expected_calibration_error(),
        diagram.maximum_calibration_error(),
        diagram.root_mean_square_calibration_error(),
    ]
}

/// ECE by its definition, one bin after the other.
fn naive_ece(data: &Classified, n_bins: usize) -> f64 {
    let rows: Vec<(f32, bool)> = data
        .probs
        .chunks(data.n_classes)
        .zip(&data.labels)
        .map(|(row, label)| {
            let confidence = row.iter().copied().fold(0.0, f32::max);
            (
                confidence,
                row.iter().position(|p| p.to_bits() == confidence.to_bits()) == Some(*label as usize),
            )
        })
        .collect();
    let bins = (0..n_bins).map(|k| {
        let (lower, upper) = (edge(k, n_bins), edge(k + 1, n_bins));
        let inside = rows
            .iter()
            .filter(|(c, _)| lower < *c && (*c <= upper || k + 1 == n_bins));
        let gap: f64 = inside
            .map(|(c, right)| f64::from(u8::from(*right)) - f64::from(*c))
            .sum();
        gap.abs()
    });
    bins.sum::<f64>() / rows.len() as f64
}

#[expect(clippy::cast_possible_truncation, reason = "the definition compares in f32")]
fn edge(k: usize, n_bins: usize) -> f32 {
    (k as f64 / n_bins as f64) as f32
}

/// Predictions, and the numbers below `n` of them in any order.
fn with_order(n: fn(&Classified) -> usize) -> impl Strategy<Value = (Classified, Vec<usize>)> {
    classified(60, 2..8).prop_flat_map(move |data| {
        let order = Just((0..n(&data)).collect::<Vec<_>>()).prop_shuffle();
        (Just(data), order)
    })
}

proptest! {
    #[test]
    fn scores_do_not_depend_on_the_order_of_the_examples(
        (data, order) in with_order(|data| data.labels.len()), n_bins in 1..20_usize
    ) {
        let reordered = Classified {
            probs: order.iter().flat_map(|i| &data.probs[i * data.n_classes..][..data.n_classes]).copied().collect(),
            labels: order.iter().map(|i| data.labels[*i]).collect(),
            n_classes: data.n_classes,
        };
        for (a, b) in all_scores(&data, n_bins).into_iter().zip(all_scores(&reordered, n_bins)) {
            check_close(a, b, REORDERED);
        }
    }

    #[test]
    fn scores_do_not_depend_on_the_names_of_the_classes(
        (data, names) in with_order(|data| data.n_classes), n_bins in 1..20_usize
    ) {
        // A tie for the largest probability is broken by the order of the classes, so rows with one are left out.
        let has_tie = data.probs.chunks(data.n_classes).any(|row| {
            let largest = row.iter().copied().fold(0.0, f32::max);
            row.iter().filter(|p| p.to_bits() == largest.to_bits()).count() > 1
        });
        prop_assume!(!has_tie);
        // Class `names[k]` becomes class `k`.
        let new_name = |label: &u32| names.iter().position(|old| *old == *label as usize).unwrap();
        let renamed = Classified {
            probs: data.probs.chunks(data.n_classes).flat_map(|row| names.iter().map(|old| row[*old])).collect(),
            labels: data.labels.iter().map(|label| u32::try_from(new_name(label)).unwrap()).collect(),
            n_classes: data.n_classes,
        };
        for (a, b) in all_scores(&data, n_bins).into_iter().zip(all_scores(&renamed, n_bins)) {
            check_close(a, b, REORDERED);
        }
    }

    #[test]
    fn calibration_error_of_one_bin_is_the_gap_of_the_means(data in classified(60, 2..8)) {
        let predictions = Predictions::new(&data.probs, data.n_classes, &data.labels).unwrap();
        let gap = (accuracy(&predictions) - mean_confidence(&predictions)).abs();
        check_close(expected_calibration_error(&predictions, 1).unwrap(), gap, REORDERED);
        check_close(equal_mass_calibration_error(&predictions, 1).unwrap(), gap, REORDERED);
        check_close(quantile_calibration_error(&predictions, 1).unwrap(), gap, REORDERED);
    }

    #[test]
    fn calibration_errors_are_ordered_and_in_the_unit_interval(data in classified(60, 2..8), n_bins in 1..20_usize) {
        let predictions = Predictions::new(&data.probs, data.n_classes, &data.labels).unwrap();
        let diagram = ReliabilityDiagram::new(&predictions, n_bins).unwrap();
        let (ece, rmsce) = (diagram.expected_calibration_error(), diagram.root_mean_square_calibration_error());
        let mce = diagram.maximum_calibration_error();
        prop_assert!(0.0 <= ece && ece <= rmsce + 1e-12 && rmsce <= mce + 1e-12 && mce <= 1.0);
        check_close(ece, naive_ece(&data, n_bins), REORDERED);
        prop_assert_eq!(diagram.bins.iter().map(|bin| bin.count).sum::<usize>(), data.labels.len());
    }

    #[test]
    fn bin_edge_belongs_to_the_bin_below_for_any_number_of_bins(n_bins in 1..40_usize, k in 1..=40_usize) {
        // Of two classes, the prediction has at least half.
        prop_assume!(k <= n_bins && 2 * k >= n_bins);
        let on_edge = edge(k, n_bins);
        let mut expected = vec![0; n_bins];
        expected[k - 1] = 1;
        check_bins(&[on_edge], n_bins, &expected);
        if k < n_bins {
            expected[k] = 1;
            check_bins(&[on_edge, f32::from_bits(on_edge.to_bits() + 1)], n_bins, &expected);
        }
    }

    #[test]
    fn scores_are_in_their_ranges(data in classified(60, 2..8)) {
        let predictions = Predictions::new(&data.probs, data.n_classes, &data.labels).unwrap();
        check_close(accuracy(&predictions) + error_rate(&predictions), 1.0, REORDERED);
        prop_assert!((0.0..=2.0 + 1e-6).contains(&brier_score(&predictions)));
        prop_assert!(negative_log_likelihood(&predictions) >= -1e-6);
        for entropy in predictive_entropy(&predictions) {
            prop_assert!((-1e-6..=(data.n_classes as f64).ln() + 1e-6).contains(&entropy));
        }
    }

    #[test]
    fn mutual_information_is_not_negative(data in classified(60, 2..8), q in simplex(1..6_usize)) {
        // Every depth predicts the same rows in another order, so that the mixture is a real one.
        let n = data.labels.len();
        let depths: Vec<f32> = (0..q.len())
            .flat_map(|d| data.probs.chunks(data.n_classes).cycle().skip(d).take(n).flatten().copied().collect::<Vec<_>>())
            .collect();
        let split = depth_uncertainty(&depths, &q, data.n_classes).unwrap();
        for ((information, total), expected) in
            split.mutual_information.iter().zip(&split.predictive_entropy).zip(&split.expected_entropy)
        {
            // Rows sum to one as closely as f32 can.
            prop_assert!(*information >= -1e-6);
            check_close(information + expected, *total, REORDERED);
        }
    }
}

#[test]
fn mutual_information_of_a_single_depth_is_zero() {
    let split = depth_uncertainty(&[0.3, 0.7, 1.0, 0.0], &[1.0], 2).unwrap();
    assert_eq!(split.mutual_information, [0.0, 0.0]);
}

#[track_caller]
fn check_bins(confidences: &[f32], n_bins: usize, expected: &[usize]) {
    let probs: Vec<f32> = confidences.iter().flat_map(|c| [*c, 1.0 - c]).collect();
    let labels = vec![0; confidences.len()];
    let predictions = Predictions::new(&probs, 2, &labels).unwrap();
    let diagram = ReliabilityDiagram::new(&predictions, n_bins).unwrap();
    assert_eq!(diagram.bins.iter().map(|bin| bin.count).collect::<Vec<_>>(), expected);
}

#[test]
fn bin_edge_belongs_to_the_bin_below() {
    check_bins(&[0.5, 0.75, 1.0], 4, &[0, 1, 1, 1]);
    check_bins(&[0.6, 0.7, 0.8, 0.9, 1.0], 10, &[0, 0, 0, 0, 0, 1, 1, 1, 1, 1]);
    check_bins(&[f32::from_bits(0.75_f32.to_bits() + 1)], 4, &[0, 0, 0, 1]);
}

#[test]
fn prediction_of_equal_probabilities_is_the_first() {
    let is_right = |label: u32| accuracy(&Predictions::new(&[0.25, 0.375, 0.375], 3, &[label]).unwrap());
    assert_eq!([is_right(0), is_right(1), is_right(2)], [0.0, 1.0, 0.0]);
}

#[test]
fn calibration_errors_over_equal_mass_differ_in_where_the_median_goes() {
    // Confidences 5/8 (right), 3/4 (wrong) and 7/8 (right); the median is 3/4.
    let probs = [0.625, 0.375, 0.75, 0.25, 0.875, 0.125];
    let predictions = Predictions::new(&probs, 2, &[0, 1, 0]).unwrap();
    // The median is the closed lower edge of the upper bin: gaps 3/8 of one and 5/8 of two.
    assert_eq!(quantile_calibration_error(&predictions, 2).unwrap(), 1.0 / 3.0);
    // The first run is the longer one: gaps 3/8 of two and 1/8 of one.
    assert_eq!(equal_mass_calibration_error(&predictions, 2).unwrap(), 0.5 / 3.0);
}

#[test]
fn scores_of_certainty_are_exact() {
    let predictions = |labels: &'static [u32]| Predictions::new(&[1.0, 0.0, 0.0, 1.0], 2, labels).unwrap();
    let right = predictions(&[0, 1]);
    assert_eq!((brier_score(&right), negative_log_likelihood(&right)), (0.0, 0.0));
    assert!(
        negative_log_likelihood(&right).is_sign_positive(),
        "a report would print -0"
    );
    assert_eq!(expected_calibration_error(&right, 15).unwrap(), 0.0);
    let wrong = predictions(&[1, 0]);
    assert_eq!(
        (brier_score(&wrong), negative_log_likelihood(&wrong)),
        (2.0, f64::INFINITY)
    );
    assert_eq!(expected_calibration_error(&wrong, 15).unwrap(), 1.0);
    assert_eq!(paper_pooled_calibration(&wrong), None);
}
