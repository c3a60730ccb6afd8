//! Golden vectors of the authors' code and of common libraries.

use vds_calibration::*;
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};

#[test]
fn golden_scores_and_calibration_errors_agree() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Calibration) {
        calibration(&mut report, &case);
    }
    report.assert_ok();
    println!("calibration: {report}");
}

#[test]
fn golden_entropies_agree() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Uncertainty) {
        uncertainty(&mut report, &case);
    }
    report.assert_ok();
    println!("uncertainty: {report}");
}

fn calibration(report: &mut Report<'_>, case: &GoldenCase) {
    let (probs, labels, n_classes) = (case.f32("probs"), case.labels("labels"), case.shape("probs")[1]);
    let predictions = Predictions::new(&probs, n_classes, &labels).unwrap();
    let mut compare = |tensor: &str, actual: &[f64]| {
        let group = format!("calib.{}", tensor.rsplit('/').next().unwrap());
        report.compare(case, tensor, &group, actual);
    };
    compare("accuracy", &[accuracy(&predictions)]);
    compare("error", &[error_rate(&predictions)]);
    compare("nll", &[negative_log_likelihood(&predictions)]);
    compare("brier", &[brier_score(&predictions)]);
    compare("mean_confidence", &[mean_confidence(&predictions)]);
    compare("mean_prob_of_label", &[mean_true_probability(&predictions)]);
    compare("entropy", &predictive_entropy(&predictions));
    let all_bins: Vec<usize> = case.meta("bins");
    for n_bins in &all_bins {
        bins(report, case, &predictions, *n_bins);
    }
    check_known(case, &UNBINNED, &all_bins);
}

/// Tensors of a calibration case that do not depend on bins; the first two are the input.
const UNBINNED: [&str; 9] = [
    "probs",
    "labels",
    "accuracy",
    "error",
    "nll",
    "brier",
    "mean_confidence",
    "mean_prob_of_label",
    "entropy",
];

/// Tensors of a calibration case for each number of bins.
const BINNED: [&str; 11] = [
    "edges",
    "count",
    "acc",
    "conf",
    "ece",
    "mce",
    "rmsce",
    "adaptive_ece",
    "adaptive_ece_quantile",
    "refcurve_count",
    "refcurve_correct",
];

/// Fails if a case has a tensor that no test compares: it would pass whatever it holds.
fn check_known(case: &GoldenCase, names: &[&str], all_bins: &[usize]) {
    let binned = all_bins
        .iter()
        .flat_map(|n_bins| BINNED.iter().map(move |what| format!("bins{n_bins}/{what}")));
    let mut known: Vec<String> = names.iter().map(|name| (*name).to_owned()).chain(binned).collect();
    known.push("bins10/ref_notebook_ece".to_owned());
    let unknown: Vec<String> = case
        .names("")
        .into_iter()
        .filter(|name| !known.contains(name))
        .collect();
    assert!(unknown.is_empty(), "{}: nothing compares {unknown:?}", case.name());
}

fn bins(report: &mut Report<'_>, case: &GoldenCase, predictions: &Predictions<'_>, n_bins: usize) {
    let name = |what: &str| format!("bins{n_bins}/{what}");
    let diagram = ReliabilityDiagram::new(predictions, n_bins).unwrap();
    let column = |value: fn(&ReliabilityBin) -> f64| diagram.bins.iter().map(value).collect::<Vec<_>>();
    let counts: Vec<i64> = diagram
        .bins
        .iter()
        .map(|bin| i64::try_from(bin.count).unwrap())
        .collect();
    let edges: Vec<f64> = std::iter::once(0.0).chain(column(|bin| bin.upper)).collect();
    assert_eq!(
        edges,
        case.f32(&name("edges")).into_iter().map(f64::from).collect::<Vec<_>>()
    );
    report.compare_integers(case, &name("count"), &counts);
    report.compare(case, &name("acc"), "calib.acc", &column(|bin| bin.accuracy));
    report.compare(case, &name("conf"), "calib.conf", &column(|bin| bin.confidence));
    report.compare(
        case,
        &name("ece"),
        "calib.ece",
        &[expected_calibration_error(predictions, n_bins).unwrap()],
    );
    report.compare(
        case,
        &name("mce"),
        "calib.mce",
        &[maximum_calibration_error(predictions, n_bins).unwrap()],
    );
    let rmsce = root_mean_square_calibration_error(predictions, n_bins).unwrap();
    report.compare(case, &name("rmsce"), "calib.rmsce", &[rmsce]);
    let adaptive = equal_mass_calibration_error(predictions, n_bins).unwrap();
    report.compare(case, &name("adaptive_ece"), "calib.adaptive_ece", &[adaptive]);
    if case.has(&name("adaptive_ece_quantile")) {
        let quantile = quantile_calibration_error(predictions, n_bins).unwrap();
        report.compare(
            case,
            &name("adaptive_ece_quantile"),
            "calib.adaptive_ece_quantile",
            &[quantile],
        );
    }
    let pooled = paper_pooled_curve(predictions, n_bins).unwrap();
    let column = |value: fn(&PooledBin) -> usize| {
        pooled
            .iter()
            .map(|b| i64::try_from(value(b)).unwrap())
            .collect::<Vec<_>>()
    };
    report.compare_integers(case, &name("refcurve_count"), &column(|bin| bin.count));
    report.compare_integers(case, &name("refcurve_correct"), &column(|bin| bin.correct));
    if case.has(&name("ref_notebook_ece")) {
        let value = paper_pooled_calibration(predictions).unwrap_or(f64::NAN);
        report.compare(case, &name("ref_notebook_ece"), "calib.ref_notebook_ece", &[value]);
    }
}

/// Tensors of an uncertainty case; the first three are the input.
const MIXTURE: [&str; 10] = [
    "depth_probs",
    "q",
    "labels",
    "marginal_probs",
    "entropy_total",
    "entropy_expected",
    "mutual_information",
    "max_prob",
    "variation_ratio",
    "nll",
];

fn uncertainty(report: &mut Report<'_>, case: &GoldenCase) {
    let (probs, labels, shape) = (
        case.f32("depth_probs"),
        case.labels("labels"),
        case.shape("depth_probs"),
    );
    let q: Vec<f64> = case.f32("q").into_iter().map(f64::from).collect();
    let split = depth_uncertainty(&probs, &q, shape[2]).unwrap();
    let ratio: Vec<f64> = split.confidence.iter().map(|c| 1.0 - c).collect();
    let true_probs = split
        .marginal_probs
        .chunks(shape[2])
        .zip(&labels)
        .map(|(row, label)| row[*label as usize]);
    let nll = -true_probs.map(f64::ln).sum::<f64>() / labels.len() as f64;
    for (tensor, actual) in [
        ("marginal_probs", &split.marginal_probs),
        ("entropy_total", &split.predictive_entropy),
        ("entropy_expected", &split.expected_entropy),
        ("mutual_information", &split.mutual_information),
        ("max_prob", &split.confidence),
        ("variation_ratio", &ratio),
        ("nll", &vec![nll]),
    ] {
        report.compare(case, tensor, &format!("uncert.{tensor}"), actual);
    }
    check_known(case, &MIXTURE, &[]);
}
