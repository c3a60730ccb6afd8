//! Scores and learnt depths against the maximum depth, seeds pooled.

use maud::{Markup, html};
use vds_records::RunRecord;

use crate::aggregate::Group;
use crate::chart::{Axis, Content, Figure, Panel, Panels, Point, Series, Style};
use crate::predictor::{MeanSd, Predictor};

/// Distance between series that share their depths, so that none hides another.
const X_OFFSET: f64 = 5.0;
const DEPTH_AXIS: &str = "maximum depth D (residual blocks)";

/// The test NLL of each predictor.
pub(crate) fn nll(id: &str, group: &Group<'_>) -> Option<Markup> {
    let titles = ["Test NLL against maximum depth", "test NLL (nats per example)"];
    Some(score_chart(id, group, titles, |predictor, run| {
        predictor.scores(run).nll()
    }))
}

/// The test error of each predictor.
pub(crate) fn error(id: &str, group: &Group<'_>) -> Option<Markup> {
    let titles = ["Test error against maximum depth", "test error (%)"];
    Some(score_chart(id, group, titles, |predictor, run| {
        100.0 * predictor.scores(run).error()
    }))
}

/// The expected and the pruned depth of learnt-depth networks.
pub(crate) fn learnt_depth(id: &str, group: &Group<'_>) -> Option<Markup> {
    if !group.runs.iter().any(|entry| entry.run.is_ldn()) {
        return None;
    }
    let diagonal = group.depths().into_iter().map(|depth| (depth as f64, depth as f64));
    let series = vec![
        pooled(group, Predictor::Ldn, Style::Marginal, |run| Predictor::Ldn.depth(run)),
        Series::plain(Style::Reference, diagonal),
        pooled(group, Predictor::PrunedLdn, Style::Pruned, |run| {
            Predictor::PrunedLdn.depth(run)
        }),
    ];
    let figure = Figure {
        id,
        title: "Learnt depth against maximum depth",
        description: &format!(
            "Expected and pruned depth of the learnt-depth networks on {}.",
            group.title
        ),
        legend: vec![
            Style::Marginal.key("expected depth E[d]"),
            Style::Pruned.key("pruned depth d_opt"),
            Style::Reference.key("all D blocks"),
        ],
        caption: seeds_caption(group),
    };
    Some(depth_axis_chart(group, "depth (residual blocks)", series).render(&figure))
}

fn score_chart(
    id: &str,
    group: &Group<'_>,
    [title, axis]: [&str; 2],
    score: fn(Predictor, &RunRecord) -> f64,
) -> Markup {
    let shown: Vec<Predictor> = Predictor::ALL.into_iter().filter(|&p| is_present(group, p)).collect();
    let series = shown
        .iter()
        .map(|&p| pooled(group, p, p.style(), |run| score(p, run)))
        .collect();
    let names: Vec<&str> = shown.iter().map(|p| p.name()).collect();
    let figure = Figure {
        id,
        title,
        description: &format!(
            "Lines of the mean over seeds for {} on {}.",
            names.join(", "),
            group.title
        ),
        legend: shown.iter().map(|p| p.style().key(p.name())).collect(),
        caption: seeds_caption(group),
    };
    depth_axis_chart(group, axis, series).render(&figure)
}

fn depth_axis_chart(group: &Group<'_>, title: &str, series: Vec<Series>) -> Panels {
    let panel = Panel {
        title: title.to_owned(),
        content: Content::Lines {
            series,
            x_offset: X_OFFSET,
        },
    };
    Panels {
        x: Axis::at_depths(DEPTH_AXIS, &group.depths()),
        panels: vec![panel],
        marks: Vec::new(),
    }
}

/// The mean of `value` over seeds against the maximum depth, and single runs where there are several.
fn pooled(group: &Group<'_>, predictor: Predictor, style: Style, value: impl Fn(&RunRecord) -> f64) -> Series {
    let mut series = Series {
        style,
        points: Vec::new(),
        runs: Vec::new(),
    };
    for depth in group.depths() {
        let values: Vec<f64> = predictor.runs(group, depth).into_iter().map(&value).collect();
        if values.is_empty() {
            continue;
        }
        let MeanSd { mean, sd, n } = MeanSd::over(&values);
        let x = depth as f64;
        series.points.push(Point { x, y: mean, sd });
        if n > 1 {
            series.runs.extend(values.into_iter().map(|y| [x, y]));
        }
    }
    series
}

fn is_present(group: &Group<'_>, predictor: Predictor) -> bool {
    group
        .depths()
        .into_iter()
        .any(|depth| !predictor.runs(group, depth).is_empty())
}

fn seeds_caption(group: &Group<'_>) -> Markup {
    let several = group
        .depths()
        .into_iter()
        .any(|depth| Predictor::ALL.iter().any(|&p| p.runs(group, depth).len() > 1));
    html! {
        @if several {
            "Filled marks: mean over seeds; bars: ± one standard deviation; small open marks: single runs."
        } @else {
            "One seed at each depth."
        }
        " Marks are set slightly apart at the same depth."
        @if let Some(caveat) = group.caveat() { " Runs " (caveat) "." }
    }
}
