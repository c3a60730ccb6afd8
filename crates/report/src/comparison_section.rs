//! Tables of paired differences: learnt against deterministic depth, and pruned against whole networks.

use maud::{Markup, html};
use vds_calibration::score;
use vds_records::RunRecord;

use crate::aggregate::Group;
use crate::comparison::{AGAINST_DDN, AGAINST_WHOLE, COMPARED, Contrast, examples_text, seeds_text};
use crate::number;

/// The tables of the group whose section is `id`; nothing where no runs share depth and seed.
pub(crate) fn render(id: &str, group: &Group<'_>) -> Markup {
    let against_ddn = table(
        &format!("{id}-against-ddn"),
        group,
        "LDN − DDN: paired differences of test scores",
        &AGAINST_DDN,
    );
    let against_whole = table(
        &format!("{id}-against-whole"),
        group,
        "Pruned − whole LDN: what pruning costs on the test set",
        &AGAINST_WHOLE,
    );
    html! {
        @if against_ddn.is_some() || against_whole.is_some() {
            h3 { "Comparisons" }
            @if let Some(table) = against_ddn { (table) }
            @if let Some(table) = against_whole { (table) }
            (how_to_read())
        }
    }
}

fn how_to_read() -> Markup {
    html! {
        p.facts {
            "Below zero the first of the two is better. First line: mean over the seeds that both have, with its 95 % t interval, "
            "which holds for networks that are trained again; pp are percentage points. "
            "Second line, where the scores of single examples are stored: the differences of each test example, averaged over the "
            "seeds, with their 95 % interval over the examples, which holds for these networks on other test examples. "
            "The intervals are not corrected for the number of comparisons. T: with a temperature fitted to the validation split."
        }
    }
}

fn table(id: &str, group: &Group<'_>, caption: &str, contrasts: &[Contrast]) -> Option<Markup> {
    let rows: Vec<Markup> = group
        .depths()
        .into_iter()
        .flat_map(|depth| of_depth(group, depth, contrasts))
        .collect();
    if rows.is_empty() {
        return None;
    }
    Some(html! {
        div.scroll tabindex="0" role="region" aria-label=(caption) {
            table id=(id) {
                caption { span { (caption) " on " (group.title) } }
                thead {
                    tr {
                        th.depth scope="col" { "D" }
                        th.network scope="col" { "difference" }
                        th.number scope="col" { "over" }
                        @for score in COMPARED.iter().filter_map(|key| score(key)) {
                            th.number scope="col" { (score.label) }
                        }
                    }
                }
                tbody { @for row in &rows { (row) } }
            }
        }
    })
}

fn of_depth(group: &Group<'_>, depth: usize, contrasts: &[Contrast]) -> Vec<Markup> {
    let pairs = contrasts
        .iter()
        .map(|contrast| (contrast, contrast.pairs(group, depth)));
    let known = pairs.filter(|(contrast, pairs)| COMPARED.iter().any(|key| contrast.over_seeds(pairs, key).is_some()));
    let rows = known.enumerate().map(|(index, (contrast, pairs))| {
        html! {
            tr.division[index == 0] {
                td.depth { (depth) }
                th.network scope="row" { (contrast.name) }
                td.number { (numbers(contrast, &pairs)) }
                @for key in COMPARED { (cell(contrast, &pairs, key)) }
            }
        }
    });
    rows.collect()
}

/// How many pairs of runs there are, and how many examples of how many of them are stored.
fn numbers(contrast: &Contrast, pairs: &[[&RunRecord; 2]]) -> Markup {
    let over = COMPARED.iter().find_map(|key| contrast.over_examples(pairs, key));
    html! {
        (number::plural(pairs.len(), "seed"))
        @if let Some(over) = over {
            div.examples {
                (number::plural(over.difference.n, "example"))
                @if over.n_seeds != pairs.len() { " of " (number::plural(over.n_seeds, "seed")) }
            }
        }
    }
}

fn cell(contrast: &Contrast, pairs: &[[&RunRecord; 2]], key: &str) -> Markup {
    html! {
        td.number {
            (seeds_text(key, contrast.over_seeds(pairs, key)))
            @if let Some(over) = contrast.over_examples(pairs, key) {
                div.examples { (examples_text(key, &over)) }
            }
        }
    }
}
