//! Maps of a value over the plane of two-dimensional inputs.
//!
//! The values are quantized to [`LEVELS`] colors per ramp, and each color is one path of horizontal runs of cells: an element per
//! cell would make the page a hundred times larger.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use maud::{Markup, html};
use vds_records::PredictiveGrid;

use crate::chart::axis::Axis;
use crate::chart::figure::Figure;
use crate::chart::marks::{Key, px, rectangle};
use crate::chart::palette::{Ramp, marker_color, marker_outline};
use crate::chart::plot_area::PlotArea;
use crate::chart::scale::is_plottable;
use crate::number;

const LEVELS: u32 = 24;
const SIZE: [f64; 2] = [420.0, 368.0];
const AREA: PlotArea = PlotArea {
    left: 46.0,
    top: 28.0,
    right: 342.0,
    bottom: 324.0,
};
/// Left and right edge of the color bar, of one ramp and of several.
const BAR: [f64; 2] = [360.0, 374.0];
const WIDE_BAR: [f64; 2] = [356.0, 384.0];
/// Tick labels of the color bar that are closer than this, in user units, would overlap.
const LABEL_HEIGHT: f64 = 13.0;
const STRING_WRITE: &str = "writing to a string does not fail";

/// Whether the grid can be drawn: it has cells, and its ranges rise.
pub(crate) fn is_drawable(grid: &PredictiveGrid) -> bool {
    let rises = |[lo, hi]: [f64; 2]| is_plottable(lo) && is_plottable(hi) && lo < hi;
    grid.n_side > 0 && rises(grid.x_range) && rises(grid.y_range)
}

/// A color per cell of a grid over the plane.
#[derive(Debug)]
pub(crate) struct HeatMap<'a> {
    /// The grid: its sides and ranges.
    pub(crate) grid: &'a PredictiveGrid,
    /// The ramp and the value of each cell, row by row from the bottom.
    pub(crate) cells: Vec<(Ramp, f32)>,
    /// Training points over the cells: first coordinate, second coordinate, class.
    pub(crate) points: &'a [(f32, f32, u32)],
    /// What the colors mean.
    pub(crate) bar: ColorBar<'a>,
}

/// The scale of a heat map's colors, drawn beside it.
#[derive(Debug)]
pub(crate) struct ColorBar<'a> {
    /// The value, with its unit.
    pub(crate) title: &'a str,
    /// Values at the ends of the ramps; `lo < hi`.
    pub(crate) domain: [f64; 2],
    /// The ramps, side by side.
    pub(crate) ramps: Vec<Ramp>,
}

impl HeatMap<'_> {
    /// The map inside `figure`.
    pub(crate) fn render(&self, figure: &Figure<'_>) -> Markup {
        let axes = axes(self.grid);
        let body = html! {
            (AREA.vertical_axis(&axes[1]))
            (AREA.horizontal_axis(&axes[0], true))
            g transform=(self.grid_transform()) {
                @for ((ramp, level), path) in self.paths() {
                    path.cells fill=(color(ramp, level)) d=(path) {}
                }
            }
            @for (class, path) in marker_paths(self.points, &axes) {
                path.dots fill=(marker_color(class)) d=(path) {}
            }
            (self.bar.render())
        };
        figure.render(SIZE, &body)
    }

    /// From cells, rows counted upwards from the bottom, to the drawing.
    fn grid_transform(&self) -> String {
        let cell = (AREA.right - AREA.left) / self.grid.n_side.max(1) as f64;
        format!(
            "translate({} {}) scale({cell:.5} -{cell:.5})",
            px(AREA.left),
            px(AREA.bottom)
        )
    }

    /// For each color, the runs of its cells in units of cells; row 0 of the grid is the bottom of the map.
    fn paths(&self) -> BTreeMap<(Ramp, u32), String> {
        let n = self.grid.n_side.max(1);
        let [lo, hi] = self.bar.domain;
        let color = |&(ramp, value): &(Ramp, f32)| Some((ramp, level((f64::from(value) - lo) / (hi - lo))?));
        let mut paths: BTreeMap<(Ramp, u32), String> = BTreeMap::new();
        for (row, cells) in self.cells.chunks(n).take(n).enumerate() {
            let colors: Vec<Option<(Ramp, u32)>> = cells.iter().map(color).collect();
            let mut start = 0;
            for run in colors.chunk_by(|a, b| a == b) {
                let width = run.len();
                if let Some(color) = run[0] {
                    let path = paths.entry(color).or_default();
                    write!(path, "M{start} {row}h{width}v1h-{width}z").expect(STRING_WRITE);
                }
                start += width;
            }
        }
        paths
    }
}

