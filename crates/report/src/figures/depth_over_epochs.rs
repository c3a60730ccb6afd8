//! The learnt depth while training goes on: what the posterior says, what it would say at its optimum, and what held-out data say.

use maud::{Markup, html};
use vds_records::{EpochMetrics, RunRecord, SelectionSplit};

use crate::chart::{Axis, Content, Figure, Panel, Panels, Series, Style, thinned};
use crate::settling;

/// The figure of a learnt-depth network that has a log of its epochs.
pub(crate) fn figure(id: &str, run: &RunRecord) -> Option<Markup> {
    let epochs = run.epochs.as_slice();
    let [first, last] = [epochs.first()?, epochs.last()?].map(|epoch| epoch.epoch as f64);
    if !run.is_ldn() {
        return None;
    }
    let lines = [
        (Style::Marginal, "E[d]", points(epochs, |e| Some(e.expected_depth))),
        (Style::Pruned, "d_opt", points(epochs, |e| Some(e.pruned_depth as f64))),
        (
            Style::Deepest,
            "d_opt of the exact posterior",
            points(epochs, |e| e.exact_pruned_depth.map(|depth| depth as f64)),
        ),
        (
            Style::Ddn,
            selection_name(run),
            points(epochs, |e| best_depth(e.validation_depth_nll.as_deref()?)),
        ),
    ];
    let gap = points(epochs, |e| e.elbo_gap_nats);
    let drawn = lines.into_iter().filter(|(.., points)| !points.is_empty());
    let (mut legend, mut series) = (Vec::new(), Vec::new());
    for (style, name, points) in drawn {
        legend.push(style.key(name));
        series.push(Series::plain(style, thinned(points)));
    }
    let mut panels = vec![lines_panel("depth (residual blocks)", series)];
    if !gap.is_empty() {
        let series = vec![Series::plain(Style::Marginal, thinned(gap))];
        panels.push(lines_panel("ELBO gap (nats)", series));
    }
    let best = run.summary.best_epoch;
    let chart = Panels {
        x: Axis::whole("epoch", [first - 0.5, last + 0.5], 8.0),
        panels,
        marks: vec![(best as f64, format!("epoch {best} kept"))],
    };
    Some(chart.render(&Figure {
        id,
        title: "Depth while training",
        description: "Expected depth, depth of the paper's pruning rule for the learnt and for the exact posterior, and depth of \
                      the lowest negative log-likelihood on the selection split by epoch; below, the distance of the evidence \
                      lower bound from the log evidence.",
        legend,
        caption: caption(run),
    }))
}

fn caption(run: &RunRecord) -> Markup {
    let seen = settling::unsettled(run);
    html! {
        "d_opt is that of the paper's rule, near-mode:0.95. The exact posterior maximizes the ELBO for the losses of the epoch's "
        "minibatches; the ELBO gap is its divergence from the learnt one. "
        @if !settling::is_learnt(run) {
            "The posterior is held fixed or has a single depth."
        } @else if seen.is_empty() {
            (settling::rule())
        } @else {
            strong.warning { "The posterior has not settled: " (seen.join("; ")) "." }
            " Then d_opt may measure how long training lasted. " (settling::rule())
        }
    }
}

/// Name of the depth that held-out data prefer.
fn selection_name(run: &RunRecord) -> &'static str {
    match run.summary.selection_split {
        SelectionSplit::Test => "depth of lowest test NLL (selection)",
        SelectionSplit::Validation | SelectionSplit::None => "depth of lowest validation NLL",
    }
}

fn lines_panel(title: &str, series: Vec<Series>) -> Panel {
    Panel {
        title: title.to_owned(),
        content: Content::Lines { series, x_offset: 0.0 },
    }
}

/// The epochs in which a quantity was recorded.
fn points(epochs: &[EpochMetrics], value: impl Fn(&EpochMetrics) -> Option<f64>) -> Vec<(f64, f64)> {
    let recorded = epochs
        .iter()
        .filter_map(|epoch| Some((epoch.epoch as f64, value(epoch)?)));
    recorded.collect()
}

/// The depth of the lowest value, the shallowest on ties.
fn best_depth(nll: &[f32]) -> Option<f64> {
    let numbers = nll.iter().enumerate().filter(|(_, nll)| !nll.is_nan());
    let (depth, _) = numbers.min_by(|a, b| a.1.total_cmp(b.1))?;
    Some(depth as f64)
}

#[cfg(test)]
mod tests {
    use vds_records::Method;

    use super::*;
    use crate::test_records;

    #[test]
    fn depth_of_lowest_nll_is_the_shallowest_of_equal_ones() {
        assert_eq!(best_depth(&[0.5, 0.25, f32::NAN, 0.25]), Some(1.0));
        assert_eq!(best_depth(&[f32::NAN]), None);
        assert_eq!(best_depth(&[f32::INFINITY, f32::INFINITY]), Some(0.0));
    }

    #[test]
    fn depth_over_epochs_warns_of_a_posterior_that_moves() {
        let mut run = test_records::run("mnist", Method::Ldn, 8, 0);
        let shown = |run: &RunRecord| figure("f", run).unwrap().into_string();
        for epoch in &mut run.epochs {
            epoch.expected_depth = 4.0;
        }
        assert!(!shown(&run).contains("has not settled"));
        run.epochs[29].elbo_gap_nats = Some(12.0);
        assert!(shown(&run).contains("has not settled: the ELBO gap is 12.0 nats in epoch 30."));
    }

    #[test]
    fn depth_over_epochs_leaves_out_what_was_not_recorded() {
        let mut run = test_records::run("mnist", Method::Ldn, 8, 0);
        for epoch in &mut run.epochs {
            (
                epoch.elbo_gap_nats,
                epoch.exact_pruned_depth,
                epoch.validation_depth_nll,
            ) = (None, None, None);
        }
        let shown = figure("f", &run).unwrap().into_string();
        assert!(!shown.contains(">ELBO gap (nats)<") && !shown.contains("validation NLL"));
        assert!(figure("f", &test_records::run("mnist", Method::Ddn, 8, 0)).is_none());
    }
}
