//! The section of one group of runs: scores and chosen depth against the maximum depth, then its runs.

use maud::{Markup, html};

use crate::aggregate::Group;
use crate::{comparison_section, cost_section, figures, head_section, number, run_section};

/// The section `index` of the page.
pub(crate) fn render(group: &Group<'_>, index: usize) -> Markup {
    let id = format!("group-{index}");
    html! {
        section id=(id) {
            h2 { (group.title) }
            p.facts { (facts(group)) }
            @if group.has_repeated_seeds() {
                p.notice {
                    "Some runs share their settings with the seed, so they repeat each other: the first of them is the one that "
                    "means and comparisons take."
                }
            }
            @if group.runs.len() > 1 {
                div.figures.three {
                    @for figure in figures::of_group(&id, group) { (figure) }
                }
            }
            (comparison_section::render(&id, group))
            (head_section::render(&id, group))
            (cost_section::render(&id, group))
            (run_section::list(group))
        }
    }
}

fn facts(group: &Group<'_>) -> Markup {
    let summary = group.summary();
    html! {
        (number::plural(group.runs.len(), "run")) "; network " code { (summary.network.name()) }
        "; head statistics " code { (summary.head_statistics.name()) }
        "; selection split " code { (summary.selection_split.name()) } "; "
        (number::count(summary.n_train)) " training, " (number::count(summary.n_validation)) " validation and "
        (number::count(summary.n_test)) " test examples of " (number::count(summary.n_classes)) " classes."
    }
}
