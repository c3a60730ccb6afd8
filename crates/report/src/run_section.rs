//! The section of one run: posterior and scores over depth, reliability, training, the plane.

use maud::{Markup, html};

use crate::{
    aggregate::{Entry, Group},
    axis::Axis,
    chart::{Chart, Content, Panel},
    heatmap, number,
    reliability::reliability_diagram,
    series::{Series, thinned},
    svg::{Figure, Style},
    table,
};
use vds_records::{EpochMetrics, RunRecord, Scores, SelectionSplit};

/// The runs of a group; of each depth the first LDN run stands open.
pub(crate) fn list(group: &Group<'_>) -> Markup {
    let is_first = |index: usize| {
        let entry = &group.runs[index];
        let depth = entry.run.summary.max_depth;
        let earlier = &group.runs[..index];
        entry.run.is_ldn()
            && !earlier
                .iter()
                .any(|e| e.run.is_ldn() && e.run.summary.max_depth == depth)
    };
    html! {
        h3 { "Single runs" }
        @for (index, entry) in group.runs.iter().enumerate() {
            (render(entry, is_first(index)))
        }
    }
}

fn render(entry: &Entry<'_>, open: bool) -> Markup {
    let Entry { id, run } = entry;
    let summary = &run.summary;
    html! {
        details.run id=(id) open[open] {
            summary {
                h4 { (run.method_label()) ", D = " (summary.max_depth) ", seed " (summary.seed) }
                span.name { (run.name) }
            }
            p.facts { (facts(run)) }
            div.figures {
                @if run.is_ldn() { (depth_chart(id, run)) }
                @if !run.epochs.is_empty() { (training_chart(id, run)) }
                @if let Some(grid) = run.grid.as_ref().filter(|grid| heatmap::is_drawable(grid)) {
                    (heatmap::probability_map(&format!("{id}-probability"), grid))
                    @if run.is_ldn() { (heatmap::information_map(&format!("{id}-information"), grid)) }
                }
            }
            p.facts {
                "Reliability: bars are the accuracy in each bin of confidence, outlined boxes its gap to the mean confidence, "
                "the dashed diagonal is perfect calibration."
            }
            div.figures.small { (reliability(id, run)) }
            (table::per_depth(run))
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

fn depth_chart(id: &str, run: &RunRecord) -> Markup {
    let summary = &run.summary;
    let chosen = Some(summary.pruned_depth);
    let (test, train) = (&summary.test.per_depth, &summary.train_per_depth);
    let lines = |title: &str, value: fn(&Scores) -> f64| {
        let over_depth = |style, scores: &[Scores]| {
            Series::plain(
                style,
                scores
                    .iter()
                    .enumerate()
                    .map(|(depth, score)| (depth as f64, value(score))),
            )
        };
        let series = vec![over_depth(Style::Deepest, train), over_depth(Style::Marginal, test)];
        Panel {
            title: title.to_owned(),
            content: Content::Lines { series, dodge: 0.0 },
        }
    };
    let bars = Content::Bars {
        values: summary.posterior.clone(),
        outline: summary.prior.clone(),
        chosen,
    };
    let chart = Chart {
        x: Axis::whole(
            "depth d (residual blocks)",
            [-0.6, summary.max_depth as f64 + 0.6],
            10.0,
        ),
        panels: vec![
            Panel {
                title: "probability of depth".to_owned(),
                content: bars,
            },
            lines("NLL of depth alone (nats per example)", Scores::nll),
            lines("error of depth alone (%)", |scores| 100.0 * scores.error()),
        ],
        marks: Vec::new(),
    };
    chart.render(Figure {
        id: &format!("{id}-depth"),
        title: "Posterior over depth and scores of each depth",
        description: &format!(
            "Bars of the posterior over depths 0 to {}, expected depth {}, pruned depth {}; below, negative \
             log-likelihood and error of each depth alone on the test and training sets.",
            summary.max_depth,
            number::depth(summary.expected_depth),
            summary.pruned_depth
        ),
        size: [0.0; 2],
        legend: vec![
            (Style::Marginal, "test".to_owned()),
            (Style::Deepest, "train".to_owned()),
        ],
        caption: html! {
            "Bars: posterior, full colour at d" sub { "opt" } " = " (summary.pruned_depth) "; thin outline: prior. "
            "Lines: each depth used alone."
        },
    })
}

fn training_chart(id: &str, run: &RunRecord) -> Markup {
    let epochs = &run.epochs;
    let curve = |style, value: fn(&EpochMetrics) -> Option<f64>| {
        let points = epochs
            .iter()
            .filter_map(|epoch| Some((epoch.epoch as f64, value(epoch)?)));
        Series::plain(style, thinned(points.collect()))
    };
    let lines = |title: &str, series| Panel {
        title: title.to_owned(),
        content: Content::Lines { series, dodge: 0.0 },
    };
    let losses = vec![
        curve(Style::Marginal, |e| Some(e.train_loss)),
        curve(Style::Pruned, |epoch| epoch.validation_nll),
    ];
    let mut panels = vec![lines("loss (nats per example)", losses)];
    let mut legend = vec![(Style::Marginal, "training loss".to_owned())];
    if epochs.iter().any(|epoch| epoch.validation_nll.is_some()) {
        legend.push((Style::Pruned, selection_name(run).to_owned()));
    }
    if run.is_ldn() {
        panels.push(lines(
            "expected depth (blocks)",
            vec![curve(Style::Ddn, |e| Some(e.expected_depth))],
        ));
        legend.push((Style::Ddn, "expected depth".to_owned()));
    }
    let [first, last] = [epochs.first(), epochs.last()].map(|epoch| epoch.map_or(1.0, |epoch| epoch.epoch as f64));
    let best = run.summary.best_epoch;
    let chart = Chart {
        x: Axis::whole("epoch", [first - 0.5, last + 0.5], 8.0),
        panels,
        marks: vec![(best as f64, format!("epoch {best} kept"))],
    };
    chart.render(Figure {
        id: &format!("{id}-training"),
        title: "Training",
        description: "Training loss, negative log-likelihood on the selection split and expected depth by epoch.",
        size: [0.0; 2],
        legend,
        caption: html! { "Loss: negative ELBO divided by the number of training examples (cross-entropy for a DDN)." },
    })
}

/// What the split is called on which the kept epoch was selected.
fn selection_name(run: &RunRecord) -> &'static str {
    match run.summary.selection_split {
        SelectionSplit::Test => "NLL on the test set (selection)",
        SelectionSplit::Validation | SelectionSplit::None => "validation NLL",
    }
}

fn reliability(id: &str, run: &RunRecord) -> Markup {
    let test = &run.summary.test;
    let diagram =
        |key: &str, name: &str, style, scores| reliability_diagram(&format!("{id}-{key}"), name, style, scores);
    html! {
        @if run.is_ldn() {
            (diagram("reliability-marginal", "marginal", Style::Marginal, &test.marginal))
            (diagram("reliability-pruned", "pruned", Style::Pruned, &test.pruned))
            (diagram("reliability-deepest", "deepest depth", Style::Deepest, &test.deepest))
        } @else {
            (diagram("reliability-deepest", &run.method_label(), Style::Ddn, &test.deepest))
        }
    }
}
