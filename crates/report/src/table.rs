//! The tables of all runs: seeds pooled by depth, and each by itself.

use maud::{Markup, html};
use vds_calibration::{SCORES, Score};
use vds_records::{Predictive, Scores};

use crate::aggregate::{self, Entry, Group};
use crate::cells;
use crate::number::{self, MISSING, NumberFormat};
use crate::predictor::{MeanSd, Predictor};

/// The scores that the tables of runs show.
fn columns() -> impl Iterator<Item = &'static Score> {
    SCORES.iter().filter(|score| score.in_tables)
}

/// LDN, pruned LDN and DDN by depth, seeds pooled as mean ± standard deviation.
pub(crate) fn pooled(groups: &[Group<'_>]) -> Markup {
    let numbers = ["n", "depth used"];
    let width = 2 + numbers.len() + columns().count();
    html! {
        div.scroll tabindex="0" role="region" aria-label="LDN, pruned LDN and DDN by depth" {
            table id="by-depth" {
                caption { span { "LDN, pruned LDN and DDN by depth: test scores, " (cells::OF_SEEDS) } }
                thead {
                    tr {
                        th.depth scope="col" { "D" }
                        th.network scope="col" { "network" }
                        @for title in numbers { th.number scope="col" { (title) } }
                        @for score in columns() { th.number scope="col" { (score.label) } }
                    }
                }
                @for group in groups {
                    tbody {
                        tr { th.group scope="rowgroup" colspan=(width) { span { (group.title) } } }
                        @for depth in group.depths() {
                            @let present = Predictor::ALL.into_iter().filter(|&p| !p.runs(group, depth).is_empty());
                            @for (index, predictor) in present.enumerate() {
                                tr.division[index == 0] { (pooled_cells(group, predictor, depth)) }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn pooled_cells(group: &Group<'_>, predictor: Predictor, depth: usize) -> Markup {
    let runs = predictor.runs(group, depth);
    let used = MeanSd::over(&runs.iter().map(|run| predictor.depth(run)).collect::<Vec<f64>>());
    let scores: Vec<&Scores> = runs.iter().map(|run| predictor.scores(run)).collect();
    html! {
        td.depth { (depth) }
        th.network scope="row" { (predictor.name()) }
        td.number { (used.n) }
        td.number {
            @if predictor == Predictor::Ddn { (depth) } @else { (used.text(NumberFormat::Depth)) }
        }
        @for score in columns() {
            td.number { (cells::pooled(score, &scores)) }
        }
    }
}

/// One row per run.
pub(crate) fn all_runs(groups: &[Group<'_>]) -> Markup {
    let names = ["method", "network"];
    let d_opt = html! { "d" sub { "opt" } };
    let numbers = [
        html! { "D" },
        html! { "seed" },
        html! { "epochs (best)" },
        html! { "E[d]" },
        d_opt,
    ];
    let predictives = ["marginal", "pruned", "deepest"];
    let n_scores = columns().count();
    let width = 1 + names.len() + numbers.len() + predictives.len() * n_scores;
    html! {
        div.scroll tabindex="0" role="region" aria-label="All runs" {
            table id="all-runs" {
                caption { span { "All runs: test scores of the marginal, the pruned and the deepest predictive; " (cells::OF_ONE) } }
                thead {
                    tr {
                        th.name scope="col" rowspan="2" { "run" }
                        @for title in names { th scope="col" rowspan="2" { (title) } }
                        @for title in &numbers { th.number scope="col" rowspan="2" { (title) } }
                        @for title in predictives { th.span scope="colgroup" colspan=(n_scores) { (title) } }
                    }
                    tr {
                        @for _ in predictives {
                            @for (index, score) in columns().enumerate() {
                                th.number.first[index == 0] scope="col" { (score.label) }
                            }
                        }
                    }
                }
                @for group in groups {
                    tbody {
                        tr { th.group scope="rowgroup" colspan=(width) { span { (group.title) } } }
                        @for entry in group.at_home() { (run_row(entry)) }
                    }
                }
            }
        }
    }
}

fn run_row(entry: &Entry<'_>) -> Markup {
    let run = entry.run;
    let summary = &run.summary;
    let ldn = run.is_ldn();
    let only_ldn = |text: String| if ldn { text } else { MISSING.to_owned() };
    html! {
        tr {
            th.name scope="row" { a href={ "#" (entry.id) } { (run.name) } }
            td { (aggregate::label(run)) }
            td { (summary.network.name()) }
            td.number { (summary.max_depth) }
            td.number { (summary.seed) }
            td.number { (summary.epochs) " (" (summary.best_epoch) ")" }
            td.number { (only_ldn(number::depth(summary.expected_depth))) }
            td.number { (only_ldn(summary.pruned_depth.to_string())) }
            (score_cells(ldn.then_some(summary.test().of(Predictive::Marginal))))
            (score_cells(ldn.then_some(summary.test().of(Predictive::Pruned))))
            (score_cells(Some(summary.test().of(Predictive::Deepest))))
        }
    }
}

fn score_cells(scores: Option<&Scores>) -> Markup {
    html! {
        @for (index, score) in columns().enumerate() {
            td.number.first[index == 0] { (cells::one(score, scores)) }
        }
    }
}
