//! Scores as the cells of tables show them, each with what is known of its noise.

use vds_calibration::{EceUncertainty, Score};
use vds_records::Scores;

use crate::number::{MISSING, NumberFormat};
use crate::predictor::MeanSd;

/// What stands in the cells of single runs, for captions.
pub(crate) const OF_ONE: &str = "± is the standard error over the test examples; behind an ECE stand its 95 % bootstrap interval and \
                                 its floor, which a perfectly calibrated network with these confidences would show on average";
/// What stands in the cells of pooled runs, for captions.
pub(crate) const OF_SEEDS: &str = "mean ± standard deviation over n seeds; behind an ECE stand the means over the seeds of the ends of \
                                   its 95 % bootstrap interval and of its floor, which a perfectly calibrated network with these \
                                   confidences would show on average";

/// A score of one run.
pub(crate) fn one(score: &Score, scores: Option<&Scores>) -> String {
    let Some((scores, value)) = scores.and_then(|scores| Some((scores, scores.get(score.key)?))) else {
        return MISSING.to_owned();
    };
    let format = NumberFormat::of(score.unit);
    let text = match scores.standard_error(score.key) {
        Some(error) if value.is_finite() => format.with_sd(value, error),
        _ => format.text(value),
    };
    text + &uncertainty_text(score, scores.ece_uncertainty.as_slice())
}

/// A score of several runs.
pub(crate) fn pooled(score: &Score, scores: &[&Scores]) -> String {
    let values: Vec<f64> = scores.iter().map(|scores| scores.value(score.key)).collect();
    let known: Vec<EceUncertainty> = scores.iter().filter_map(|scores| scores.ece_uncertainty).collect();
    // An interval of some of the runs would not be that of the mean beside it.
    let known = if known.len() == scores.len() { known } else { Vec::new() };
    MeanSd::over(&values).text(NumberFormat::of(score.unit)) + &uncertainty_text(score, &known)
}

/// The uncertainty of the expected calibration error of one run.
pub(crate) fn ece_uncertainty(scores: &Scores) -> String {
    mean_uncertainty(scores.ece_uncertainty.as_slice()).unwrap_or_default()
}

fn uncertainty_text(score: &Score, known: &[EceUncertainty]) -> String {
    let of_ece = (score.key == "ece").then(|| mean_uncertainty(known));
    of_ece.flatten().unwrap_or_default()
}

fn mean_uncertainty(known: &[EceUncertainty]) -> Option<String> {
    let mean = |part: fn(&EceUncertainty) -> f64| MeanSd::over(&known.iter().map(part).collect::<Vec<f64>>()).mean;
    let format = NumberFormat::Score;
    let interval = format.range([mean(|known| known.interval[0]), mean(|known| known.interval[1])]);
    let floor = format.text(mean(|known| known.floor));
    (!known.is_empty()).then(|| format!(" {interval}, floor {floor}"))
}

#[cfg(test)]
mod tests {
    use vds_calibration::score;

    use super::*;

    fn scores(ece: f64, half_width: f64, floor: f64) -> Scores {
        let mut scores = Scores::default();
        scores.insert("ece", ece);
        scores.with_ece_uncertainty(EceUncertainty {
            interval: [ece - half_width, ece + half_width],
            floor,
            floor_95: floor,
        })
    }

    #[test]
    fn cell_of_an_ece_has_its_interval_and_its_floor() {
        let (ece, scores) = (score("ece").unwrap(), scores(0.02, 0.005, 0.004));
        assert_eq!(one(ece, Some(&scores)), "0.0200 [0.0150, 0.0250], floor 0.00400");
    }

    #[test]
    fn cell_of_several_runs_has_the_means_of_intervals_and_floors() {
        let (ece, scores) = (
            score("ece").unwrap(),
            [scores(0.02, 0.005, 0.004), scores(0.04, 0.01, 0.006)],
        );
        let mut refs: Vec<&Scores> = scores.iter().collect();
        // Mean .03, deviation .02 / √2; ends (.015 + .03) / 2 and (.025 + .05) / 2.
        assert_eq!(pooled(ece, &refs), "0.0300 ± 0.0141 [0.0225, 0.0375], floor 0.00500");
        let mut bare = Scores::default();
        bare.insert("ece", 0.03);
        refs.push(&bare);
        assert_eq!(pooled(ece, &refs), "0.0300 ± 0.0100");
    }

    #[test]
    fn cell_of_a_mean_has_its_standard_error() {
        let nll = score("nll").unwrap();
        let mut scores = Scores::default();
        assert_eq!([one(nll, None), one(nll, Some(&scores))], [MISSING, MISSING]);
        scores.insert("nll", 0.25);
        assert_eq!(one(nll, Some(&scores)), "0.250");
        scores.insert_standard_error("nll", 0.0123);
        assert_eq!(one(nll, Some(&scores)), "0.250 ± 0.012");
        scores.insert("nll", f64::INFINITY);
        assert_eq!(one(nll, Some(&scores)), "∞");
    }
}
