//! Reliability diagrams: accuracy against confidence, with the number of examples under it.

use maud::{Markup, html};
use vds_calibration::ReliabilityBin;
use vds_records::{Predictive, RunRecord, Scores};

use crate::cells;
use crate::chart::{Axis, Figure, PlotArea, Scale, Style, is_plottable, px, rectangle};
use crate::number::{self, NumberFormat};

const SIZE: [f64; 2] = [260.0, 334.0];
const DIAGRAM: PlotArea = PlotArea {
    left: 44.0,
    top: 28.0,
    right: 248.0,
    bottom: 208.0,
};
const HISTOGRAM: PlotArea = PlotArea {
    left: 44.0,
    top: 244.0,
    right: 248.0,
    bottom: 292.0,
};

/// The diagram of the marginal predictive of a learnt-depth network.
pub(crate) fn marginal(id: &str, run: &RunRecord) -> Option<Markup> {
    let scores = run.summary.test().of(Predictive::Marginal);
    run.is_ldn().then(|| figure(id, "marginal", Style::Marginal, scores))
}

/// The diagram of a learnt-depth network pruned to its chosen depth.
pub(crate) fn pruned(id: &str, run: &RunRecord) -> Option<Markup> {
    let scores = run.summary.test().of(Predictive::Pruned);
    run.is_ldn().then(|| figure(id, "pruned", Style::Pruned, scores))
}

/// The diagram of the deepest depth, which is all of a deterministic-depth network.
pub(crate) fn deepest(id: &str, run: &RunRecord) -> Option<Markup> {
    let scores = run.summary.test().of(Predictive::Deepest);
    Some(if run.is_ldn() {
        figure(id, "deepest depth", Style::Deepest, scores)
    } else {
        figure(id, &run.method_label(), Style::Ddn, scores)
    })
}

fn figure(id: &str, name: &str, style: Style, scores: &Scores) -> Markup {
    let title = format!("Reliability, {name}");
    let description = format!(
        "Accuracy in bins of confidence against the diagonal of perfect calibration; expected calibration error {}{}; \
         mean confidence {}, accuracy {}.",
        number::significant(scores.value("ece"), 3),
        cells::ece_uncertainty(scores),
        number::percent(scores.value("mean_confidence")),
        accuracy(scores),
    );
    let caption = html! {
        "ECE " (number::significant(scores.value("ece"), 3)) (cells::ece_uncertainty(scores)) "; MCE " (number::significant(scores.value("mce"), 3))
        ", mean confidence " (number::percent(scores.value("mean_confidence")))
        ", accuracy " (accuracy(scores)) "."
        @if let Some(known) = scores.ece_uncertainty {
            " A calibrated network would show an ECE below " (number::significant(known.floor_95, 3)) " in 95 % of test sets like this."
        }
    };
    let figure = Figure {
        id,
        title: &title,
        description: &description,
        legend: Vec::new(),
        caption,
    };
    figure.render(
        SIZE,
        &html! {
            (diagram(style, &scores.reliability))
            (histogram(style, &scores.reliability))
        },
    )
}

/// With the standard error over the examples, which is that of the error rate.
fn accuracy(scores: &Scores) -> String {
    let value = 1.0 - scores.error();
    match scores.standard_error("error") {
        Some(error) if value.is_finite() => NumberFormat::Rate.with_sd(value, error),
        _ => number::percent(value),
    }
}

fn diagram(style: Style, bins: &[ReliabilityBin]) -> Markup {
    let axes = [
        Axis::covering("confidence", [0.0, 1.0], 5.0),
        Axis::covering("accuracy", [0.0, 1.0], 5.0),
    ];
    let scales = [DIAGRAM.x_scale(&axes[0]), DIAGRAM.y_scale(&axes[1])];
    let corners = [scales[0].range, scales[1].range];
    html! {
        (DIAGRAM.vertical_axis(&axes[1]))
        (DIAGRAM.horizontal_axis(&axes[0], false))
        @for bin in filled(bins) {
            path class={ "bin " (style.class()) } d=(bin_path(&scales, bin, [bin.accuracy, 0.0])) {
                title {
                    "(" (number::significant(bin.lower, 2)) ", " (number::significant(bin.upper, 2)) "]: accuracy "
                    (number::percent(bin.accuracy)) ", confidence " (number::percent(bin.confidence)) ", "
                    (number::plural(bin.count, "example"))
                }
            }
            path.gap d=(bin_path(&scales, bin, [bin.accuracy.max(bin.confidence), bin.accuracy.min(bin.confidence)])) {}
        }
        path.reference d={
            "M" (px(corners[0][0])) " " (px(corners[1][0])) "L" (px(corners[0][1])) " " (px(corners[1][1]))
        } {}
    }
}

fn histogram(style: Style, bins: &[ReliabilityBin]) -> Markup {
    // As floats: the counts come from a file, and their sum may be beyond any integer.
    let total: f64 = bins.iter().map(|bin| bin.count as f64).sum();
    let share = |bin: &ReliabilityBin| bin.count as f64 / total.max(1.0);
    let x = Axis::covering("confidence", [0.0, 1.0], 5.0);
    let y = Axis::covering(
        "share of examples",
        [0.0, bins.iter().map(share).fold(0.0, f64::max)],
        2.0,
    );
    let scales = [HISTOGRAM.x_scale(&x), HISTOGRAM.y_scale(&y)];
    html! {
        (HISTOGRAM.vertical_axis(&y))
        (HISTOGRAM.horizontal_axis(&x, true))
        @for bin in filled(bins) {
            path class={ "bin " (style.class()) } d=(bin_path(&scales, bin, [share(bin), 0.0])) {}
        }
    }
}

/// Bins with examples and with numbers that can be drawn.
fn filled(bins: &[ReliabilityBin]) -> impl Iterator<Item = &ReliabilityBin> {
    let numbers = |bin: &ReliabilityBin| [bin.lower, bin.upper, bin.accuracy, bin.confidence];
    bins.iter()
        .filter(move |bin| bin.count > 0 && numbers(bin).into_iter().all(is_plottable))
}

fn bin_path([x, y]: &[Scale; 2], bin: &ReliabilityBin, heights: [f64; 2]) -> String {
    let sides = [x.position(bin.lower) + 0.5, x.position(bin.upper) - 0.5];
    rectangle(sides, heights.map(|height| y.position(height)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reliability_gives_accuracy_with_its_standard_error() {
        let mut scores = Scores::default();
        assert_eq!(accuracy(&scores), "—");
        scores.insert("error", 0.125);
        assert_eq!(accuracy(&scores), "87.50 %");
        scores.insert_standard_error("error", 0.0033);
        assert_eq!(accuracy(&scores), "87.50 ± 0.33 %");
    }
}
