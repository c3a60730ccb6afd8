//! Facts about the whole page, on synthetic records.

mod markup;

use proptest::prelude::*;
use vds_records::{HeadStatistics, Method, PrunedFrom, PruningRule, RunRecord, SelectionSplit, StoppedBy};

use self::markup::Document;
use crate::{
    PageInfo,
    aggregate::Group,
    render,
    test_records::{mixed, run},
};

fn info() -> PageInfo {
    PageInfo {
        title: "Report".to_owned(),
        command: "vds report runs --out report.html".to_owned(),
    }
}

/// Renders and checks what must hold for every page.
#[track_caller]
fn check(runs: &[RunRecord]) -> Document {
    let page = render(runs, &info());
    let document = markup::parse(&page).unwrap();
    document.check_references();
    for word in document.text.split(|c: char| !c.is_alphanumeric()) {
        let lower = word.to_lowercase();
        assert!(
            !["nan", "inf", "infinity", "none", "null"].contains(&lower.as_str()),
            "the page says {word}"
        );
    }
    document
}

/// Records at the edges: no depth, one epoch, infinite and undefined scores, flat grid, empty lists.
fn odd() -> Vec<RunRecord> {
    let mut no_depth = run("spirals", Method::Ldn, 0, 0);
    no_depth.epochs.truncate(1);
    if let Some(grid) = &mut no_depth.grid {
        grid.mutual_information.fill(0.0);
        grid.probability[7] = f32::NAN;
    }
    let mut broken = run("spirals", Method::Ldn, 5, 0);
    broken.summary.test.marginal.insert("nll", f64::INFINITY);
    broken.summary.test.per_depth[0].insert("nll", f64::INFINITY);
    broken.summary.test.per_depth[1].insert("nll", f64::NAN);
    broken.summary.expected_depth = f64::NAN;
    broken.summary.posterior[2] = f64::NAN;
    broken.epochs[3].train_loss = f64::NAN;
    broken.summary.test.marginal.reliability[14].confidence = f64::NAN;
    if let Some(grid) = &mut broken.grid {
        grid.n_side = 0;
    }
    let mut empty = run("spirals", Method::Ddn, 5, 0);
    empty.epochs.clear();
    empty.folder = None;
    empty.environment.cpu = None;
    empty.environment.cpu_features.clear();
    empty.environment.data.clear();
    empty.summary.stopped_by = None;
    empty.config_text.clear();
    empty.summary.test.per_depth.clear();
    empty.summary.train_per_depth.clear();
    empty.summary.posterior.clear();
    empty.summary.prior.clear();
    empty.summary.test.deepest.reliability.clear();
    vec![no_depth, broken, empty]
}

#[test]
fn the_usual_page_is_well_formed_and_has_every_figure() {
    let document = check(&mixed());
    for group in 0..2 {
        for figure in ["nll", "error", "depth"] {
            document.check_has(&format!("group-{group}-{figure}"));
        }
    }
    // Spirals: runs 0 to 5 are LDN, 6 to 11 DDN; Fashion-MNIST: 12 to 15 and 16 to 19.
    for run in 0..20 {
        let ldn = run < 6 || (12..16).contains(&run);
        let spirals = run < 12;
        let figures = [
            ("depth", ldn),
            ("training", true),
            ("probability", spirals),
            ("information", spirals && ldn),
            ("reliability-marginal", ldn),
            ("reliability-pruned", ldn),
            ("reliability-deepest", true),
        ];
        for (figure, expected) in figures {
            assert_eq!(
                document.ids.contains(&format!("run-{run}-{figure}")),
                expected,
                "{figure} of run {run}"
            );
        }
    }
}

#[test]
fn every_drawing_is_named_and_described() {
    let document = check(&mixed());
    assert_eq!(document.count("figure"), 2 * 3 + 10 * 5 + 10 * 2 + 6 * 2 + 6);
    assert_eq!(document.count("figcaption"), document.count("figure"));
    assert_eq!(document.count("desc"), document.count("figure"));
}

