//! Paired differences, checked by hand.

use vds_records::{ExampleScores, HeadStatistics, Method, PerExample, Predictive, RunRecord};

use crate::aggregate::Group;
use crate::comparison::{AGAINST_DDN, AGAINST_WHOLE, examples_text, seeds_text};
use crate::test_records::{run, scores_mut};
use crate::tests::checked::check;

/// LDN and DDN runs whose marginal and deepest NLL are given, one pair per seed.
fn runs(nll: &[[f64; 2]]) -> Vec<RunRecord> {
    let mut runs = Vec::new();
    for (seed, [ldn_nll, ddn_nll]) in (0..).zip(nll) {
        let [mut ldn, mut ddn] = Method::ALL.map(|method| run("mnist", method, 10, seed));
        scores_mut(&mut ldn, Predictive::Marginal).insert("nll", *ldn_nll);
        scores_mut(&mut ddn, Predictive::Deepest).insert("nll", *ddn_nll);
        runs.extend([ldn, ddn]);
    }
    runs
}

fn with_examples(run: &mut RunRecord, predictive: Predictive, nll: &[f32], error: &[u8]) {
    let mut scores = ExampleScores::default();
    let of_examples = PerExample {
        nll: nll.to_vec(),
        brier: nll.to_vec(),
        error: error.to_vec(),
    };
    scores.insert(HeadStatistics::PerDepth, predictive, of_examples);
    run.examples = Some(scores);
}

#[test]
fn comparison_over_seeds_is_paired() {
    let runs = runs(&[[0.30, 0.28], [0.50, 0.47], [0.10, 0.06]]);
    let groups = Group::collect(&runs);
    let pairs = AGAINST_DDN[0].pairs(&groups[0], 10);
    let difference = AGAINST_DDN[0].over_seeds(&pairs, "nll").unwrap();
    // Differences .02, .03, .04: mean .03, deviation .01, error .01 / √3, times 4.302653.
    assert!((difference.mean - 0.03).abs() < 1e-12);
    assert_eq!(
        seeds_text("nll", Some(difference)),
        "+0.0300 [+0.0052, +0.0548], 3 seeds"
    );
    assert!(check(&runs).text.contains("+0.0300 [+0.0052, +0.0548], 3 seeds"));
}

#[test]
fn comparison_names_the_number_of_seeds_where_they_are_few() {
    for (n, named) in [(1, ", 1 seed"), (4, ", 4 seeds"), (5, "]"), (6, "]")] {
        let nll: Vec<[f64; 2]> = (0..n).map(|seed| [0.3 + 0.01 * f64::from(seed), 0.3]).collect();
        let runs = runs(&nll);
        let groups = Group::collect(&runs);
        let pairs = AGAINST_DDN[0].pairs(&groups[0], 10);
        let text = seeds_text("nll", AGAINST_DDN[0].over_seeds(&pairs, "nll"));
        assert!(text.ends_with(named), "{text}");
        assert_eq!(text.contains('['), n > 1, "one seed has no interval");
    }
}

#[test]
fn comparison_takes_common_seeds_alone() {
    let mut runs = runs(&[[0.30, 0.28], [0.50, 0.40]]);
    runs[3].summary.seed = 7;
    let groups = Group::collect(&runs);
    let pairs = AGAINST_DDN[0].pairs(&groups[0], 10);
    assert_eq!(pairs.len(), 1);
    assert_eq!(pairs[0].map(|run| run.summary.seed), [0, 0]);
}

#[test]
fn comparison_over_examples_averages_the_seeds_first() {
    let mut runs = runs(&[[0.3, 0.3], [0.3, 0.3]]);
    let nll: [&[f32]; 4] = [&[1.0, 2.0, 3.0], &[0.5, 1.0, 2.0], &[2.0, 0.0, 1.0], &[1.5, 1.0, 2.0]];
    for (record, nll) in runs.iter_mut().zip(nll) {
        let predictive = if record.is_ldn() {
            Predictive::Marginal
        } else {
            Predictive::Deepest
        };
        let error = if record.is_ldn() { [1, 0, 1] } else { [0, 0, 1] };
        with_examples(record, predictive, nll, &error);
    }
    let groups = Group::collect(&runs);
    let pairs = AGAINST_DDN[0].pairs(&groups[0], 10);
    let over = AGAINST_DDN[0].over_examples(&pairs, "nll").unwrap();
    // Seed 0: .5, 1, 1; seed 1: .5, −1, −1; their means .5, 0, 0: mean 1/6, deviation .5 / √3, error 1/6, times 4.302653.
    assert!((over.difference.mean - 1.0 / 6.0).abs() < 1e-12);
    assert_eq!((over.difference.n, over.n_seeds), (3, 2));
    assert_eq!(examples_text("nll", &over), "+0.1667 [−0.5504, +0.8838]");
    let error = AGAINST_DDN[0].over_examples(&pairs, "error").unwrap();
    assert!((error.difference.mean - 1.0 / 3.0).abs() < 1e-12);
    assert!(AGAINST_DDN[0].over_examples(&pairs, "ece").is_none(), "not a mean");
    let text = check(&runs).text;
    assert!(text.contains("3 examples") && !text.contains("3 examples of"));
    runs[0].examples = None;
    assert!(check(&runs).text.contains("3 examples of 1 seed"));
}

#[test]
fn comparison_over_examples_needs_the_same_examples() {
    let mut runs = runs(&[[0.3, 0.3]]);
    with_examples(&mut runs[0], Predictive::Marginal, &[1.0, 2.0], &[0, 0]);
    with_examples(&mut runs[1], Predictive::Deepest, &[1.0, 2.0], &[0, 1]);
    let over = |runs: &[RunRecord]| AGAINST_DDN[0].over_examples(&[[&runs[0], &runs[1]]], "nll");
    assert!(over(&runs).is_some());
    let mut other_data = runs.clone();
    other_data[1].environment.data[0].sha256 = "ff".repeat(32);
    assert!(over(&other_data).is_none());
    with_examples(&mut runs[1], Predictive::Deepest, &[1.0, 2.0, 3.0], &[0, 1, 0]);
    assert!(over(&runs).is_none());
}

#[test]
fn comparison_of_pruning_pairs_a_run_with_itself() {
    let mut runs = [0, 1].map(|seed| run("mnist", Method::Ldn, 10, seed));
    for (record, [pruned, whole]) in runs.iter_mut().zip([[0.31, 0.30], [0.33, 0.30]]) {
        scores_mut(record, Predictive::Pruned).insert("nll", pruned);
        scores_mut(record, Predictive::Marginal).insert("nll", whole);
    }
    let document = check(&runs);
    document.check_has("group-0-against-whole");
    assert!(!document.ids.contains("group-0-against-ddn"));
    let groups = Group::collect(&runs);
    let pairs = AGAINST_WHOLE[0].pairs(&groups[0], 10);
    // Differences .01, .03: mean .02, deviation .01 √2, error .01, times 12.7062.
    let text = seeds_text("nll", AGAINST_WHOLE[0].over_seeds(&pairs, "nll"));
    assert_eq!(text, "+0.0200 [−0.1071, +0.1471], 2 seeds");
}

#[test]
fn comparison_without_a_finite_difference_has_a_gap() {
    let runs = runs(&[[f64::INFINITY, 0.3], [0.3, 0.3]]);
    let groups = Group::collect(&runs);
    let pairs = AGAINST_DDN[0].pairs(&groups[0], 10);
    assert_eq!(seeds_text("nll", AGAINST_DDN[0].over_seeds(&pairs, "nll")), "—");
    check(&runs);
}
