//! What the log of the epochs shows of the training.

use maud::{Markup, html};
use vds_records::{EpochMetrics, RunRecord, SelectionSplit};

use crate::chart::{Axis, Content, Figure, Panel, Panels, Series, Style, thinned};

/// The figure of a run that has a log of its epochs.
pub(crate) fn figure(id: &str, run: &RunRecord) -> Option<Markup> {
    let epochs = &run.epochs;
    let [first, last] = [epochs.first()?, epochs.last()?].map(|epoch| epoch.epoch as f64);
    let curve = |style, value: fn(&EpochMetrics) -> Option<f64>| {
        let points = epochs
            .iter()
            .filter_map(|epoch| Some((epoch.epoch as f64, value(epoch)?)));
        Series::plain(style, thinned(points.collect()))
    };
    let lines = |title: &str, series| Panel {
        title: title.to_owned(),
        content: Content::Lines { series, x_offset: 0.0 },
    };
    let losses = vec![
        curve(Style::Marginal, |e| Some(e.train_loss)),
        curve(Style::Pruned, |epoch| epoch.validation_nll),
    ];
    let panels = vec![lines("loss (nats per example)", losses)];
    let mut legend = vec![Style::Marginal.key("training loss")];
    if epochs.iter().any(|epoch| epoch.validation_nll.is_some()) {
        legend.push(Style::Pruned.key(selection_name(run)));
    }
    let best = run.summary.best_epoch;
    let chart = Panels {
        x: Axis::whole("epoch", [first - 0.5, last + 0.5], 8.0),
        panels,
        marks: vec![(best as f64, format!("epoch {best} kept"))],
    };
    Some(chart.render(&Figure {
        id,
        title: "Training",
        description: "Training loss and negative log-likelihood on the selection split by epoch.",
        legend,
        caption: html! { "Loss: negative ELBO divided by the number of training examples (cross-entropy for a DDN)." },
    }))
}

/// Name of the score that the epochs were compared by.
fn selection_name(run: &RunRecord) -> &'static str {
    match run.summary.selection_split {
        SelectionSplit::Test => "NLL on the test set (selection)",
        SelectionSplit::Validation | SelectionSplit::None => "validation NLL",
    }
}
