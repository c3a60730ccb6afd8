//! The page as a whole.

use vds_records::{DivergedRun, Method, NonFiniteStep, Predictive, RunRecord};

use crate::page::render;
use crate::test_records::{mixed, run, scores_mut, test_mut};
use crate::tests::checked::{check, info};
use crate::tests::markup;

#[test]
fn page_of_usual_runs_has_every_figure() {
    let document = check(&mixed());
    for group in 0..2 {
        for figure in ["nll", "error", "depth", "work"] {
            document.check_has(&format!("group-{group}-{figure}"));
        }
    }
    // Spirals: runs 0 to 5 are LDN, 6 to 11 DDN; Fashion-MNIST: 12 to 15 and 16 to 19.
    for run in 0..20 {
        let ldn = run < 6 || (12..16).contains(&run);
        let spirals = run < 12;
        let figures = [
            ("depth", ldn),
            ("epochs", ldn),
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
fn page_of_records_at_the_limits_is_well_formed() {
    let document = check(&at_the_limits());
    assert!(document.text.contains('∞'));
    document.check_has("run-0-information");
    document.check_has("run-1-depth");
    assert!(!document.ids.contains("run-1-probability"), "a grid without cells");
    assert!(!document.ids.contains("run-2-training"));
}

/// Records at the limits: no depth, one epoch, infinite and undefined scores, flat grid, empty lists.
fn at_the_limits() -> Vec<RunRecord> {
    let mut no_depth = run("spirals", Method::Ldn, 0, 0);
    no_depth.epochs.truncate(1);
    if let Some(grid) = &mut no_depth.grid {
        grid.mutual_information.fill(0.0);
        grid.probability[7] = f32::NAN;
    }
    let mut broken = run("spirals", Method::Ldn, 5, 0);
    scores_mut(&mut broken, Predictive::Marginal).insert("nll", f64::INFINITY);
    test_mut(&mut broken).per_depth[0].insert("nll", f64::INFINITY);
    test_mut(&mut broken).per_depth[1].insert("nll", f64::NAN);
    broken.summary.expected_depth = f64::NAN;
    broken.summary.posterior[2] = f64::NAN;
    broken.epochs[3].train_loss = f64::NAN;
    scores_mut(&mut broken, Predictive::Marginal).reliability[14].confidence = f64::NAN;
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
    test_mut(&mut empty).per_depth.clear();
    empty.summary.train_per_depth.clear();
    empty.summary.posterior.clear();
    empty.summary.prior.clear();
    scores_mut(&mut empty, Predictive::Deepest).reliability.clear();
    vec![no_depth, broken, empty]
}

#[test]
fn page_without_runs_reports_that() {
    assert!(check(&[]).text.contains("There are no runs to report."));
}

#[test]
fn page_loads_nothing_and_runs_nothing() {
    let page = render(&mixed(), &[], &info());
    for forbidden in [
        "http:", "https:", "src=", "url(", "@import", "<script", "<link", "<iframe", "onload",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn page_does_not_depend_on_the_order_of_runs_of_a_data_set() {
    let mut runs: Vec<RunRecord> = mixed()
        .into_iter()
        .filter(|run| run.summary.dataset == "spirals")
        .collect();
    let page = render(&runs, &[], &info());
    runs.reverse();
    assert_eq!(render(&runs, &[], &info()), page);
}

#[test]
fn page_opens_the_first_seed_of_each_learnt_depth() {
    let page = render(&mixed(), &[], &info());
    let document = markup::parse(&page).unwrap();
    assert_eq!(
        document.open_details,
        ["run-0", "run-2", "run-4", "run-12", "run-13", "run-14", "run-15"]
    );
}

#[test]
fn page_of_a_hundred_runs_with_long_names_stays_small() {
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
    let bytes = render(&runs, &[], &info()).len();
    assert!(bytes < 12_000_000, "{bytes}");
}

#[test]
fn page_names_the_step_in_which_a_run_diverged() {
    let record = run("spirals", Method::Ldn, 5, 0);
    let diverged = DivergedRun {
        name: "sweep/rate100 <b>".to_owned(),
        step: NonFiniteStep {
            epoch: 7,
            step: 3,
            what: "a gradient".to_owned(),
            value: "NaN".to_owned(),
            depth: Some(2),
            layer: Some("output_layer".to_owned()),
            batch: vec![1, 2],
            labels: vec![0, 1],
        },
        epochs: record.epochs[..6].to_vec(),
        config_text: "(seed: 1)".to_owned(),
    };
    let page = render(&[record], std::slice::from_ref(&diverged), &info());
    for text in [
        "sweep/rate100 &lt;b&gt;",
        "a gradient is NaN",
        "output_layer, depth 2",
        "(seed: 1)",
    ] {
        assert!(page.contains(text), "{text}");
    }
    assert!(
        render(&[], &[diverged], &info()).contains("Diverged runs"),
        "also without any other run"
    );
    assert!(!render(&[], &[], &info()).contains("Diverged runs"));
}
