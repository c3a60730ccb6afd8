//! What the sections show of groups and runs.

use vds_records::{HeadStatistics, Method, Predictive, SelectionSplit, StoppedBy};

use crate::aggregate::Group;
use crate::test_records::{mixed, run, scores_mut};
use crate::tests::checked::check;

#[test]
fn figure_is_named_and_described() {
    let document = check(&mixed());
    assert_eq!(document.count("figure"), 2 * 3 + 10 * 5 + 10 * 2 + 6 * 2 + 6);
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
        "share method, depth and seed",
    ] {
        assert!(!text.contains(notice), "{notice}");
    }
}

#[test]
fn notice_reports_repeated_seeds() {
    let text = check(&[run("mnist", Method::Ldn, 5, 1), run("mnist", Method::Ldn, 5, 1)]).text;
    assert!(text.contains("share method, depth and seed"));
}

#[test]
fn table_pools_seeds_as_mean_and_standard_deviation() {
    let mut runs = vec![run("mnist", Method::Ldn, 5, 0), run("mnist", Method::Ldn, 5, 1)];
    scores_mut(&mut runs[0], Predictive::Marginal).insert("nll", 0.25);
    scores_mut(&mut runs[1], Predictive::Marginal).insert("nll", 0.27);
    assert!(check(&runs).text.contains("0.260 ± 0.014"));
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