#[test]
fn odd_records_give_a_sound_page() {
    let document = check(&odd());
    assert!(document.text.contains('∞'));
    document.check_has("run-0-information");
    document.check_has("run-1-depth");
    assert!(!document.ids.contains("run-1-probability"), "a grid without cells");
    assert!(!document.ids.contains("run-2-training"));
}

#[test]
fn one_run_has_its_own_figures_but_no_comparison() {
    let document = check(&[run("spirals", Method::Ldn, 20, 0)]);
    document.check_has("run-0-depth");
    assert!(!document.ids.contains("group-0-nll"));
    assert!(document.text.contains("1 run on 1 data set"));
}

#[test]
fn without_learnt_depth_there_is_no_posterior_to_show() {
    let document = check(&[run("spirals", Method::Ddn, 5, 0), run("spirals", Method::Ddn, 10, 0)]);
    document.check_has("group-0-nll");
    assert!(!document.ids.contains("group-0-depth"));
    assert!(!document.text.contains("pruned depth"));
}

#[test]
fn no_runs_give_a_page_that_says_so() {
    assert!(check(&[]).text.contains("There are no runs to report."));
}

#[test]
fn text_from_records_is_escaped() {
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
    // Two depths give the comparison over depth, whose labels name the data set.
    let deeper = RunRecord {
        summary: run(markup_like, Method::Ldn, 5, 0).summary,
        ..record.clone()
    };
    let page_info = PageInfo {
        title: markup_like.to_owned(),
        command: markup_like.to_owned(),
    };
    let page = render(&[deeper, record], &page_info);
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

#[test]
fn the_page_loads_nothing_and_runs_nothing() {
    let page = render(&mixed(), &info());
    for forbidden in [
        "http:", "https:", "src=", "url(", "@import", "<script", "<link", "<iframe", "onload",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn the_order_of_runs_of_a_data_set_does_not_matter() {
    let mut runs: Vec<RunRecord> = mixed()
        .into_iter()
        .filter(|run| run.summary.dataset == "spirals")
        .collect();
    let page = render(&runs, &info());
    runs.reverse();
    assert_eq!(render(&runs, &info()), page);
}

#[test]
fn the_first_seed_of_each_learnt_depth_stands_open() {
    let page = render(&mixed(), &info());
    let document = markup::parse(&page).unwrap();
    assert_eq!(
        document.open_details,
        ["run-0", "run-2", "run-4", "run-12", "run-13", "run-14", "run-15"]
    );
}

#[test]
fn runs_under_different_rules_are_not_pooled() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    runs[1].summary.head_statistics = HeadStatistics::Shared;
    runs[1].summary.selection_split = SelectionSplit::Test;
    let document = check(&runs);
    document.check_has("group-1");
    assert!(
        document
            .text
            .contains("mnist (shared head statistics, selection split test)")
    );
    assert!(document.text.contains("Selection on the test set: 1 run compared"));
    assert!(document.text.contains("Shared head statistics: 1 run kept"));
}

#[test]
fn notices_are_absent_where_nothing_is_amiss() {
    let text = check(&mixed()).text;
    for notice in [
        "Selection on the test set",
        "Shared head statistics",
        "share method, depth and seed",
    ] {
        assert!(!text.contains(notice), "{notice}");
    }
}

#[test]
fn seeds_are_pooled_as_mean_and_standard_deviation() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    runs[0].summary.test.marginal.insert("nll", 0.25);
    runs[1].summary.test.marginal.insert("nll", 0.27);
    assert!(check(&runs).text.contains("0.260 ± 0.014"));
}

#[test]
fn repeated_seeds_are_pointed_out() {
    let text = check(&[run("mnist", Method::Ldn, 5, 1), run("mnist", Method::Ldn, 5, 1)]).text;
    assert!(text.contains("share method, depth and seed"));
}

#[test]
fn equal_environments_are_printed_once() {
    let mut runs = vec![
        run("mnist", Method::Ldn, 5, 0),
        run("mnist", Method::Ldn, 5, 1),
        run("mnist", Method::Ldn, 5, 2),
    ];
    assert_eq!(check(&runs).text.matches("rustc 1.95.0").count(), 1);
    runs[1].environment.instruction_set = Some("portable".to_owned());
    assert_eq!(check(&runs).text.matches("rustc 1.95.0").count(), 2);
}

#[test]
fn environment_of_a_pruned_network_is_that_of_its_run() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    runs[1].environment.pruned_from = Some(PrunedFrom {
        run: "runs/parent".to_owned(),
        max_depth: 9,
        rule: Some(PruningRule::PAPER),
    });
    let text = check(&runs).text;
    assert_eq!(text.matches("rustc 1.95.0").count(), 1);
    assert!(text.contains("runs/parent") && text.contains("near-mode:0.95"));
}

