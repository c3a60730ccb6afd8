//! Facts about the whole page, on synthetic records.

mod fixtures;
mod markup;

use proptest::prelude::*;
use serde_json::json;

use self::{
    fixtures::{mixed, run},
    markup::Document,
};
use super::{PageInfo, RunRecord, render};

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

/// Records at the edges: no depth, one epoch, infinite and undefined scores, flat plane, empty lists.
fn odd() -> Vec<RunRecord> {
    let mut no_depth = run("spirals", "ldn", 0, 0);
    no_depth.epochs.truncate(1);
    if let Some(plane) = &mut no_depth.plane {
        plane.mutual_information.fill(0.0);
        plane.marginal[7] = f32::NAN;
    }
    let mut broken = run("spirals", "ldn", 5, 0);
    broken.summary.test.marginal.nll = f64::INFINITY;
    broken.summary.test.per_depth[0].nll = f64::INFINITY;
    broken.summary.test.per_depth[1].nll = f64::NAN;
    broken.summary.expected_depth = f64::NAN;
    broken.summary.posterior[2] = f64::NAN;
    broken.epochs[3].train_loss = f64::NAN;
    broken.summary.test.marginal.reliability[14].confidence = f64::NAN;
    if let Some(plane) = &mut broken.plane {
        plane.n_side = 0;
    }
    let mut empty = run("spirals", "ddn", 5, 0);
    empty.epochs.clear();
    empty.folder = None;
    empty.environment = json!(null);
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
    assert!(!document.ids.contains("run-1-probability"), "a plane without cells");
    assert!(!document.ids.contains("run-2-training"));
}

#[test]
fn one_run_has_its_own_figures_but_no_comparison() {
    let document = check(&[run("spirals", "ldn", 20, 0)]);
    document.check_has("run-0-depth");
    assert!(!document.ids.contains("group-0-nll"));
    assert!(document.text.contains("1 run on 1 data set"));
}

#[test]
fn without_learnt_depth_there_is_no_posterior_to_show() {
    let document = check(&[run("spirals", "ddn", 5, 0), run("spirals", "ddn", 10, 0)]);
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
    for hostile in [
        "</code><script>alert(\"1\")</script>&'<img src=x>",
        "<script>alert(1)</script>",
        "\"><img src=x onerror=alert(1)>",
        "</title></desc></svg><script>alert(1)</script>",
    ] {
        check_escaped(hostile);
    }
}

#[track_caller]
fn check_escaped(hostile: &str) {
    let mut record = run(hostile, "ldn", 3, 0);
    let summary = &mut record.summary;
    for field in [
        &mut summary.method,
        &mut summary.network,
        &mut summary.head_statistics,
        &mut summary.protocol,
        &mut summary.stopped_by,
        &mut summary.pruning_rule,
        &mut record.name,
        &mut record.config_text,
    ] {
        *field = hostile.to_owned();
    }
    record.folder = Some(hostile.to_owned());
    record.environment = json!({hostile: [hostile, {"deep": hostile}]});
    // With the method's name the figures of learnt depth, with two depths the comparison, whose labels name the data set.
    let learnt = |max_depth: usize| {
        let learnt = run(hostile, "ldn", max_depth, 0);
        let summary = crate::record::Summary {
            head_statistics: hostile.to_owned(),
            protocol: hostile.to_owned(),
            pruning_rule: hostile.to_owned(),
            ..learnt.summary
        };
        RunRecord {
            summary,
            plane: run("spirals", "ldn", max_depth, 0).plane,
            ..record.clone()
        }
    };
    let page_info = PageInfo {
        title: hostile.to_owned(),
        command: hostile.to_owned(),
    };
    let page = render(&[learnt(3), learnt(5), record.clone()], &page_info);
    let document = markup::parse(&page).unwrap();
    document.check_has("group-0-nll");
    document.check_has("run-0-probability");
    assert_eq!([document.count("script"), document.count("img")], [0, 0]);
    assert!(!page.contains("<script") && !page.contains("<img"));
    let escaped = hostile.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
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
    let mut runs = vec![run("mnist", "ldn", 5, 0), run("mnist", "ldn", 5, 1)];
    runs[1].summary.head_statistics = "shared".to_owned();
    runs[1].summary.protocol = "test".to_owned();
    let document = check(&runs);
    document.check_has("group-1");
    assert!(document.text.contains("mnist (shared head statistics, protocol test)"));
    assert!(document.text.contains("Selection on the test set: 1 run followed"));
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
    let mut runs = vec![run("mnist", "ldn", 5, 0), run("mnist", "ldn", 5, 1)];
    runs[0].summary.test.marginal.nll = 0.25;
    runs[1].summary.test.marginal.nll = 0.27;
    assert!(check(&runs).text.contains("0.260 ± 0.014"));
}

