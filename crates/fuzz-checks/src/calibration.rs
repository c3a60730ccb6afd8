//! Class probabilities and labels: refused, or every score is a number in its range.
//!
//! The first byte gives the classes, the second the bins, the third the depths and whether the numbers that follow (`f32`,
//! little-endian) are taken as they are or made to sum to one, since no fuzzer guesses that. A label is one more number.

use vds_calibration::*;

/// How far a probability may exceed one, and probabilities may sum beyond it, for [`Predictions`].
const EXCESS: f64 = 1e-5;
const SUM_EXCESS: f64 = 1e-3;
/// Roundings of sums over a few thousand numbers.
const ROUNDING: f64 = 1e-9;

/// Checks `bytes`; whether they are predictions.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    let &[n_classes, n_bins, mode, ref rest @ ..] = bytes else {
        return false;
    };
    let (n_classes, n_bins) = (usize::from(n_classes % 24), usize::from(n_bins));
    let (numbers, _) = rest.as_chunks::<4>();
    let (mut probs, mut labels) = (Vec::new(), Vec::new());
    for row in numbers.chunks_exact(n_classes + 1) {
        let (label, values) = row.split_last().expect("a label at least");
        let values = values.iter().map(|bytes| f32::from_le_bytes(*bytes));
        probs.extend(if mode.is_multiple_of(2) {
            values.collect()
        } else {
            normalized(values)
        });
        labels.push(u32::from_le_bytes(*label));
    }
    check_mixture(&probs, n_classes, usize::from(mode / 2 % 8));
    match Predictions::new(&probs, n_classes, &labels) {
        Ok(predictions) => {
            check_scores(&predictions);
            check_errors(&predictions, n_bins);
            true
        }
        Err(error) => {
            assert!(!error.to_string().is_empty());
            false
        }
    }
}

/// Magnitudes divided by their sum, so that finite numbers of ordinary size become probabilities.
fn normalized(values: impl Iterator<Item = f32>) -> Vec<f32> {
    let magnitudes: Vec<f32> = values.map(f32::abs).collect();
    let sum: f32 = magnitudes.iter().sum();
    magnitudes.iter().map(|value| value / sum).collect()
}

fn check_range(what: &str, value: f64, lower: f64, upper: f64) {
    let range = lower - ROUNDING..=upper + ROUNDING;
    assert!(range.contains(&value), "{what} is {value}, not in {lower} to {upper}");
}

fn check_scores(predictions: &Predictions<'_>) {
    let (right, wrong) = (accuracy(predictions), error_rate(predictions));
    check_range("accuracy", right, 0.0, 1.0);
    check_range("accuracy + error rate", right + wrong, 1.0, 1.0);
    // A label of probability 0 is infinitely unlikely; NaN is in no range.
    check_range(
        "negative log-likelihood",
        negative_log_likelihood(predictions),
        -EXCESS,
        f64::INFINITY,
    );
    // A right class may exceed one, and the others may sum to one beyond that.
    check_range("Brier score", brier_score(predictions), 0.0, 2.0 + 4.0 * SUM_EXCESS);
    let least = 1.0 / predictions.n_classes() as f64;
    check_range(
        "mean confidence",
        mean_confidence(predictions),
        least * (1.0 - SUM_EXCESS),
        1.0 + EXCESS,
    );
    check_range(
        "mean true probability",
        mean_true_probability(predictions),
        0.0,
        1.0 + EXCESS,
    );
    let entropies = predictive_entropy(predictions);
    assert_eq!(entropies.len(), predictions.len());
    for entropy in entropies {
        check_range(
            "entropy",
            entropy,
            -EXCESS * 1.1,
            largest_entropy(predictions.n_classes()),
        );
    }
}

/// `ln n_classes`, and what probabilities that sum to a little more than one add to it.
fn largest_entropy(n_classes: usize) -> f64 {
    (n_classes as f64).ln() * (1.0 + SUM_EXCESS) + SUM_EXCESS * (1.0 + SUM_EXCESS)
}

fn check_errors(predictions: &Predictions<'_>, n_bins: usize) {
    let Ok(diagram) = ReliabilityDiagram::new(predictions, n_bins) else {
        assert_eq!(n_bins, 0);
        return;
    };
    assert_eq!(diagram.bins.len(), n_bins);
    let count: usize = diagram.bins.iter().map(|bin| bin.count).sum();
    assert_eq!(count, predictions.len());
    let (mean, largest) = (
        diagram.expected_calibration_error(),
        diagram.maximum_calibration_error(),
    );
    let root = diagram.root_mean_square_calibration_error();
    check_range("maximum calibration error", largest, 0.0, 1.0 + EXCESS);
    check_range("root mean square calibration error", root, 0.0, largest);
    check_range("expected calibration error", mean, 0.0, root);
    for error in [
        equal_mass_calibration_error(predictions, n_bins),
        quantile_calibration_error(predictions, n_bins),
    ] {
        check_range("calibration error", error.expect("there are bins"), 0.0, 1.0 + EXCESS);
    }
    let curve = paper_pooled_curve(predictions, n_bins).expect("there are bins");
    let count: usize = curve.iter().map(|bin| bin.count).sum();
    assert!(count <= predictions.len() * predictions.n_classes());
    assert!(curve.iter().all(|bin| bin.correct <= bin.count));
    if let Some(error) = paper_pooled_calibration(predictions) {
        check_range("pooled calibration error", error, 0.0, 1.0);
    }
}

fn check_mixture(probs: &[f32], n_classes: usize, n_depths: usize) {
    let posterior = vec![1.0 / n_depths as f64; n_depths];
    let Ok(uncertainty) = depth_uncertainty(probs, &posterior, n_classes) else {
        return;
    };
    let n = uncertainty.confidence.len();
    assert_eq!(n * n_depths * n_classes, probs.len());
    for example in 0..n {
        let (total, expected) = (
            uncertainty.predictive_entropy[example],
            uncertainty.expected_entropy[example],
        );
        check_range("entropy", total, -EXCESS * 1.1, largest_entropy(n_classes));
        // The entropy is concave, and the posterior sums to one.
        check_range("expected entropy", expected, -EXCESS * 1.1, total);
        check_range(
            "mutual information",
            uncertainty.mutual_information[example],
            0.0,
            total + EXCESS * 1.1,
        );
        check_range("confidence", uncertainty.confidence[example], 0.0, 1.0 + EXCESS);
    }
}