impl ColorBar<'_> {
    fn render(&self) -> Markup {
        let [left, right] = if self.ramps.len() > 1 { WIDE_BAR } else { BAR };
        let strip = (right - left) / self.ramps.len() as f64;
        let height = AREA.bottom - AREA.top;
        let edge = |level: u32| AREA.bottom - height * f64::from(level) / f64::from(LEVELS);
        html! {
            @for (index, &ramp) in self.ramps.iter().enumerate() {
                @let sides = [index, index + 1].map(|side| left + strip * side as f64);
                @for level in 0..LEVELS {
                    path.cells fill=(color(ramp, level)) d=(rectangle(sides, [edge(level + 1), edge(level)])) {}
                }
            }
            text.axis-title.end x=(px(SIZE[0] - 8.0)) y=(px(AREA.top - 11.0)) { (self.title) }
            @for (y, label) in self.ticks() {
                text.tick x=(px(right + 5.0)) y=(px(y)) dy="0.32em" { (label) }
            }
        }
    }

    /// Positions and labels of round values within the domain, and of its lower end.
    fn ticks(&self) -> Vec<(f64, String)> {
        let [lo, hi] = self.domain;
        let position = |value: f64| AREA.bottom - (AREA.bottom - AREA.top) * (value - lo) / (hi - lo);
        let round = Axis::covering(self.title, self.domain, 5.0).ticks.into_iter();
        let within = round.filter(|(value, _)| (lo..=hi + 1e-9 * (hi - lo)).contains(value));
        let mut ticks: Vec<(f64, String)> = within.map(|(value, label)| (position(value), label)).collect();
        if ticks.first().is_none_or(|(y, _)| AREA.bottom - y > LABEL_HEIGHT) {
            ticks.push((AREA.bottom, number::significant(lo, 2)));
        }
        ticks
    }
}

/// The entry of a legend for a class: its hue with its marker.
pub(crate) fn class_key(class: u32) -> Key {
    Key {
        swatch: html! {
            path fill=(Ramp::Class(class).color(1.0)) d=(rectangle([3.0, 31.0], [0.0, 12.0])) {}
            path.dots fill=(marker_color(class)) d={ "M17 6" (marker_outline(class)) } {}
        },
        name: format!("class {class}"),
    }
}

fn axes(grid: &PredictiveGrid) -> [Axis; 2] {
    let ranges = [("x₁", grid.x_range), ("x₂", grid.y_range)];
    ranges.map(|(title, range)| {
        // The grid's first and last points are the middles of its outer cells.
        let margin = 0.5 * (range[1] - range[0]) / (grid.n_side.max(2) - 1) as f64;
        Axis {
            domain: [range[0] - margin, range[1] + margin],
            ..Axis::whole(title, range, 6.0)
        }
    })
}

/// The markers of each class's points; one path per class keeps the page small.
fn marker_paths(points: &[(f32, f32, u32)], [x, y]: &[Axis; 2]) -> BTreeMap<u32, String> {
    let [x, y] = [AREA.x_scale(x), AREA.y_scale(y)];
    let mut paths: BTreeMap<u32, String> = BTreeMap::new();
    for &(a, b, class) in points {
        let [a, b] = [a, b].map(f64::from);
        if is_plottable(a) && is_plottable(b) {
            let [left, top] = [px(x.position(a)), px(y.position(b))];
            let path = paths.entry(class).or_default();
            write!(path, "M{left} {top}{}", marker_outline(class)).expect(STRING_WRITE);
        }
    }
    paths
}

