//! Runs that ended because a number became NaN or infinite: where, and how far they came.

use maud::{Markup, html};
use vds_records::DivergedRun;

use crate::number;

/// The section on diverged runs; nothing if there is none.
pub(crate) fn render(runs: &[DivergedRun]) -> Markup {
    html! {
        @if !runs.is_empty() {
            section id="diverged" {
                h2 { "Diverged runs" }
                p.facts {
                    "These runs ended in a step in which a number became NaN or infinite, so they have no scores. "
                    "A smaller learning rate may help."
                }
                div.scroll tabindex="0" role="region" aria-label="Diverged runs" {
                    table {
                        thead {
                            tr {
                                th.name scope="col" { "run" }
                                th scope="col" { "epoch" }
                                th scope="col" { "step" }
                                th scope="col" { "what" }
                                th scope="col" { "first seen in" }
                                th scope="col" { "last training loss" }
                            }
                        }
                        tbody { @for run in runs { (row(run)) } }
                    }
                }
                @for run in runs {
                    details {
                        summary { "Resolved configuration of " span.name { (run.name) } }
                        pre { code { (run.config_text) } }
                    }
                }
            }
        }
    }
}

fn row(run: &DivergedRun) -> Markup {
    let step = &run.step;
    let place = match (&step.layer, step.depth) {
        (Some(layer), Some(depth)) => format!("{layer}, depth {depth}"),
        _ => "not found".to_owned(),
    };
    let loss = run.epochs.last().map_or(f64::NAN, |epoch| epoch.train_loss);
    html! {
        tr {
            th.name scope="row" { (run.name) }
            td { (number::count(step.epoch)) }
            td { (number::count(step.step)) }
            td { (step.what) " is " (step.value) }
            td { (place) }
            td { (number::significant(loss, 3)) }
        }
    }
}
