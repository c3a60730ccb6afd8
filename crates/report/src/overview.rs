//! The top of the page: what was run, in sentences, and what limits the comparison.

use std::collections::BTreeSet;

use maud::{Markup, html};
use vds_calibration::SCORES;
use vds_records::{HeadStatistics, Method, RunRecord, SelectionSplit};

use crate::aggregate::{Entry, Group};
use crate::cost_section;
use crate::depth_choice::Grid;
use crate::head_section;
use crate::number;
use crate::settling;

/// The summary of all groups in plain language.
pub(crate) fn render(groups: &[Group<'_>]) -> Markup {
    let runs: Vec<&RunRecord> = groups.iter().flat_map(Group::at_home).map(|entry| entry.run).collect();
    let data_sets: BTreeSet<&str> = runs.iter().map(|run| run.summary.dataset.as_str()).collect();
    let n_ldn = runs.iter().filter(|run| run.is_ldn()).count();
    html! {
        section id="overview" {
            h2 { "Summary" }
            @if runs.is_empty() {
                p { "There are no runs to report." }
            } @else {
                p {
                    (number::plural(runs.len(), "run")) " on " (number::plural(data_sets.len(), "data set")) ": "
                    (n_ldn) " with learnt depth (LDN), " (runs.len() - n_ldn) " with deterministic depth (DDN). "
                    "An LDN learns a posterior over how many of its D residual blocks to use; "
                    "pruning keeps the first d" sub { "opt" } " blocks."
                }
                ul {
                    @for (index, group) in groups.iter().enumerate() {
                        li { a href={ "#group-" (index) } { (group.title) } ": " (findings(group)) }
                    }
                }
            }
            (notices(&runs))
        }
    }
}

/// Chosen depths of a group.
fn findings(group: &Group<'_>) -> Markup {
    let depths = group.depths().into_iter();
    let chosen: Vec<String> = depths.filter_map(|depth| chosen_depths(group, depth)).collect();
    let is_trained = |entry: &&Entry<'_>| entry.run.is_ldn() && entry.run.is_trained();
    let ldn: Vec<&Entry<'_>> = group.runs.iter().filter(is_trained).collect();
    let n_unsettled = ldn
        .iter()
        .filter(|entry| !settling::unsettled(entry.run).is_empty())
        .count();
    html! {
        @if !chosen.is_empty() { "pruned depth " (chosen.join(", ")) ". " }
        @if n_unsettled > 0 {
            "In " (n_unsettled) " of " (number::plural(ldn.len(), "run")) " with learnt depth the posterior has not settled, so that the "
            "pruned depth may measure how long training lasted. "
        }
        @if let Some(grid) = Grid::of(group, usize::MAX) { (cost_section::choice(&grid)) }
    }
}

/// `4–6 of D = 10`.
fn chosen_depths(group: &Group<'_>, depth: usize) -> Option<String> {
    let chosen: Vec<usize> = group
        .of(Method::Ldn, depth)
        .iter()
        .map(|run| run.summary.pruned_depth)
        .collect();
    let (lo, hi) = (chosen.iter().min()?, chosen.iter().max()?);
    let range = if lo == hi {
        lo.to_string()
    } else {
        format!("{lo}–{hi}")
    };
    Some(format!("{range} of D = {depth}"))
}

/// Reasons why the scores of some runs are not comparable with those of others.
fn notices(runs: &[&RunRecord]) -> Markup {
    let affected = |is: fn(&RunRecord) -> bool| runs.iter().filter(|run| is(run)).count();
    let on_test = affected(|run| run.summary.selection_split == SelectionSplit::Test);
    let is_shared = |run: &RunRecord| run.summary.head_statistics == HeadStatistics::Shared;
    let shared = affected(is_shared);
    let shared_depths: BTreeSet<usize> = runs
        .iter()
        .filter(|run| is_shared(run))
        .map(|run| run.summary.max_depth)
        .collect();
    let shared_depths: Vec<usize> = shared_depths.into_iter().collect();
    html! {
        @if on_test > 0 {
            p.notice {
                strong { "Selection on the test set: " }
                (number::plural(on_test, "run")) " compared epochs on the test set (selection split "
                code { (SelectionSplit::Test.name()) } "), as the authors did, and stopped and kept an epoch by it. "
                "Their test scores are optimistic; do not compare them with those of runs with the selection split "
                code { (SelectionSplit::Validation.name()) } "."
            }
        }
        @if shared > 0 {
            p.notice {
                strong { "Shared head statistics: " }
                (number::plural(shared, "run")) " compared epochs with one set of running statistics in the output block for all depths, and "
                "report the scores with it first. " (head_section::explanation(&shared_depths))
            }
        }
    }
}

/// How to read the terms of the page.
pub(crate) fn glossary(entries: &[Entry<'_>]) -> Markup {
    let rules: BTreeSet<String> = entries
        .iter()
        .map(|entry| entry.run.summary.pruning_rule.to_string())
        .collect();
    html! {
        details {
            summary { "How to read the numbers" }
            dl {
                dt { "marginal" }
                dd { "predictive averaged over the posterior of depth" }
                dt { "pruned" }
                dd {
                    "the network pruned to d" sub { "opt" } " blocks, the rest of the posterior's mass moved to that depth"
                    @if !rules.is_empty() { "; pruning rule " (rules.into_iter().collect::<Vec<String>>().join(", ")) }
                }
                dt { "stacked" }
                dd { "predictive averaged with weights that maximize the likelihood of the validation split" }
                dt { "T" }
                dd { "with a temperature that minimizes the NLL of the validation split" }
                dt { "deepest" }
                dd { "depth D alone; for a DDN, the network itself" }
                @for score in SCORES.iter().filter(|score| score.in_tables || score.per_depth) {
                    dt { (score.label) }
                    dd { (score.explanation) "; " (score.better.to_string()) }
                }
                dt { "E[d]" }
                dd { "mean of the posterior over depth, residual blocks" }
            }
        }
    }
}
