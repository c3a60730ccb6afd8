//! The choice of a deterministic depth and the cost of the search, checked by hand.

use vds_records::{Method, Predictive, RunRecord};

use crate::aggregate::Group;
use crate::depth_choice::Grid;
use crate::test_records::{run, scores_mut};
use crate::tests::checked::check;

/// Deterministic depths with validation and test NLL, trained for as many FLOPs as they have blocks.
fn grid(points: &[(usize, f64, f64)]) -> Vec<RunRecord> {
    let points = points.iter().map(|&(depth, validation, test)| {
        let mut ddn = run("mnist", Method::Ddn, depth, 0);
        let split = ddn.summary.evaluations[0].validation.as_mut().unwrap();
        split
            .predictives
            .entry(Predictive::Deepest)
            .or_default()
            .insert("nll", validation);
        scores_mut(&mut ddn, Predictive::Deepest).insert("nll", test);
        ddn.summary.cost.train_flops = 1e12 * depth as f64;
        ddn.train_seconds = Some(depth as f64);
        ddn
    });
    points.collect()
}

#[test]
fn depth_choice_is_made_by_validation_and_not_by_test_scores() {
    let runs = grid(&[(2, 0.5, 0.11), (5, 0.3, 0.33), (10, 0.4, 0.22)]);
    let groups = Group::collect(&runs);
    let of_all = Grid::of(&groups[0], usize::MAX).unwrap();
    assert_eq!(of_all.chosen().unwrap().depth, 5);
    let search: Vec<(f64, usize)> = of_all
        .search()
        .map(|(cost, chosen)| (cost.flops / 1e12, chosen.unwrap().depth))
        .collect();
    assert_eq!(search, [(2.0, 2), (7.0, 5), (17.0, 5)]);
    let document = check(&runs);
    assert!(document.text.contains("validation NLL chooses D = 5: test NLL 0.330"));
    assert!(!document.text.contains("Lowest mean test NLL"));
    document.check_has("group-0-grid");
    document.check_has("group-0-work");
}

#[test]
fn depth_choice_is_over_the_mean_of_the_seeds() {
    let mut runs = grid(&[(2, 0.30, 0.1), (5, 0.20, 0.1)]);
    let mut more = grid(&[(2, 0.32, 0.1), (5, 0.50, 0.1)]);
    for record in &mut more {
        record.summary.seed = 1;
    }
    runs.extend(more);
    let groups = Group::collect(&runs);
    let grid = Grid::of(&groups[0], usize::MAX).unwrap();
    // .31 against .35.
    let chosen = grid.chosen().unwrap();
    assert_eq!((chosen.depth, chosen.runs.len()), (2, 2));
    assert!((chosen.validation_nll.unwrap() - 0.31).abs() < 1e-12);
    let unpaired = "not trained with the same seeds";
    assert!(!check(&runs).text.contains(unpaired));
    assert!(check(&runs[..3]).text.contains(unpaired));
}

#[test]
fn depth_choice_without_a_validation_split_is_refused() {
    let mut runs = grid(&[(2, 0.5, 0.1), (5, 0.3, 0.3)]);
    for record in &mut runs {
        record.summary.evaluations[0].validation = None;
    }
    let document = check(&runs);
    assert!(document.text.contains("no depth can be chosen honestly"));
    assert!(!document.ids.contains("group-0-work"));
}

#[test]
fn depth_choice_needs_several_depths() {
    let runs = grid(&[(5, 0.3, 0.3)]);
    assert!(Grid::of(&Group::collect(&runs)[0], usize::MAX).is_none());
}

#[test]
fn cost_of_a_learnt_depth_stands_beside_that_of_the_grid_up_to_it() {
    let mut runs = grid(&[(2, 0.5, 0.1), (5, 0.3, 0.3), (10, 0.2, 0.3)]);
    let mut ldn = run("mnist", Method::Ldn, 5, 0);
    ldn.summary.cost.train_flops = 6e12;
    ldn.train_seconds = None;
    runs.push(ldn);
    let groups = Group::collect(&runs);
    let cost = Grid::of(&groups[0], 5).unwrap().cost();
    assert!((cost.flops - 7e12).abs() < 1.0 && (cost.seconds - 7.0).abs() < 1e-12);
    let text = check(&runs).text;
    assert!(text.contains("grid of 2 DDNs, D = 5 chosen"));
    for number in ["6.00e12", "7.00e12"] {
        assert!(text.contains(number), "{number}");
    }
}
