//! Maps of a quantity over the plane of two-dimensional inputs.
//!
//! The values are quantized to [`LEVELS`] colors, and each color is one path of horizontal runs of cells:
//! an element per cell would make the page a hundred times larger.

use std::fmt::Write as _;

use maud::{Markup, html};

use crate::{
    axis::Axis,
    number,
    scale::is_plottable,
    svg::{Figure, PlotArea, px, rectangle},
};
use vds_records::PredictiveGrid;

const LEVELS: u32 = 24;
const SIZE: [f64; 2] = [420.0, 368.0];
const AREA: PlotArea = PlotArea {
    left: 46.0,
    top: 28.0,
    right: 342.0,
    bottom: 324.0,
};
const STRING_WRITE: &str = "writing to a string does not fail";
/// The color bar's sides.
const BAR: [f64; 2] = [360.0, 374.0];

/// Colors from blue (class 0) over near white to orange (class 1); distinguishable with all common forms of color
/// blindness.
const DIVERGING: [[f64; 3]; 5] = [
    [5.0, 80.0, 150.0],
    [120.0, 175.0, 215.0],
    [247.0, 247.0, 247.0],
    [245.0, 175.0, 100.0],
    [175.0, 75.0, 0.0],
];
/// Colors of rising lightness (after viridis).
const SEQUENTIAL: [[f64; 3]; 5] = [
    [68.0, 1.0, 84.0],
    [59.0, 82.0, 139.0],
    [33.0, 145.0, 140.0],
    [94.0, 201.0, 98.0],
    [253.0, 231.0, 37.0],
];

/// Whether the grid can be drawn: it has cells, and its ranges rise.
pub(crate) fn is_drawable(grid: &PredictiveGrid) -> bool {
    let rises = |[lo, hi]: [f64; 2]| is_plottable(lo) && is_plottable(hi) && lo < hi;
    grid.n_side > 0 && rises(grid.x_range) && rises(grid.y_range)
}

/// The predictive probability of class 1, with the training points.
pub(crate) fn probability_map(id: &str, grid: &PredictiveGrid) -> Markup {
    let values = probability_of_class_1(grid);
    let map = Map {
        grid,
        values: &values,
        top: 1.0,
        colors: &DIVERGING,
        title: "p(class 1)",
    };
    let figure = Figure {
        id,
        title: "Predictive probability",
        description: "Map of the marginal probability of class 1 over the input plane, blue where it is low, orange \
                      where it is high, with the training points of both classes.",
        size: SIZE,
        legend: Vec::new(),
        caption: html! {
            "Marginal probability of class 1 over the plane (standardized inputs); training points as "
            "blue circles (class 0) and orange squares (class 1)."
        },
    };
    figure.render(&html! { (map.render()) (points(grid)) })
}

/// The mutual information of label and depth: where the depths disagree.
pub(crate) fn information_map(id: &str, grid: &PredictiveGrid) -> Markup {
    let finite = grid
        .mutual_information
        .iter()
        .copied()
        .filter(|&v| is_plottable(f64::from(v)));
    let highest = f64::from(finite.fold(0.0, f32::max));
    // Below any meaning there is only rounding noise, which must not be stretched over the whole scale.
    let top = if highest > 1e-6 {
        highest
    } else {
        std::f64::consts::LN_2
    };
    let title = "mutual information (nats)";
    let map = Map {
        grid,
        values: &grid.mutual_information,
        top,
        colors: &SEQUENTIAL,
        title,
    };
    let caption = html! {
        "Mutual information of label and depth, nats (epistemic part of the uncertainty); largest value "
        (number::significant(highest, 3)) "."
    };
    let figure = Figure {
        id,
        title: "Disagreement of the depths",
        description: "Map of the mutual information of label and depth over the input plane, dark where the depths \
                      agree, bright where they disagree.",
        size: SIZE,
        legend: Vec::new(),
        caption,
    };
    figure.render(&map.render())
}

/// Probability of class 1 of two: that of the winning class, or what remains of it.
fn probability_of_class_1(grid: &PredictiveGrid) -> Vec<f32> {
    let winners = grid.class.iter().zip(&grid.probability);
    winners
        .map(|(&class, &probability)| if class == 1 { probability } else { 1.0 - probability })
        .collect()
}

