//! Lines of a panel: markers, error bars, single runs behind them, and the axis that fits them.

use maud::{Markup, html};

use crate::chart::axis::Axis;
use crate::chart::marks::{Style, marker, polyline, px};
use crate::chart::scale::{LIMIT, Scale, Spacing, is_plottable};

/// Markers closer than this, in user units, would hide their line.
const MARKER_SPACING: f64 = 14.0;

/// One line of a panel.
#[derive(Debug)]
pub(crate) struct Series {
    /// Color, dash and marker.
    pub(crate) style: Style,
    /// The line.
    pub(crate) points: Vec<Point>,
    /// Single runs behind the line; empty if the line is one run.
    pub(crate) runs: Vec<[f64; 2]>,
}

/// A point of a line.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Point {
    /// Horizontal coordinate.
    pub(crate) x: f64,
    /// Value; may be infinite.
    pub(crate) y: f64,
    /// Half length of its error bar.
    pub(crate) sd: Option<f64>,
}

impl Series {
    /// A line without error bars.
    pub(crate) fn plain(style: Style, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().map(|(x, y)| Point { x, y, sd: None }).collect();
        Self {
            style,
            points,
            runs: Vec::new(),
        }
    }

    /// The line over the given scales, moved sideways by `shift` user units.
    pub(crate) fn render(&self, [x, y]: &[Scale; 2], shift: f64) -> Markup {
        let place = |at: f64, value: f64| [x.position(at) + shift, y.position(value)];
        let drawn: Vec<&Point> = self.points.iter().filter(|point| is_drawable(y, point.y)).collect();
        let corners: Vec<[f64; 2]> = drawn.iter().map(|point| place(point.x, point.y)).collect();
        let sparse = corners.windows(2).all(|pair| pair[1][0] - pair[0][0] >= MARKER_SPACING);
        let marked = sparse && self.style != Style::Reference;
        html! {
            (polyline(self.style, &corners))
            @for (point, &[left, _]) in drawn.iter().zip(&corners) {
                @if let Some(sd) = point.sd {
                    (whisker(self.style, left, [point.y + sd, point.y - sd].map(|end| y.position(end))))
                }
            }
            @for run in self.runs.iter().filter(|run| is_drawable(y, run[1])) {
                (marker(self.style, place(run[0], run[1]), true))
            }
            @if marked {
                @for &corner in &corners { (marker(self.style, corner, false)) }
            }
            @for at in self.infinite() {
                text.note.middle x=(px(x.position(at) + shift)) y=(px(y.range[1] + 10.0)) { "∞" }
            }
        }
    }

    /// Horizontal coordinates of infinite values, each once.
    fn infinite(&self) -> Vec<f64> {
        let mut found: Vec<f64> = self.points.iter().filter(|p| p.y >= LIMIT).map(|p| p.x).collect();
        found.extend(self.runs.iter().filter(|run| run[1] >= LIMIT).map(|run| run[0]));
        found.sort_by(f64::total_cmp);
        found.dedup_by(|a, b| a.total_cmp(b).is_eq());
        found
    }
}

/// `points` with at most two of each of 200 equal stretches, the smallest and the largest value.
///
/// Thousands of epochs on 360 units of width would only make the page heavy; extremes keep the outline.
pub(crate) fn thinned(points: Vec<(f64, f64)>) -> Vec<(f64, f64)> {
    const STRETCHES: usize = 200;
    if points.len() <= 2 * STRETCHES {
        return points;
    }
    points
        .chunks(points.len().div_ceil(STRETCHES))
        .flat_map(extremes)
        .collect()
}

fn extremes(stretch: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let by_value = |a: &&(f64, f64), b: &&(f64, f64)| a.1.total_cmp(&b.1);
    let mut kept: Vec<(f64, f64)> = [stretch.iter().min_by(by_value), stretch.iter().max_by(by_value)]
        .into_iter()
        .flatten()
        .copied()
        .collect();
    kept.sort_by(|a, b| a.0.total_cmp(&b.0));
    kept.dedup();
    kept
}