/// The level of a share of the scale; `None` if it is not a number.
fn level(share: f64) -> Option<u32> {
    let above = |bound: u32| share * f64::from(LEVELS) >= f64::from(bound);
    (!share.is_nan()).then(|| (1..LEVELS).take_while(|&bound| above(bound)).fold(0, |_, bound| bound))
}

fn color(ramp: Ramp, level: u32) -> String {
    ramp.color(f64::from(level) / f64::from(LEVELS - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grid(n_side: usize) -> PredictiveGrid {
        PredictiveGrid {
            x_range: [-2.0, 2.0],
            y_range: [-2.0, 2.0],
            n_side,
            class: Vec::new(),
            probability: Vec::new(),
            mutual_information: Vec::new(),
            points: Vec::new(),
        }
    }

    fn map(grid: &PredictiveGrid, values: impl IntoIterator<Item = f32>) -> HeatMap<'_> {
        HeatMap {
            grid,
            cells: values.into_iter().map(|value| (Ramp::Diverging, value)).collect(),
            points: &[(0.0, 0.0, 0), (1.0, 1.0, 1), (f32::NAN, 0.0, 2)],
            bar: ColorBar {
                title: "p",
                domain: [0.0, 1.0],
                ramps: vec![Ramp::Diverging],
            },
        }
    }

    #[test]
    fn heat_map_levels_split_the_scale_evenly_and_hold_its_ends() {
        assert_eq!(level(0.0), Some(0));
        assert_eq!(level(1.0), Some(23));
        assert_eq!(level(0.5), Some(12));
        assert_eq!(level(-1.0), Some(0));
        assert_eq!(level(f64::INFINITY), Some(23));
        assert_eq!(level(f64::NAN), None);
    }

    #[test]
    fn heat_map_draws_equal_neighbors_as_one_rectangle() {
        let grid = grid(80);
        let paths = map(&grid, vec![0.0; 6400]).paths();
        assert_eq!(paths.len(), 1);
        assert_eq!(paths[&(Ramp::Diverging, 0)].matches('z').count(), 80);
    }

    #[test]
    fn heat_map_has_its_first_row_at_the_bottom() {
        let grid = grid(2);
        let map = map(&grid, [0.0, 0.0, 1.0, 1.0]);
        let paths = map.paths();
        assert_eq!(paths[&(Ramp::Diverging, 0)], "M0 0h2v1h-2z");
        assert_eq!(paths[&(Ramp::Diverging, 23)], "M0 1h2v1h-2z");
        assert_eq!(map.grid_transform(), "translate(46 324) scale(148.00000 -148.00000)");
    }

    #[test]
    fn heat_map_leaves_out_cells_and_points_that_are_not_numbers() {
        let grid = grid(2);
        let map = map(&grid, [f32::NAN, 0.0, 0.0, 0.0]);
        assert_eq!(map.paths()[&(Ramp::Diverging, 0)], "M1 0h1v1h-1zM0 1h2v1h-2z");
        let classes: Vec<u32> = marker_paths(map.points, &axes(&grid)).into_keys().collect();
        assert_eq!(classes, [0, 1]);
    }

    #[test]
    fn heat_map_needs_cells_and_rising_ranges() {
        assert!(is_drawable(&grid(2)));
        assert!(!is_drawable(&grid(0)));
        for x_range in [[1.0, 1.0], [0.0, f64::NAN], [f64::NEG_INFINITY, 0.0]] {
            let flat = PredictiveGrid { x_range, ..grid(2) };
            assert!(!is_drawable(&flat), "{x_range:?}");
        }
    }

    #[test]
    fn color_bar_labels_round_values_and_its_lower_end() {
        let labels = |domain: [f64; 2]| {
            let bar = ColorBar {
                title: "p",
                domain,
                ramps: vec![Ramp::Class(0), Ramp::Class(1), Ramp::Class(2)],
            };
            bar.ticks().into_iter().map(|(_, label)| label).collect::<Vec<_>>()
        };
        assert_eq!(labels([0.0, 1.0]), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels([1.0 / 3.0, 1.0]), ["0.4", "0.6", "0.8", "1.0", "0.33"]);
        assert_eq!(labels([0.2, 1.0]), ["0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels([0.19, 1.0]), ["0.2", "0.4", "0.6", "0.8", "1.0"]);
    }
}
