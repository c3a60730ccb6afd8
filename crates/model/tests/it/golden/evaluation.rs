//! Evaluation mode of the golden networks.

use dfdx::prelude::Cpu;
use vds_model::Network;
use vds_testkit::golden::{GoldenCase, Report};
use vds_variational::{DepthPosterior, PruningRule};

pub(super) fn check(report: &mut Report<'_>, case: &GoldenCase, network: &Network<Cpu>, q: &[f64]) {
    let (labels, n_classes) = (case.labels("labels"), network.n_classes());
    let logits = network.forward_eval(&case.f32("input"), labels.len()).unwrap();
    report.compare_f32(case, "eval/logits", "net.logits", &logits);
    let marginal = marginal(&logits, q, n_classes);
    report.compare(case, "eval/marginal_probs", "net.probs", &marginal);
    report.compare(case, "eval/nll", "net.scalars", &[nll(&marginal, &labels)]);
    report.compare_integers(case, "eval/err_count", &[errors(&marginal, &labels)]);
    let of_labels: f64 = true_probs(&marginal, &labels).sum();
    report.compare(
        case,
        "eval/ref_mean_prob",
        "net.probs",
        &[of_labels / labels.len() as f64],
    );
    let depths: Vec<Vec<f64>> = logits
        .chunks(labels.len() * n_classes)
        .map(|logits| probs(logits, n_classes))
        .collect();
    let per_depth: Vec<f64> = depths.iter().map(|probs| nll(probs, &labels)).collect();
    report.compare(case, "eval/per_depth_nll", "net.scalars", &per_depth);
    let per_depth: Vec<i64> = depths.iter().map(|probs| errors(probs, &labels)).collect();
    report.compare_integers(case, "eval/per_depth_err_count", &per_depth);
    entropies(report, case, (&depths, q), &marginal);
    pruning(report, case, network, q);
}

fn entropies(report: &mut Report<'_>, case: &GoldenCase, (depths, q): (&[Vec<f64>], &[f64]), marginal: &[f64]) {
    let n_classes = case.meta("classes");
    let entropy = |probs: &[f64]| -> Vec<f64> {
        probs
            .chunks(n_classes)
            .map(|row| -row.iter().map(|p| if *p > 0.0 { p * p.ln() } else { 0.0 }).sum::<f64>())
            .collect()
    };
    let total = entropy(marginal);
    let mut expected = vec![0.0; total.len()];
    for (probs, q) in depths.iter().zip(q) {
        expected
            .iter_mut()
            .zip(entropy(probs))
            .for_each(|(sum, h)| *sum += q * h);
    }
    let information: Vec<f64> = total.iter().zip(&expected).map(|(t, e)| t - e).collect();
    report.compare(case, "eval/entropy_total", "net.entropy", &total);
    report.compare(case, "eval/entropy_expected", "net.entropy", &expected);
    report.compare(case, "eval/mutual_information", "net.entropy", &information);
}

/// The depths that the rules choose, and the predictions of the pruned networks, each of which runs its own blocks only.
fn pruning(report: &mut Report<'_>, case: &GoldenCase, network: &Network<Cpu>, q: &[f64]) {
    let posterior = DepthPosterior::from_probs(q).unwrap();
    report.compare(case, "eval/expected_depth", "net.q", &[posterior.expected_depth()]);
    let rules = [
        ("d_opt", "dopt", PruningRule::NearMode { ratio: 0.95 }),
        ("d_argmax", "dargmax", PruningRule::ArgMax),
        ("d_exp", "dexp", PruningRule::RoundedExpectation),
    ];
    for (name, short, rule) in rules {
        let depth = rule.pruned_depth(&posterior, None).unwrap();
        report.compare_integers(case, &format!("eval/{name}"), &[i64::try_from(depth).unwrap()]);
        let tensor = |what: &str| format!("eval/partial_{short}/{what}");
        if !case.has(&tensor("q")) {
            continue;
        }
        let (labels, pruned) = (case.labels("labels"), network.pruned(depth).unwrap());
        let q = posterior.truncated(depth).unwrap();
        let logits = pruned.forward_eval(&case.f32("input"), labels.len()).unwrap();
        let marginal = marginal(&logits, q.probs(), network.n_classes());
        report.compare(case, &tensor("q"), "net.q", q.probs());
        report.compare(case, &tensor("probs"), "net.probs", &marginal);
        report.compare(case, &tensor("nll"), "net.scalars", &[nll(&marginal, &labels)]);
        report.compare_integers(case, &tensor("err_count"), &[errors(&marginal, &labels)]);
    }
}

/// `Σ_i q_i softmax(logits_i)`, `[batch, n_classes]`.
fn marginal(logits: &[f32], q: &[f64], n_classes: usize) -> Vec<f64> {
    let mut marginal = vec![0.0; logits.len() / q.len()];
    for (logits, q) in logits.chunks(marginal.len()).zip(q) {
        marginal
            .iter_mut()
            .zip(probs(logits, n_classes))
            .for_each(|(sum, p)| *sum += q * p);
    }
    marginal
}

fn probs(logits: &[f32], n_classes: usize) -> Vec<f64> {
    let rows = logits.chunks(n_classes).flat_map(|row| {
        let largest = row.iter().fold(f64::NEG_INFINITY, |m, x| m.max(f64::from(*x)));
        let weights: Vec<f64> = row.iter().map(|x| (f64::from(*x) - largest).exp()).collect();
        let total: f64 = weights.iter().sum();
        weights.into_iter().map(move |w| w / total)
    });
    rows.collect()
}

fn true_probs<'a>(probs: &'a [f64], labels: &'a [u32]) -> impl Iterator<Item = f64> + 'a {
    let n_classes = probs.len() / labels.len();
    probs
        .chunks(n_classes)
        .zip(labels)
        .map(|(row, label)| row[*label as usize])
}

fn nll(probs: &[f64], labels: &[u32]) -> f64 {
    -true_probs(probs, labels).map(f64::ln).sum::<f64>() / labels.len() as f64
}

fn errors(probs: &[f64], labels: &[u32]) -> i64 {
    let n_classes = probs.len() / labels.len();
    let wrong = probs.chunks(n_classes).zip(labels).filter(|(row, label)| {
        let best = (0..n_classes).rev().max_by(|a, b| row[*a].total_cmp(&row[*b]));
        best != Some(**label as usize)
    });
    i64::try_from(wrong.count()).unwrap()
}