/// Values in `[0, top]` over the plane.
struct Map<'a> {
    grid: &'a PredictiveGrid,
    values: &'a [f32],
    top: f64,
    colors: &'a [[f64; 3]; 5],
    title: &'a str,
}

impl Map<'_> {
    fn render(&self) -> Markup {
        let [x, y] = axes(self.grid);
        html! {
            (AREA.vertical_axis(&y))
            (AREA.horizontal_axis(&x, true))
            g transform=(self.grid_transform()) {
                @for (level, path) in self.paths().iter().enumerate().filter(|(_, path)| !path.is_empty()) {
                    path.cells fill=(color(self.colors, level as f64)) d=(path) {}
                }
            }
            (self.color_bar())
        }
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

    /// For each level, the runs of its cells in units of cells; row 0 of the grid is the bottom of the map.
    fn paths(&self) -> Vec<String> {
        let n = self.grid.n_side.max(1);
        let mut paths = vec![String::new(); (0..LEVELS).len()];
        for (row, values) in self.values.chunks(n).take(n).enumerate() {
            let levels: Vec<Option<usize>> = values.iter().map(|&v| level(f64::from(v) / self.top)).collect();
            let mut start = 0;
            for run in levels.chunk_by(|a, b| a == b) {
                let width = run.len();
                if let Some(level) = run[0] {
                    write!(paths[level], "M{start} {row}h{width}v1h-{width}z").expect(STRING_WRITE);
                }
                start += width;
            }
        }
        paths
    }

    fn color_bar(&self) -> Markup {
        let axis = Axis::covering(self.title, [0.0, self.top], 5.0);
        let ticks = axis.ticks.iter().filter(|(value, _)| *value <= self.top * (1.0 + 1e-9));
        let height = AREA.bottom - AREA.top;
        let edge = |level: u32| AREA.bottom - height * f64::from(level) / f64::from(LEVELS);
        html! {
            @for level in 0..LEVELS {
                path.cells fill=(color(self.colors, f64::from(level)))
                    d=(rectangle(BAR, [edge(level + 1), edge(level)])) {}
            }
            text.axis-title.end x=(px(SIZE[0] - 8.0)) y=(px(AREA.top - 11.0)) { (self.title) }
            @for (value, label) in ticks {
                text.tick x=(px(BAR[1] + 5.0)) y=(px(AREA.bottom - height * value / self.top)) dy="0.32em" { (label) }
            }
        }
    }
}

fn axes(grid: &PredictiveGrid) -> [Axis; 2] {
    let mut axes = [("x₁", grid.x_range), ("x₂", grid.y_range)].map(|(title, range)| Axis::whole(title, range, 6.0));
    for (axis, range) in axes.iter_mut().zip([grid.x_range, grid.y_range]) {
        // The grid's first and last points are the middles of its outer cells.
        let margin = 0.5 * (range[1] - range[0]) / (grid.n_side.max(2) - 1) as f64;
        axis.domain = [range[0] - margin, range[1] + margin];
    }
    axes
}

/// Training points as two paths of dots: zero-length strokes, whose caps are circles or squares.
fn points(grid: &PredictiveGrid) -> Markup {
    let [x, y] = axes(grid);
    let [x, y] = [AREA.x_scale(&x), AREA.y_scale(&y)];
    let dots = |of_class_0: bool| {
        let mut path = String::new();
        for &(a, b, _) in grid.points.iter().filter(|point| (point.2 == 0) == of_class_0) {
            if is_plottable(f64::from(a)) && is_plottable(f64::from(b)) {
                let [left, top] = [px(x.position(f64::from(a))), px(y.position(f64::from(b)))];
                write!(path, "M{left} {top}h0").expect(STRING_WRITE);
            }
        }
        path
    };
    html! {
        @for (class, path) in [("dots c0", dots(true)), ("dots c1", dots(false))] {
            @if !path.is_empty() {
                path class={ (class) " halo" } d=(path) {}
                path class=(class) d=(path) {}
            }
        }
    }
}

