//! The grid search over deterministic depths: which depth it would choose, and what it costs beside learnt depth.

use maud::{Markup, html};
use vds_calibration::score;
use vds_records::{Method, Predictive, RunRecord, Scores};

use crate::aggregate::Group;
use crate::cells;
use crate::depth_choice::{Grid, TrainingCost};
use crate::number::{self, MISSING};
use crate::predictor::Predictor;

/// The tables of the group whose section is `id`; nothing for fewer than two deterministic depths.
pub(crate) fn render(id: &str, group: &Group<'_>) -> Markup {
    html! {
        @if let Some(grid) = Grid::of(group, usize::MAX) {
            h3 { "Depth by grid search" }
            p { (choice(&grid)) }
            (grid_table(&format!("{id}-grid"), group, &grid))
            @if !group.depths_of(Method::Ldn).is_empty() {
                (cost_table(&format!("{id}-cost"), group))
                p.facts {
                    "A learnt depth up to D stands for the grid of the deterministic depths up to D, each trained once. Operations are "
                    "those of the matrix products and convolutions of training, forward and backward; seconds are wall time, and "
                    "compare only where the runs had the machine alone and the same number of threads. Means over the seeds."
                }
            }
        }
    }
}

/// The depth that validation chooses, with its test scores, in a sentence.
pub(crate) fn choice(grid: &Grid<'_>) -> Markup {
    let depths: Vec<String> = grid.points.iter().map(|point| point.depth.to_string()).collect();
    let without = grid
        .points
        .iter()
        .filter(|point| point.validation_nll.is_none())
        .count();
    html! {
        @match grid.chosen() {
            Some(point) => {
                "Of the DDNs with D = " (depths.join(", ")) ", validation NLL chooses D = " (point.depth) ": test NLL "
                (test_score("nll", &point.runs, Predictive::Deepest)) ", test error "
                (test_score("error", &point.runs, Predictive::Deepest)) " ("
                (number::plural(point.runs.len(), "seed")) ")."
                @if !grid.has_equal_seeds() { " The depths were not trained with the same seeds, so that their means are not paired." }
                @if without > 0 { " " (number::plural(without, "depth")) " without validation scores could not be chosen." }
            }
            None => {
                "No DDN of the grid D = " (depths.join(", ")) " has a validation split, so that no depth can be chosen honestly: to take "
                "the one of the best test score would be to select on the test set."
            }
        }
    }
}

fn grid_table(id: &str, group: &Group<'_>, grid: &Grid<'_>) -> Markup {
    let chosen = grid.chosen().map(|point| point.depth);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Grid of deterministic depths" {
            table id=(id) {
                caption { span { "Grid of deterministic depths on " (group.title) ": the depth of the lowest validation NLL is chosen" } }
                thead {
                    tr {
                        th.number.row scope="col" { "D" }
                        th.number scope="col" { "seeds" }
                        th.number scope="col" { "validation NLL" }
                        th.number scope="col" { "training FLOPs" }
                        th.number scope="col" { "seconds" }
                    }
                }
                tbody {
                    @for point in &grid.points {
                        tr.chosen[Some(point.depth) == chosen] {
                            th.number.row scope="row" { (point.depth) }
                            td.number { (point.runs.len()) }
                            td.number { (validation_nll(&point.runs)) }
                            (cost_cells(point.cost))
                        }
                    }
                }
            }
        }
    }
}

fn cost_table(id: &str, group: &Group<'_>) -> Markup {
    let scores = ["nll", "error"].into_iter().filter_map(score);
    html! {
        div.scroll tabindex="0" role="region" aria-label="Learnt depth against the grid" {
            table id=(id) {
                caption { span { "Learnt depth against the grid that it replaces on " (group.title) ": cost of training and test scores" } }
                thead {
                    tr {
                        th.depth scope="col" { "D" }
                        th.network scope="col" { "network" }
                        th.number scope="col" { "training FLOPs" }
                        th.number scope="col" { "seconds" }
                        @for score in scores { th.number scope="col" { "test " (score.label) } }
                    }
                }
                tbody {
                    @for depth in group.depths_of(Method::Ldn) {
                        @let runs = group.of(Method::Ldn, depth);
                        tr.division {
                            td.depth { (depth) }
                            th.network scope="row" { (Predictor::Ldn.name()) }
                            (cost_cells(TrainingCost::mean(&runs)))
                            (score_cells(&runs, Predictive::Marginal))
                        }
                        @if let Some(grid) = Grid::of(group, depth) {
                            (grid_row(depth, &grid))
                        }
                    }
                }
            }
        }
    }
}

fn grid_row(depth: usize, grid: &Grid<'_>) -> Markup {
    html! {
        tr {
            td.depth { (depth) }
            th.network scope="row" {
                "grid of " (grid.points.len()) " DDNs"
                @if let Some(point) = grid.chosen() { ", D = " (point.depth) " chosen" }
            }
            (cost_cells(grid.cost()))
            @match grid.chosen() {
                Some(point) => (score_cells(&point.runs, Predictive::Deepest)),
                None => { td.number { (MISSING) } td.number { (MISSING) } }
            }
        }
    }
}

fn cost_cells(cost: TrainingCost) -> Markup {
    html! {
        td.number { (number::significant(cost.flops, 3)) }
        td.number { (number::significant(cost.seconds, 3)) }
    }
}

fn score_cells(runs: &[&RunRecord], predictive: Predictive) -> Markup {
    html! {
        @for key in ["nll", "error"] { td.number { (test_score(key, runs, predictive)) } }
    }
}

fn test_score(key: &str, runs: &[&RunRecord], predictive: Predictive) -> String {
    let scores: Vec<&Scores> = runs.iter().map(|run| run.summary.test().of(predictive)).collect();
    score(key).map_or(MISSING.to_owned(), |score| cells::pooled(score, &scores))
}

fn validation_nll(runs: &[&RunRecord]) -> String {
    let splits = runs.iter().map(|run| run.summary.evaluation().validation.as_ref());
    let scores: Option<Vec<&Scores>> = splits.map(|split| Some(split?.of(Predictive::Deepest))).collect();
    match scores.zip(score("nll")) {
        Some((scores, nll)) => cells::pooled(nll, &scores),
        None => MISSING.to_owned(),
    }
}
