//! The section of one run: its figures and the numbers behind them.

use maud::{Markup, html};
use vds_records::RunRecord;

use crate::aggregate::{self, Entry, Group};
use crate::{figures, number, run_tables};

/// The runs of a group; of each depth the first LDN run stands open.
pub(crate) fn list(group: &Group<'_>) -> Markup {
    let entries: Vec<&Entry<'_>> = group.at_home().collect();
    let is_first = |index: usize| {
        let depth = entries[index].run.summary.max_depth;
        let mut earlier = entries[..index].iter();
        entries[index].run.is_ldn() && !earlier.any(|e| e.run.is_ldn() && e.run.summary.max_depth == depth)
    };
    html! {
        h3 { "Single runs" }
        @if entries.len() < group.runs.len() {
            p.facts { "Runs that an earlier section compares, too, have their figures there." }
        }
        @for (index, entry) in entries.iter().enumerate() {
            (render(entry, is_first(index)))
        }
    }
}

fn render(entry: &Entry<'_>, open: bool) -> Markup {
    let Entry { id, run, .. } = entry;
    let summary = &run.summary;
    html! {
        details.run id=(id) open[open] {
            summary {
                h4 { (aggregate::label(run)) ", D = " (summary.max_depth) ", seed " (summary.seed) }
                span.name { (run.name) }
            }
            p.facts { (facts(run)) }
            div.figures {
                @for figure in figures::of_run(id, run) { (figure) }
            }
            p.facts {
                "Reliability: bars are the accuracy in each bin of confidence, outlined boxes its gap to the mean confidence, "
                "the dashed diagonal is perfect calibration. Behind an ECE stand its 95 % bootstrap interval over the test examples and "
                "its floor, which a perfectly calibrated network with these confidences would show on average."
            }
            div.figures.small { @for figure in figures::reliability_of_run(id, run) { (figure) } }
            (run_tables::choices(run))
            (run_tables::per_depth(run))
            (run_tables::as_in_the_paper(run))
        }
    }
}

fn facts(run: &RunRecord) -> Markup {
    let summary = &run.summary;
    html! {
        @if run.is_ldn() {
            "Expected depth " (number::depth(summary.expected_depth)) "; pruned to " (summary.pruned_depth) " of "
            (number::plural(summary.max_depth, "block")) " by the rule " code { (summary.pruning_rule.to_string()) } ". "
        }
        "Kept epoch " (summary.best_epoch) " of " (summary.epochs)
        @if let Some(reason) = summary.stopped_by { " (stopped by " (reason.label()) ")" }
        "."
        @if let Some(folder) = &run.folder { " Folder " code { (folder) } "." }
    }
}