#[test]
fn repeated_seeds_are_pointed_out() {
    let text = check(&[run("mnist", "ldn", 5, 1), run("mnist", "ldn", 5, 1)]).text;
    assert!(text.contains("share method, depth and seed"));
}

#[test]
fn equal_environments_are_printed_once() {
    let mut runs = vec![
        run("mnist", "ldn", 5, 0),
        run("mnist", "ldn", 5, 1),
        run("mnist", "ldn", 5, 2),
    ];
    assert_eq!(check(&runs).text.matches("rustc 1.95.0").count(), 1);
    runs[1].environment["threads"] = json!(8);
    assert_eq!(check(&runs).text.matches("rustc 1.95.0").count(), 2);
}

#[test]
fn environments_that_differ_in_the_command_alone_are_printed_once_and_each_command_with_its_run() {
    let mut runs = vec![run("mnist", "ldn", 5, 0), run("mnist", "ldn", 5, 1)];
    runs[0].environment["command_line"] = json!(["vds", "train", "one.ron"]);
    runs[1].environment["command_line"] = json!(["vds", "train", "two.ron"]);
    let text = check(&runs).text;
    assert_eq!(text.matches("rustc 1.95.0").count(), 1);
    assert!(text.contains("vds, train, one.ron") && text.contains("vds, train, two.ron"));
}

#[test]
fn program_lock_file_and_instruction_set_are_shown() {
    let mut runs = vec![run("mnist", "ldn", 5, 0)];
    let fields = [
        ("binary_sha256", "b1a7"),
        ("lock_sha256", "10c4"),
        ("instruction_set", "avx512"),
    ];
    for (name, value) in fields {
        runs[0].environment[name] = json!(value);
    }
    let text = check(&runs).text;
    for (name, value) in fields {
        assert!(text.contains(name) && text.contains(value), "{name}");
    }
}

#[test]
fn a_hundred_runs_with_long_names_make_a_page_of_bearable_size() {
    let runs: Vec<RunRecord> = (0..100)
        .map(|index| {
            let mut record = run("spirals", if index % 2 == 0 { "ldn" } else { "ddn" }, 10, index);
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
        let mut record = run("mnist", if ldn { "ldn" } else { "ddn" }, depth, 0);
        record.name.clone_from(&text);
        record.summary.dataset = text;
        record.summary.expected_depth = numbers[0];
        record.summary.test.marginal.nll = numbers[1];
        record.summary.test.deepest.error = numbers[2];
        record.summary.test.pruned.ece = numbers[3];
        record.summary.best_epoch = usize::MAX;
        for bin in &mut record.summary.test.deepest.reliability {
            bin.count = usize::MAX;
        }
        for (epoch, &number) in record.epochs.iter_mut().zip(&numbers) {
            epoch.train_loss = number;
        }
        for (score, &number) in record.summary.test.per_depth.iter_mut().zip(&numbers) {
            score.nll = number;
        }
        let mut other = record.clone();
        other.summary.seed = 1;
        other.summary.test.marginal.nll = numbers[4];
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
    let (trained, mut pruned) = (run("spirals", "ldn", 5, 0), run("spirals", "ldn", 2, 0));
    pruned.summary.pruned_from = Some(5);
    let runs = [trained, pruned];
    let groups = super::aggregate::Group::collect(&runs);
    let depths: Vec<Vec<usize>> = groups.iter().map(super::aggregate::Group::depths).collect();
    assert_eq!(depths, [[5]]);
    assert!(check(&runs).text.contains("LDN pruned from D = 5"));
}
