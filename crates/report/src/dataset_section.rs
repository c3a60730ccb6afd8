//! The section of one group of runs: scores and chosen depth against the maximum depth, then its runs.

use maud::{Markup, html};

use crate::{
    aggregate::{Group, Predictor, Spread},
    axis::Axis,
    chart::{Chart, Content, Panel},
    number, run_section,
    series::{Point, Series},
    svg::{Figure, Style},
};
use vds_records::RunRecord;

/// Distance between series that share their depths, so that none hides another.
const DODGE: f64 = 5.0;
const DEPTH_AXIS: &str = "maximum depth D (residual blocks)";

/// The section `index` of the page.
pub(crate) fn render(group: &Group<'_>, index: usize) -> Markup {
    let has_ldn = group.runs.iter().any(|entry| entry.run.is_ldn());
    html! {
        section id={ "group-" (index) } {
            h2 { (group.title) }
            p.facts { (facts(group)) }
            @if group.has_repeated_seeds() {
                p.notice {
                    "Some runs share method, depth and seed, so they differ in a setting that this page does not compare; "
                    "their mean is still taken. See their configurations below."
                }
            }
            @if group.runs.len() > 1 {
                div.figures.three {
                    (score_chart(group, index, &NLL))
                    (score_chart(group, index, &ERROR))
                    @if has_ldn { (depth_chart(group, index)) }
                }
            }
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

/// A score drawn against the maximum depth.
struct ScoreChart {
    key: &'static str,
    title: &'static str,
    axis: &'static str,
    value: fn(Predictor, &RunRecord) -> f64,
}

const NLL: ScoreChart = ScoreChart {
    key: "nll",
    title: "Test NLL against maximum depth",
    axis: "test NLL (nats per example)",
    value: |predictor, run| predictor.scores(run).nll(),
};

const ERROR: ScoreChart = ScoreChart {
    key: "error",
    title: "Test error against maximum depth",
    axis: "test error (%)",
    value: |predictor, run| 100.0 * predictor.scores(run).error(),
};

fn score_chart(group: &Group<'_>, index: usize, chart: &ScoreChart) -> Markup {
    let shown: Vec<Predictor> = Predictor::ALL.into_iter().filter(|&p| is_present(group, p)).collect();
    let series = shown
        .iter()
        .map(|&p| pooled(group, p, p.style(), |run| (chart.value)(p, run)))
        .collect();
    let names: Vec<&str> = shown.iter().map(|p| p.name()).collect();
    let figure = Figure {
        id: &format!("group-{index}-{}", chart.key),
        title: chart.title,
        description: &format!(
            "Lines of the mean over seeds for {} on {}.",
            names.join(", "),
            group.title
        ),
        size: [0.0; 2],
        legend: shown.iter().map(|p| (p.style(), p.name().to_owned())).collect(),
        caption: spread_caption(group),
    };
    depth_axis_chart(group, chart.axis, series).render(figure)
}

fn depth_chart(group: &Group<'_>, index: usize) -> Markup {
    let diagonal = group.depths().into_iter().map(|depth| (depth as f64, depth as f64));
    let series = vec![
        pooled(group, Predictor::Ldn, Style::Marginal, |run| Predictor::Ldn.depth(run)),
        Series::plain(Style::Reference, diagonal),
        pooled(group, Predictor::PrunedLdn, Style::Pruned, |run| {
            Predictor::PrunedLdn.depth(run)
        }),
    ];
    let figure = Figure {
        id: &format!("group-{index}-depth"),
        title: "Learnt depth against maximum depth",
        description: &format!(
            "Expected and pruned depth of the learnt-depth networks on {}.",
            group.title
        ),
        size: [0.0; 2],
        legend: vec![
            (Style::Marginal, "expected depth E[d]".to_owned()),
            (Style::Pruned, "pruned depth d_opt".to_owned()),
            (Style::Reference, "all D blocks".to_owned()),
        ],
        caption: spread_caption(group),
    };
    depth_axis_chart(group, "depth (residual blocks)", series).render(figure)
}

fn depth_axis_chart(group: &Group<'_>, title: &str, series: Vec<Series>) -> Chart {
    let panel = Panel {
        title: title.to_owned(),
        content: Content::Lines { series, dodge: DODGE },
    };
    Chart {
        x: Axis::at_depths(DEPTH_AXIS, &group.depths()),
        panels: vec![panel],
        marks: Vec::new(),
    }
}

/// The mean of `value` over seeds against the maximum depth, single runs where there are several.
fn pooled(group: &Group<'_>, predictor: Predictor, style: Style, value: impl Fn(&RunRecord) -> f64) -> Series {
    let mut series = Series {
        style,
        points: Vec::new(),
        runs: Vec::new(),
    };
    for depth in group.depths() {
        let values: Vec<f64> = group.of(predictor, depth).into_iter().map(&value).collect();
        if values.is_empty() {
            continue;
        }
        let Spread { mean, sd, n } = Spread::over(&values);
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
        .any(|depth| !group.of(predictor, depth).is_empty())
}

fn spread_caption(group: &Group<'_>) -> Markup {
    let several = group
        .depths()
        .into_iter()
        .any(|depth| Predictor::ALL.iter().any(|&p| group.of(p, depth).len() > 1));
    html! {
        @if several {
            "Filled marks: mean over seeds; bars: ± one standard deviation; small open marks: single runs."
        } @else {
            "One seed at each depth."
        }
        " Marks are set slightly apart at the same depth."
    }
}
