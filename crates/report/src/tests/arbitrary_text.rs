//! Any text and any number from a record gives a well-formed page.

use proptest::prelude::*;
use serde_json::json;
use vds_calibration::{EceUncertainty, MeanInterval};
use vds_records::{Method, Predictive, PrunedFrom, PruningRule, RunRecord};

use crate::page::{PageInfo, render};
use crate::test_records::{run, scores_mut, set, test_mut};
use crate::tests::checked::{check, info};
use crate::tests::markup;

#[test]
fn page_escapes_text_from_records() {
    for markup_like in [
        "</code><script>alert(\"1\")</script>&'<img src=x>",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title></desc></svg><script>alert(1)</script>",
    ] {
        check_escaped(markup_like);
    }
}

#[track_caller]
fn check_escaped(markup_like: &str) {
    let mut record = run(markup_like, Method::Ldn, 3, 0);
    record.name = markup_like.to_owned();
    record.config_text = markup_like.to_owned();
    record.folder = Some(markup_like.to_owned());
    record.grid = run("spirals", Method::Ldn, 3, 0).grid;
    let environment = &mut record.environment;
    environment.toolchain = markup_like.to_owned();
    environment.cpu_features = vec![markup_like.to_owned()];
    environment.pruned_from = Some(PrunedFrom {
        run: markup_like.to_owned(),
        max_depth: 9,
        rule: Some(PruningRule::ArgMax),
    });
    set(&mut record.summary, markup_like, json!(markup_like));
    // Two depths give the comparison over depth, whose labels name the data set.
    let mut deeper = RunRecord {
        summary: run(markup_like, Method::Ldn, 5, 0).summary,
        ..record.clone()
    };
    set(&mut deeper.summary, markup_like, json!(markup_like));
    // A group of other settings, so that titles name those that differ.
    let other = run(markup_like, Method::Ddn, 5, 0);
    let page_info = PageInfo {
        title: markup_like.to_owned(),
        command: markup_like.to_owned(),
    };
    let page = render(&[deeper, record, other], &[], &page_info);
    let document = markup::parse(&page).unwrap();
    document.check_has("group-0-nll");
    document.check_has("run-0-probability");
    assert_eq!([document.count("script"), document.count("img")], [0, 0]);
    assert!(!page.contains("<script") && !page.contains("<img"));
    let escaped = markup_like
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;");
    assert!(document.text.contains(&escaped.replace('"', "&quot;")));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn page_survives_any_text_and_any_number(
        text in any::<String>(),
        numbers in proptest::collection::vec(any::<f64>(), 24),
        depth in 0_usize..12,
        ldn in any::<bool>(),
    ) {
        let mut record = run("mnist", if ldn { Method::Ldn } else { Method::Ddn }, depth, 0);
        record.name.clone_from(&text);
        record.summary.dataset = text;
        record.summary.expected_depth = numbers[0];
        scores_mut(&mut record, Predictive::Marginal).insert("nll", numbers[1]);
        scores_mut(&mut record, Predictive::Deepest).insert("error", numbers[2]);
        scores_mut(&mut record, Predictive::Pruned).insert("ece", numbers[3]);
        record.summary.best_epoch = usize::MAX;
        for bin in &mut scores_mut(&mut record, Predictive::Deepest).reliability {
            bin.count = usize::MAX;
        }
        for (epoch, &number) in record.epochs.iter_mut().zip(&numbers) {
            epoch.train_loss = number;
        }
        for (score, &number) in test_mut(&mut record).per_depth.iter_mut().zip(&numbers) {
            score.insert("nll", number);
        }
        let mut other = record.clone();
        other.summary.seed = 1;
        scores_mut(&mut other, Predictive::Marginal).insert("nll", numbers[4]);
        let page = render(&[record, other], &[], &info());
        let document = markup::parse(&page).unwrap();
        document.check_references();
        for path in &document.paths {
            prop_assert!(path.chars().all(|c| c.is_ascii_digit() || "MLHVaczhv-. ".contains(c)), "{path}");
        }
    }

    #[test]
    fn page_of_any_numbers_has_gaps_and_symbols(numbers in proptest::collection::vec(proptest::num::f64::ANY, 40)) {
        let mut runs: Vec<RunRecord> = Method::ALL
            .into_iter()
            .flat_map(|method| [2, 5].map(|depth| [0, 1].map(|seed| run("mnist", method, depth, seed))))
            .flatten()
            .collect();
        for (record, numbers) in runs.iter_mut().zip(numbers.chunks(5)) {
            let &[a, b, c, d, e] = numbers else { unreachable!("chunks of a multiple of five") };
            record.summary.cost.train_flops = a;
            record.train_seconds = Some(b);
            for (epoch, number) in record.epochs.iter_mut().rev().zip(numbers) {
                epoch.expected_depth = *number;
                epoch.elbo_gap_nats = Some(-number);
            }
            for evaluation in &mut record.summary.evaluations {
                let splits = evaluation.validation.iter_mut().chain([&mut evaluation.test]);
                for scores in splits.flat_map(|split| split.predictives.values_mut()) {
                    scores.insert("nll", c);
                    scores.insert("ece", d);
                    scores.insert("error", e);
                    scores.insert_standard_error("error", a);
                    scores.ece_uncertainty = Some(EceUncertainty { interval: [a, b], floor: c, floor_95: d });
                }
                for choice in &mut evaluation.choices {
                    choice.cost = MeanInterval { n: 3, mean: d, standard_error: Some(e), interval: Some([a, b]) };
                }
            }
        }
        let document = check(&runs);
        for path in &document.paths {
            prop_assert!(path.chars().all(|c| c.is_ascii_digit() || "MLHVaczhv-. ".contains(c)), "{path}");
        }
    }
}