/// The level of a share of the scale; `None` if it is not a number.
fn level(share: f64) -> Option<usize> {
    let above = |bound: u32| share * f64::from(LEVELS) >= f64::from(bound);
    (!share.is_nan()).then(|| (1..LEVELS).take_while(|&bound| above(bound)).count())
}

/// The color of a level as `#rrggbb`, linear between its anchors.
fn color(anchors: &[[f64; 3]; 5], level: f64) -> String {
    let position = 4.0 * level / f64::from(LEVELS - 1);
    let channel = |index: usize| {
        let hat = |anchor: usize| (1.0 - (position - anchor as f64).abs()).max(0.0);
        (0..5)
            .map(|anchor| hat(anchor) * anchors[anchor][index])
            .sum::<f64>()
            .round()
    };
    format!("rgb({} {} {})", channel(0), channel(1), channel(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A grid of two classes whose class 1 has the probabilities `values`.
    fn grid(values: Vec<f32>, n_side: usize) -> PredictiveGrid {
        PredictiveGrid {
            x_range: [-2.0, 2.0],
            y_range: [-2.0, 2.0],
            n_side,
            class: values.iter().map(|&p| u32::from(p > 0.5)).collect(),
            probability: values.iter().map(|&p| p.max(1.0 - p)).collect(),
            mutual_information: values,
            points: vec![(0.0, 0.0, 0), (1.0, 1.0, 1), (f32::NAN, 0.0, 1)],
        }
    }

    #[test]
    fn levels_split_the_scale_evenly_and_hold_its_ends() {
        assert_eq!(level(0.0), Some(0));
        assert_eq!(level(1.0), Some(23));
        assert_eq!(level(0.5), Some(12));
        assert_eq!(level(-1.0), Some(0));
        assert_eq!(level(f64::INFINITY), Some(23));
        assert_eq!(level(f64::NAN), None);
    }

    #[test]
    fn equal_neighbours_are_one_rectangle() {
        let map = probability_map("m", &grid(vec![0.0; 6400], 80)).into_string();
        let cells = map.split("class=\"cells\"").nth(1).unwrap().split('>').next().unwrap();
        assert_eq!(cells.matches('z').count(), 80);
    }

    #[test]
    fn the_first_row_is_the_bottom_one() {
        let grid = grid(vec![0.0, 0.0, 1.0, 1.0], 2);
        let map = Map {
            grid: &grid,
            values: &probability_of_class_1(&grid),
            top: 1.0,
            colors: &DIVERGING,
            title: "p",
        };
        let paths = map.paths();
        assert_eq!(paths[0], "M0 0h2v1h-2z");
        assert_eq!(paths[23], "M0 1h2v1h-2z");
        assert_eq!(map.grid_transform(), "translate(46 324) scale(148.00000 -148.00000)");
    }

    #[test]
    fn rounding_noise_is_not_stretched_over_the_scale() {
        let map = information_map("m", &grid(vec![1e-9; 4], 2)).into_string();
        assert!(map.contains(&color(&SEQUENTIAL, 0.0)));
        assert!(map.contains(">0.6<"), "the color bar reaches ln 2");
    }

    #[test]
    fn colors_meet_their_anchors() {
        assert_eq!(color(&DIVERGING, 0.0), "rgb(5 80 150)");
        assert_eq!(color(&DIVERGING, 23.0), "rgb(175 75 0)");
    }

    #[test]
    fn a_grid_needs_cells_and_rising_ranges() {
        assert!(is_drawable(&grid(vec![0.5; 4], 2)));
        assert!(!is_drawable(&grid(Vec::new(), 0)));
        for x_range in [[1.0, 1.0], [0.0, f64::NAN], [f64::NEG_INFINITY, 0.0]] {
            let flat = PredictiveGrid {
                x_range,
                ..grid(vec![0.5; 4], 2)
            };
            assert!(!is_drawable(&flat), "{x_range:?}");
        }
    }

    #[test]
    fn a_grid_without_points_or_values_is_drawn_empty() {
        let empty = PredictiveGrid {
            points: Vec::new(),
            ..grid(Vec::new(), 80)
        };
        let map = probability_map("m", &empty).into_string();
        assert!(!map.contains("dots"));
        assert!(!map.contains("NaN"));
    }
}
