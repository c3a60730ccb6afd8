//! The posterior's part of the golden vectors, made by the authors' code.

use serde::Deserialize;
use vds_testkit::golden::{GoldenCase, GoldenSet, Kind, Report};
use vds_variational::{
    DepthPosterior, DepthPrior, PruningRule, kl_divergence, kl_divergence_gradient, kl_reference, kl_reference_gradient,
};

/// A vector of logits in a file of kind `posterior`.
#[derive(Debug, Deserialize)]
struct Entry {
    i: usize,
    #[serde(rename = "D")]
    max_depth: usize,
}

#[test]
#[expect(clippy::print_stdout, reason = "the deviations are a result, shown with --nocapture")]
fn golden_posterior_functions_are_those_of_the_published_code() {
    let set = GoldenSet::locate(env!("CARGO_MANIFEST_DIR"));
    let mut report = Report::new(&set);
    for case in set.cases(Kind::Posterior) {
        for entry in case.meta::<Vec<Entry>>("cases") {
            check_logits(&mut report, &case, &entry);
        }
        for depth in case.meta::<Vec<usize>>("fixed_depths") {
            check_fixed(&mut report, &case, depth);
        }
    }
    report.assert_ok();
    println!("{report}");
}

fn check_logits(report: &mut Report<'_>, case: &GoldenCase, entry: &Entry) {
    let prefix = format!("c{:03}/", entry.i);
    let input = |name: &str| widen(&case.f32(&format!("{prefix}{name}")));
    let posterior = DepthPosterior::from_logits(&input("q_logits")).unwrap();
    let prior = DepthPrior::from_probs(&input("prior")).unwrap();
    assert_eq!(posterior.max_depth(), entry.max_depth);

    let depth = PruningRule::PAPER.pruned_depth(&posterior, None).unwrap();
    let truncated = posterior.truncated(depth).unwrap();
    let floats = [
        ("q", posterior.probs().to_vec()),
        ("kl_ref", vec![kl_reference(&posterior, &prior).unwrap()]),
        ("kl_ref_grad", kl_reference_gradient(&posterior, &prior).unwrap()),
        ("kl_exact", vec![kl_divergence(&posterior, &prior).unwrap()]),
        ("kl_exact_grad", kl_divergence_gradient(&posterior, &prior).unwrap()),
        ("mask_probs", posterior.survival()),
        ("expected_depth", vec![posterior.expected_depth()]),
        ("entropy", vec![posterior.entropy()]),
        ("q_truncated_dopt", truncated.probs().to_vec()),
    ];
    let integers = [("d_opt", depth), ("d_argmax", posterior.argmax())];
    let inputs = ["q_logits", "prior"];
    assert_eq!(case.names(&prefix).len(), floats.len() + integers.len() + inputs.len());
    for (name, values) in floats {
        report.compare(case, &format!("{prefix}{name}"), &format!("posterior.{name}"), &values);
    }
    for (name, value) in integers {
        report.compare_integers(case, &format!("{prefix}{name}"), &[i64::try_from(value).unwrap()]);
    }
}

/// The published code's deterministic model: all mass on the last depth, and no divergence from a prior that agrees.
fn check_fixed(report: &mut Report<'_>, case: &GoldenCase, depth: usize) {
    let posterior = DepthPosterior::one_hot(depth, depth).unwrap();
    let prefix = format!("fixed{depth:03}/");
    assert_eq!(case.names(&prefix).len(), 3);
    report.compare(case, &format!("{prefix}q"), "posterior.q", posterior.probs());
    report.compare(
        case,
        &format!("{prefix}mask_probs"),
        "posterior.q",
        &posterior.survival(),
    );
    let kl = kl_divergence(&posterior, &posterior.clone().into()).unwrap();
    report.compare(case, &format!("{prefix}kl"), "posterior.q", &[kl]);
}

fn widen(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}
