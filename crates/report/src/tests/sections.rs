//! What the sections show of groups and runs.

use serde_json::json;
use vds_calibration::EceUncertainty;
use vds_records::{HeadStatistics, Method, Predictive, RunRecord, SelectionSplit, StoppedBy};

use crate::aggregate::Group;
use crate::test_records::{mixed, run, scores_mut, set};
use crate::tests::checked::check;

#[test]
fn figure_is_named_and_described() {
    let document = check(&mixed());
    assert_eq!(document.count("figure"), 2 * 4 + 10 * 6 + 10 * 2 + 6 * 2 + 6);
    assert_eq!(document.count("figcaption"), document.count("figure"));
    assert_eq!(document.count("desc"), document.count("figure"));
}

#[test]
fn figures_of_one_run_are_without_comparison() {
    let document = check(&[run("spirals", Method::Ldn, 20, 0)]);
    document.check_has("run-0-depth");
    assert!(!document.ids.contains("group-0-nll"));
    assert!(document.text.contains("1 run on 1 data set"));
}

#[test]
fn figures_without_learnt_depth_show_no_posterior() {
    let document = check(&[run("spirals", Method::Ddn, 5, 0), run("spirals", Method::Ddn, 10, 0)]);
    document.check_has("group-0-nll");
    assert!(!document.ids.contains("group-0-depth"));
    assert!(!document.text.contains("pruned depth"));
}

#[test]
fn group_holds_runs_with_equal_settings_only() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    runs[1].summary.head_statistics = HeadStatistics::Shared;
    runs[1].summary.selection_split = SelectionSplit::Test;
    set(&mut runs[1].summary, "head_statistics", json!("shared"));
    let document = check(&runs);
    document.check_has("group-1");
    assert!(
        document
            .text
            .contains("mnist (head_statistics = shared, selected on the test set)")
    );
    assert!(document.text.contains("Selection on the test set: 1 run compared"));
    assert!(document.text.contains("Shared head statistics: 1 run compared epochs"));
}

#[test]
fn group_pools_runs_that_differ_in_the_seed_alone() {
    for (path, is_pooled) in [
        ("seed", true),
        ("optimizer.schedule.ddn", true),
        ("network.Fc.width", false),
        ("dataset.Spirals.stop_degrees", false),
        ("posterior", false),
        ("data_seed", false),
    ] {
        let mut runs = [0, 1].map(|seed| run("mnist", Method::Ldn, 5, seed));
        set(&mut runs[1].summary, path, json!(7));
        assert_eq!(Group::collect(&runs).len() == 1, is_pooled, "{path}");
    }
}

#[test]
fn group_of_each_posterior_has_the_runs_of_deterministic_depth() {
    let mut runs = vec![
        run("mnist", Method::Ldn, 5, 0),
        run("mnist", Method::Ldn, 5, 0),
        run("mnist", Method::Ddn, 5, 0),
        run("mnist", Method::Ddn, 5, 0),
    ];
    for closed_form in [1, 3] {
        let settings = &mut runs[closed_form].summary.settings;
        settings.remove("posterior");
        settings.insert("posterior.ClosedForm.damping".to_owned(), json!(0.1));
    }
    let groups = Group::collect(&runs);
    let titles: Vec<&str> = groups.iter().map(|group| group.title.as_str()).collect();
    assert_eq!(
        titles,
        [
            "mnist (posterior = Published)",
            "mnist (posterior.ClosedForm.damping = 0.1)"
        ]
    );
    for group in &groups {
        // The posterior's settings have no effect on a deterministic depth: the two runs repeat each other.
        assert_eq!(group.of(Method::Ddn, 5).len(), 1);
        assert!(group.has_repeated_seeds());
    }
    assert_eq!(groups.iter().flat_map(Group::at_home).count(), 4);
    check(&runs);
}

#[test]
fn group_leaves_pruned_networks_out_of_the_comparison_over_depth() {
    let (trained, mut pruned) = (run("spirals", Method::Ldn, 5, 0), run("spirals", Method::Ldn, 2, 0));
    pruned.summary.pruned_from = Some(5);
    let runs = [trained, pruned];
    let groups = Group::collect(&runs);
    let depths: Vec<Vec<usize>> = groups.iter().map(Group::depths).collect();
    assert_eq!(depths, [[5]]);
    assert!(check(&runs).text.contains("LDN pruned from D = 5"));
}