#[test]
fn environment_shows_program_lock_file_and_instruction_set() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0)];
    runs[0].environment.lock_sha256 = Some("10c4".to_owned());
    let text = check(&runs).text;
    for (name, value) in [
        ("binary_sha256", "b1a7"),
        ("lock_sha256", "10c4"),
        ("instruction_set", "avx512"),
    ] {
        assert!(text.contains(name) && text.contains(value), "{name}");
    }
}

#[test]
fn why_training_ended_is_shown_where_it_is_known() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    runs[0].summary.stopped_by = Some(StoppedBy::MaxEpochs);
    runs[1].summary.stopped_by = None;
    let text = check(&runs).text;
    assert_eq!(text.matches("stopped by").count(), 1);
    assert!(text.contains("Kept epoch 24 of 30 (stopped by max epochs)."));
    assert!(text.contains("Kept epoch 24 of 30."));
}

#[test]
fn a_hundred_runs_with_long_names_make_a_page_of_bearable_size() {
    let runs: Vec<RunRecord> = (0..100)
        .map(|index| {
            let mut record = run(
                "spirals",
                if index % 2 == 0 { Method::Ldn } else { Method::Ddn },
                10,
                index,
            );
            record.name = format!("{}{index}", "very-long-name".repeat(10));
            record
        })
        .collect();
    check(&runs);
    let bytes = render(&runs, &info()).len();
    assert!(bytes < 12_000_000, "{bytes}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn no_text_and_no_number_breaks_the_page(
        text in any::<String>(),
        numbers in proptest::collection::vec(any::<f64>(), 24),
        depth in 0_usize..12,
        ldn in any::<bool>(),
    ) {
        let mut record = run("mnist", if ldn { Method::Ldn } else { Method::Ddn }, depth, 0);
        record.name.clone_from(&text);
        record.summary.dataset = text;
        record.summary.expected_depth = numbers[0];
        record.summary.test.marginal.insert("nll", numbers[1]);
        record.summary.test.deepest.insert("error", numbers[2]);
        record.summary.test.pruned.insert("ece", numbers[3]);
        record.summary.best_epoch = usize::MAX;
        for bin in &mut record.summary.test.deepest.reliability {
            bin.count = usize::MAX;
        }
        for (epoch, &number) in record.epochs.iter_mut().zip(&numbers) {
            epoch.train_loss = number;
        }
        for (score, &number) in record.summary.test.per_depth.iter_mut().zip(&numbers) {
            score.insert("nll", number);
        }
        let mut other = record.clone();
        other.summary.seed = 1;
        other.summary.test.marginal.insert("nll", numbers[4]);
        let page = render(&[record, other], &info());
        let document = markup::parse(&page).unwrap();
        document.check_references();
        for path in &document.paths {
            prop_assert!(path.chars().all(|c| c.is_ascii_digit() || "MLHVaczhv-. ".contains(c)), "{path}");
        }
    }
}

#[test]
fn a_pruned_network_is_no_point_of_the_comparison_over_depth() {
    let (trained, mut pruned) = (run("spirals", Method::Ldn, 5, 0), run("spirals", Method::Ldn, 2, 0));
    pruned.summary.pruned_from = Some(5);
    let runs = [trained, pruned];
    let groups = Group::collect(&runs);
    let depths: Vec<Vec<usize>> = groups.iter().map(Group::depths).collect();
    assert_eq!(depths, [[5]]);
    assert!(check(&runs).text.contains("LDN pruned from D = 5"));
}