/// An axis around all values and error bars of non-negative series; logarithmic if one value dwarfs the rest.
pub(crate) fn line_axis(title: &str, series: &[Series]) -> Axis {
    let points = || series.iter().flat_map(|s| &s.points);
    let runs = series.iter().flat_map(|s| &s.runs).map(|run| run[1]);
    let mut values: Vec<f64> = points().map(|p| p.y).chain(runs).filter(|&v| is_plottable(v)).collect();
    values.sort_by(f64::total_cmp);
    let (Some(&lowest), Some(&highest)) = (values.first(), values.last()) else {
        return Axis::covering(title, [0.0, 1.0], 4.0);
    };
    if lowest > 0.0 && highest > 20.0 * values[values.len() / 2] {
        return Axis::logarithmic(title, [lowest, highest]);
    }
    let ends = points()
        .filter(|p| is_plottable(p.y))
        .flat_map(|p| p.sd.map(|sd| [p.y - sd, p.y + sd]))
        .flatten();
    let [lo, hi] = ends.fold([lowest, highest], |[lo, hi], end| [lo.min(end), hi.max(end)]);
    let lo = if lowest >= 0.0 { lo.max(0.0) } else { lo };
    // A scale that nearly reaches zero had better show it.
    Axis::covering(title, [if lo > 0.0 && lo < 0.5 * hi { 0.0 } else { lo }, hi], 5.0)
}

fn is_drawable(y: &Scale, value: f64) -> bool {
    is_plottable(value) && (y.spacing == Spacing::Linear || value > 0.0)
}

fn whisker(style: Style, x: f64, [top, bottom]: [f64; 2]) -> Markup {
    let [left, right] = [x - 3.0, x + 3.0].map(px);
    let [x, top, bottom] = [x, top, bottom].map(px);
    let path = format!("M{left} {top}H{right}M{left} {bottom}H{right}M{x} {top}V{bottom}");
    html! { path class={ "whisker " (style.class()) } d=(path) {} }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn series_thinning_keeps_few_points_as_they_are() {
        let points: Vec<(f64, f64)> = (0_u32..400).map(|i| (f64::from(i), f64::from(i % 7))).collect();
        assert_eq!(thinned(points.clone()), points);
    }

    #[test]
    fn series_thinning_keeps_order_and_extremes() {
        let wave = |i: u32| {
            (
                f64::from(i),
                (f64::from(i) * 0.1).sin() + if i == 3_333 { 9.0 } else { 0.0 },
            )
        };
        let points: Vec<(f64, f64)> = (0..5_000).map(wave).collect();
        let kept = thinned(points);
        assert!(kept.len() <= 400);
        assert!(kept.contains(&wave(3_333)));
        assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }

    #[test]
    fn series_with_one_dwarfing_value_makes_the_axis_logarithmic() {
        let axis = |values: &[f64]| {
            let points = values.iter().enumerate().map(|(i, &v)| (i as f64, v));
            line_axis("NLL", &[Series::plain(Style::Marginal, points)])
        };
        assert_eq!(axis(&[40.0, 0.3, 0.2, 0.25]).spacing, Spacing::Logarithmic);
        assert_eq!(axis(&[2.3, 0.3, 0.2, 0.25]).spacing, Spacing::Linear);
        assert_eq!(axis(&[40.0, 0.0, 0.0, 0.0]).spacing, Spacing::Linear);
        let [lo, hi] = axis(&[f64::INFINITY, f64::NAN]).domain;
        assert!(lo.abs() < 1e-12 && (hi - 1.0).abs() < 1e-12);
    }

    #[test]
    fn series_error_bars_do_not_push_the_axis_below_zero() {
        let points = vec![
            Point {
                x: 1.0,
                y: 0.1,
                sd: Some(0.5),
            },
            Point {
                x: 2.0,
                y: 0.2,
                sd: None,
            },
        ];
        let axis = line_axis(
            "NLL",
            &[Series {
                style: Style::Ddn,
                points,
                runs: Vec::new(),
            }],
        );
        assert!(axis.domain[0] >= 0.0 && axis.domain[1] >= 0.6);
    }
}
