//! Lines and bars in panels above each other that share one horizontal axis.

use maud::{Markup, html};

use crate::chart::axis::Axis;
use crate::chart::figure::Figure;
use crate::chart::marks::{px, rectangle};
use crate::chart::plot_area::PlotArea;
use crate::chart::scale::{Scale, is_plottable};
use crate::chart::series::{Series, line_axis};
use crate::number;

/// Width of the drawing; small, so that text stays legible on a phone.
const WIDTH: f64 = 420.0;
const LEFT: f64 = 46.0;
const RIGHT: f64 = 12.0;
const ABOVE_PANEL: f64 = 34.0;
const BELOW_LAST: f64 = 42.0;

/// Stacked panels.
#[derive(Debug)]
pub(crate) struct Panels {
    /// The shared horizontal axis.
    pub(crate) x: Axis,
    /// From top to bottom.
    pub(crate) panels: Vec<Panel>,
    /// Places on the horizontal axis that are marked through all panels, with their names.
    pub(crate) marks: Vec<(f64, String)>,
}

/// One panel of a chart.
#[derive(Debug)]
pub(crate) struct Panel {
    /// Title of the vertical axis, with unit.
    pub(crate) title: String,
    /// What is drawn.
    pub(crate) content: Content,
}

/// What a panel shows.
#[derive(Debug)]
pub(crate) enum Content {
    /// Lines with markers; `x_offset`, in user units, is the distance that separates series with equal coordinates.
    Lines { series: Vec<Series>, x_offset: f64 },
    /// A bar at each whole number from 0 with an outline for comparison; `chosen` is emphasized.
    Bars {
        values: Vec<f64>,
        outline: Vec<f64>,
        chosen: Option<usize>,
    },
}

impl Panels {
    /// The panels inside `figure`.
    pub(crate) fn render(&self, figure: &Figure<'_>) -> Markup {
        let height = if self.panels.len() == 1 { 190.0 } else { 112.0 };
        let areas: Vec<PlotArea> = (0..self.panels.len())
            .map(|index| {
                let top = ABOVE_PANEL + index as f64 * (height + ABOVE_PANEL);
                PlotArea {
                    left: LEFT,
                    top,
                    right: WIDTH - RIGHT,
                    bottom: top + height,
                }
            })
            .collect();
        let bottom = areas.last().map_or(0.0, |area| area.bottom);
        let body = html! {
            @for (index, (panel, area)) in self.panels.iter().zip(&areas).enumerate() {
                (area.horizontal_axis(&self.x, index + 1 == areas.len()))
                (panel.render(area, &self.x))
            }
            @if let Some(first) = areas.first() {
                (self.marks(&PlotArea { bottom, ..*first }))
            }
        };
        figure.render([WIDTH, bottom + BELOW_LAST], &body)
    }

    fn marks(&self, area: &PlotArea) -> Markup {
        let scale = area.x_scale(&self.x);
        html! {
            @for (row, (value, name)) in self.marks.iter().enumerate() {
                @let x = scale.position(*value);
                @let near_end = x > 0.75 * WIDTH;
                path.reference d={ "M" (px(x)) " " (px(area.top)) "V" (px(area.bottom)) } {}
                text.note.end[near_end] x=(px(if near_end { x - 4.0 } else { x + 4.0 }))
                    y=(px(area.top + 11.0 + 13.0 * row as f64)) { (name) }
            }
        }
    }
}

impl Panel {
    fn render(&self, area: &PlotArea, x: &Axis) -> Markup {
        match &self.content {
            Content::Lines { series, x_offset } => {
                let y = line_axis(&self.title, series);
                let scales = [area.x_scale(x), area.y_scale(&y)];
                let middle = (series.len() as f64 - 1.0) / 2.0;
                html! {
                    (area.vertical_axis(&y))
                    @for (index, one) in series.iter().enumerate() {
                        (one.render(&scales, x_offset * (index as f64 - middle)))
                    }
                }
            }
            Content::Bars {
                values,
                outline,
                chosen,
            } => {
                let top = values
                    .iter()
                    .chain(outline)
                    .copied()
                    .filter(|&v| is_plottable(v))
                    .fold(0.0, f64::max);
                let y = Axis::covering(&self.title, [0.0, top], 4.0);
                let scales = [area.x_scale(x), area.y_scale(&y)];
                html! {
                    (area.vertical_axis(&y))
                    (bars(&scales, values, *chosen))
                    (step_outline(&scales, outline))
                }
            }
        }
    }
}

fn bars(scales: &[Scale; 2], values: &[f64], chosen: Option<usize>) -> Markup {
    html! {
        @for (index, &value) in values.iter().enumerate().filter(|(_, value)| is_plottable(**value)) {
            @let class = if Some(index) == chosen { "bar chosen" } else { "bar" };
            path class=(class) d=(bar(scales, index, value)) {
                title { (index) ": " (number::significant(value, 3)) }
            }
        }
    }
}

fn step_outline(scales: &[Scale; 2], values: &[f64]) -> Markup {
    let drawn = values.iter().enumerate().filter(|(_, value)| is_plottable(**value));
    let path: Vec<String> = drawn.map(|(index, &value)| bar(scales, index, value)).collect();
    html! { @if !path.is_empty() { path.prior d=(path.concat()) {} } }
}

fn bar([x, y]: &[Scale; 2], index: usize, value: f64) -> String {
    let sides = [index as f64 - 0.4, index as f64 + 0.4].map(|side| x.position(side));
    let middle = (sides[0] + sides[1]) / 2.0;
    // A network of few depths would otherwise get bars as wide as the page.
    let half = ((sides[1] - sides[0]) / 2.0).min(24.0);
    rectangle([middle - half, middle + half], [y.position(value), y.position(0.0)])
}
