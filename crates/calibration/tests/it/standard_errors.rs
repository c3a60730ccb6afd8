//! Standard errors of the scores against the formulas, in two passes.

use proptest::prelude::*;
use vds_calibration::*;
use vds_testkit::strategies::classified;
use vds_testkit::{Tolerance, check_close};

/// Square roots magnify what is left of a variance of equal values.
const TWO_PASSES: Tolerance = Tolerance::both(1e-8);

fn naive(values: &[f64]) -> f64 {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (n - 1.0);
    (variance / n).sqrt()
}

proptest! {
    #[test]
    fn standard_errors_are_those_of_the_formulas(data in classified(60, 2..8)) {
        let n = data.labels.len();
        let predictions = Predictions::new(&data.probs, data.n_classes, &data.labels).unwrap();
        let depth_probs = [data.probs.clone(), data.probs.chunks(data.n_classes).rev().flatten().copied().collect()].concat();
        let uncertainty = depth_uncertainty(&depth_probs, &[0.25, 0.75], data.n_classes).unwrap();
        let nll = negative_log_likelihoods(&predictions);
        let evaluated = Evaluated {
            predictions,
            nll: &nll,
            reliability: &ReliabilityDiagram::new(&predictions, 15).unwrap(),
            uncertainty: Some(&uncertainty),
        };
        let scores = Scores::compute(SCORES, &evaluated);
        let error = error_rate(&predictions);
        check_close(scores.standard_error("error").unwrap(), (error * (1.0 - error) / n as f64).sqrt(), TWO_PASSES);
        let each = |score: fn(&Predictions<'_>) -> f64| -> Vec<f64> {
            predictions.rows().map(|(row, label)| {
                let labels = [u32::try_from(label).unwrap()];
                score(&Predictions::new(row, data.n_classes, &labels).unwrap())
            }).collect()
        };
        let samples = [
            ("nll", each(negative_log_likelihood)),
            ("brier", each(brier_score)),
            ("mean_true_probability", each(mean_true_probability)),
            ("mean_confidence", each(mean_confidence)),
            ("predictive_entropy", uncertainty.predictive_entropy.clone()),
            ("expected_entropy", uncertainty.expected_entropy.clone()),
            ("mutual_information", uncertainty.mutual_information.clone()),
        ];
        for (key, values) in &samples {
            let actual = scores.standard_error(key);
            let is_defined = n > 1 && values.iter().all(|value| value.is_finite());
            prop_assert_eq!(actual.is_some(), is_defined, "{}", key);
            if let Some(actual) = actual {
                check_close(actual, naive(values), TWO_PASSES);
            }
        }
        for key in ["ece", "mce", "paper_pooled_calibration"] {
            prop_assert_eq!(scores.standard_error(key), None);
        }
        prop_assert_eq!(SCORES.len(), samples.len() + 4);
    }
}

#[test]
fn standard_error_that_is_not_a_number_is_not_kept() {
    let mut scores = Scores::default();
    scores.insert_standard_error("nll", f64::INFINITY);
    scores.insert_standard_error("error", f64::NAN);
    scores.insert_standard_error("brier", 0.5);
    assert_eq!(
        ["nll", "error", "brier"].map(|key| scores.standard_error(key)),
        [None, None, Some(0.5)]
    );
}
