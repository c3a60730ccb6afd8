//! The score that is reached for the work spent on training: a grid search over deterministic depths against one learnt depth.

use maud::{Markup, html};
use vds_records::{Method, Predictive, RunRecord};

use crate::aggregate::Group;
use crate::chart::{Axis, Content, Figure, Panel, Panels, Series, Style, is_plottable};
use crate::depth_choice::{Grid, TrainingCost};
use crate::predictor::MeanSd;

/// Factors of work with their names, largest first.
const UNITS: [(f64, &str); 5] = [
    (1e18, "EFLOP"),
    (1e15, "PFLOP"),
    (1e12, "TFLOP"),
    (1e9, "GFLOP"),
    (1e6, "MFLOP"),
];

/// The figure of a group with several deterministic depths, of which validation can choose one.
pub(crate) fn figure(id: &str, group: &Group<'_>) -> Option<Markup> {
    let grid = Grid::of(group, usize::MAX)?;
    let search: Vec<(f64, f64)> = grid
        .search()
        .filter_map(|(cost, chosen)| Some((cost.flops, test_nll(&chosen?.runs, Predictive::Deepest))))
        .collect();
    let learnt: Vec<(f64, [f64; 2])> = group
        .depths_of(Method::Ldn)
        .into_iter()
        .map(|depth| {
            let runs = group.of(Method::Ldn, depth);
            let scores = [Predictive::Marginal, Predictive::Pruned].map(|predictive| test_nll(&runs, predictive));
            (TrainingCost::mean(&runs).flops, scores)
        })
        .collect();
    let spent = search
        .iter()
        .map(|point| point.0)
        .chain(learnt.iter().map(|point| point.0));
    let most = spent.filter(|&flops| is_plottable(flops)).fold(0.0, f64::max);
    if search.is_empty() || most <= 0.0 {
        return None;
    }
    let (factor, unit) = UNITS
        .into_iter()
        .find(|(factor, _)| most >= *factor)
        .unwrap_or((1.0, "FLOP"));
    let mut series = vec![line(Style::Ddn, factor, search)];
    for (flops, [whole, pruned]) in learnt.iter().copied() {
        series.push(line(Style::Marginal, factor, vec![(flops, whole)]));
        series.push(line(Style::Pruned, factor, vec![(flops, pruned)]));
    }
    let mut legend = vec![Style::Ddn.key("DDN grid, chosen by validation")];
    if !learnt.is_empty() {
        legend.push(Style::Marginal.key("LDN (marginal)"));
        legend.push(Style::Pruned.key("pruned LDN"));
    }
    let panel = Panel {
        title: "test NLL (nats per example)".to_owned(),
        content: Content::Lines { series, x_offset: 0.0 },
    };
    let chart = Panels {
        x: Axis::covering(&format!("training work ({unit})"), [0.0, most / factor], 6.0),
        panels: vec![panel],
        marks: Vec::new(),
    };
    Some(chart.render(&Figure {
        id,
        title: "Score reached for work spent",
        description: &format!(
            "Line of the test negative log-likelihood of the depth that validation would have chosen so far against the training \
             work of a grid search over depth on {}, and marks of learnt-depth networks.",
            group.title
        ),
        legend,
        caption: html! {
            "Grid: one more depth at each mark, shallowest first; its height is the test NLL of the depth with the lowest "
            "validation NLL so far. LDN: one mark at each D. Means over the seeds."
            @if let Some(caveat) = group.caveat() { " Runs " (caveat) "." }
        },
    }))
}

fn line(style: Style, factor: f64, points: Vec<(f64, f64)>) -> Series {
    let drawable = points.into_iter().filter(|(flops, _)| is_plottable(*flops));
    Series::plain(style, drawable.map(|(flops, nll)| (flops / factor, nll)))
}

fn test_nll(runs: &[&RunRecord], predictive: Predictive) -> f64 {
    let nlls = runs.iter().map(|run| run.summary.test().of(predictive).nll());
    MeanSd::over(&nlls.collect::<Vec<f64>>()).mean
}