#[test]
fn notice_is_absent_where_runs_are_comparable() {
    let text = check(&mixed()).text;
    for notice in [
        "Selection on the test set",
        "Shared head statistics",
        "repeat each other",
    ] {
        assert!(!text.contains(notice), "{notice}");
    }
}

#[test]
fn notice_reports_repeated_seeds() {
    let text = check(&[run("mnist", Method::Ldn, 5, 1), run("mnist", Method::Ldn, 5, 1)]).text;
    assert!(text.contains("repeat each other"));
}

#[test]
fn table_pools_seeds_as_mean_and_standard_deviation() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    scores_mut(&mut runs[0], Predictive::Marginal).insert("nll", 0.25);
    scores_mut(&mut runs[1], Predictive::Marginal).insert("nll", 0.27);
    assert!(check(&runs).text.contains("0.260 ± 0.014"));
}

#[test]
fn run_section_shows_pruning_rules_with_their_cost() {
    let mut runs = vec![run("mnist", Method::Ldn, 9, 0)];
    let text = check(&runs).text;
    assert!(text.contains("near-mode:0.95") && text.contains("arg-max"));
    assert!(text.contains("+0.0012 [−0.0008, +0.0032]"));
    assert!(text.contains("stacking weights, fitted"));
    let evaluation = &mut runs[0].summary.evaluations[0];
    evaluation.choices.clear();
    (evaluation.fitted, evaluation.validation) = (None, None);
    let text = check(&runs).text;
    assert!(!text.contains("arg-max") && !text.contains("stacking weights, fitted"));
}

#[test]
fn run_section_has_the_numbers_of_the_papers_figures() {
    let mut runs = vec![run("mnist", Method::Ddn, 9, 0)];
    scores_mut(&mut runs[0], Predictive::Deepest).insert("mean_true_probability", 0.8125);
    scores_mut(&mut runs[0], Predictive::Deepest).insert("paper_pooled_calibration", 0.09876);
    let text = check(&runs).text;
    let table = &text[text.find("Numbers as in the paper's figures").unwrap()..];
    assert!(table.contains("0.812") && table.contains("0.0988"));
    assert!(
        !table.contains("marginal, T"),
        "a deterministic depth has one distribution"
    );
}

#[test]
fn run_section_and_tables_show_the_uncertainty_of_every_ece() {
    let mut runs = vec![run("mnist", Method::Ddn, 9, 0)];
    let scores = scores_mut(&mut runs[0], Predictive::Deepest);
    scores.insert("ece", 0.0321);
    scores.ece_uncertainty = Some(EceUncertainty {
        interval: [0.0301, 0.0345],
        floor: 0.0123,
        floor_95: 0.0155,
    });
    // By depth, all runs, reliability (description and caption), the paper's numbers, head statistics.
    let shown = check(&runs)
        .text
        .matches("0.0321 [0.0301, 0.0345], floor 0.0123")
        .count();
    assert_eq!(shown, 6);
}

#[test]
fn run_selected_on_the_test_set_is_labeled_wherever_its_numbers_stand() {
    let mut runs: Vec<RunRecord> = Method::ALL
        .into_iter()
        .flat_map(|method| [5, 10].map(|depth| run("mnist", method, depth, 0)))
        .collect();
    let label = "selected on the test set";
    assert!(!check(&runs).text.contains(label));
    for record in &mut runs {
        record.summary.selection_split = SelectionSplit::Test;
        set(&mut record.summary, "early_stopping.split", json!("test"));
    }
    let text = check(&runs).text;
    for place in [
        "LDN, selected on the test set, D = 5",
        "LDN − DDN: paired differences of test scores on mnist (selected on the test set)",
        "Pruned − whole LDN: what pruning costs on the test set on mnist (selected on the test set)",
        "The same weights on mnist (selected on the test set)",
        "Grid of deterministic depths on mnist (selected on the test set)",
        "the grid that it replaces on mnist (selected on the test set)",
    ] {
        assert!(text.contains(place), "{place}");
    }
    // Three figures over depth and one over work.
    assert_eq!(text.matches("Runs selected on the test set.").count(), 4);
}

#[test]
fn run_section_shows_why_training_ended_where_it_is_known() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    runs[0].summary.stopped_by = Some(StoppedBy::MaxEpochs);
    runs[1].summary.stopped_by = None;
    let text = check(&runs).text;
    assert_eq!(text.matches("stopped by").count(), 1);
    assert!(text.contains("Kept epoch 24 of 30 (stopped by max epochs)."));
    assert!(text.contains("Kept epoch 24 of 30."));
}
