//! The posterior over depth, and the scores of each depth alone.

use maud::{Markup, html};
use vds_records::{RunRecord, Scores};

use crate::chart::{Axis, Content, Figure, Panel, Panels, Series, Style};
use crate::number;

/// The figure of a learnt-depth network.
pub(crate) fn figure(id: &str, run: &RunRecord) -> Option<Markup> {
    if !run.is_ldn() {
        return None;
    }
    let summary = &run.summary;
    let chosen = Some(summary.pruned_depth);
    let (test, train) = (&summary.test().per_depth, &summary.train_per_depth);
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
            content: Content::Lines { series, x_offset: 0.0 },
        }
    };
    let bars = Content::Bars {
        values: summary.posterior.clone(),
        outline: summary.prior.clone(),
        chosen,
    };
    let stacking = summary
        .evaluation()
        .fitted
        .as_ref()
        .map(|fitted| &fitted.held_out.stacking);
    let stacking = stacking.map(|stacking| Panel {
        title: "stacking weight".to_owned(),
        content: Content::Bars {
            values: stacking.weights.probs().to_vec(),
            outline: summary.posterior.clone(),
            chosen: None,
        },
    });
    let posterior = Panel {
        title: "probability of depth".to_owned(),
        content: bars,
    };
    let scores = [
        lines("NLL of depth alone (nats per example)", Scores::nll),
        lines("error of depth alone (%)", |scores| 100.0 * scores.error()),
    ];
    let has_stacking = stacking.is_some();
    let chart = Panels {
        x: Axis::whole(
            "depth d (residual blocks)",
            [-0.6, summary.max_depth as f64 + 0.6],
            10.0,
        ),
        panels: [posterior].into_iter().chain(stacking).chain(scores).collect(),
        marks: Vec::new(),
    };
    Some(chart.render(&Figure {
        id,
        title: "Posterior over depth and scores of each depth",
        description: &format!(
            "Bars of the posterior over depths 0 to {}, expected depth {}, pruned depth {}; below, stacking weights where they were fitted, and negative \
             log-likelihood and error of each depth alone on the test and training sets.",
            summary.max_depth,
            number::depth(summary.expected_depth),
            summary.pruned_depth
        ),
        legend: vec![Style::Marginal.key("test"), Style::Deepest.key("train")],
        caption: html! {
            "Bars: posterior, full color at d" sub { "opt" } " = " (summary.pruned_depth) "; thin outline: prior. "
            @if has_stacking {
                "Second panel: stacking weights, fitted to the validation split for prediction; thin outline: posterior. "
            }
            "Lines: each depth used alone."
        },
    }))
}
