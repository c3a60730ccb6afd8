//! Maps of a quantity over the plane of two-dimensional inputs.
//!
//! The values are quantised to [`LEVELS`] colours, and each colour is one path of horizontal runs of cells:
//! an element a cell would make the page a hundred times larger.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{
    axis::Axis,
    number,
    scale::is_plottable,
    svg::{Figure, PlotArea, px, rectangle},
};
use crate::record::Plane;

const LEVELS: u32 = 24;
const SIZE: [f64; 2] = [420.0, 368.0];
const AREA: PlotArea = PlotArea {
    left: 46.0,
    top: 28.0,
    right: 342.0,
    bottom: 324.0,
};
const STRING_WRITE: &str = "writing to a string does not fail";
/// The colour bar's sides.
const BAR: [f64; 2] = [360.0, 374.0];

/// Colours from blue (class 0) over near white to orange (class 1); told apart in all common forms of colour
/// blindness.
const DIVERGING: [[f64; 3]; 5] = [
    [5.0, 80.0, 150.0],
    [120.0, 175.0, 215.0],
    [247.0, 247.0, 247.0],
    [245.0, 175.0, 100.0],
    [175.0, 75.0, 0.0],
];
/// Colours of rising lightness (after viridis).
const SEQUENTIAL: [[f64; 3]; 5] = [
    [68.0, 1.0, 84.0],
    [59.0, 82.0, 139.0],
    [33.0, 145.0, 140.0],
    [94.0, 201.0, 98.0],
    [253.0, 231.0, 37.0],
];

/// Whether the plane is one: cells, and ranges that rise.
pub(super) fn is_drawable(plane: &Plane) -> bool {
    let rises = |[lo, hi]: [f64; 2]| is_plottable(lo) && is_plottable(hi) && lo < hi;
    plane.n_side > 0 && rises(plane.x_range) && rises(plane.y_range)
}

/// The predictive probability of class 1, with the training points.
pub(super) fn probability_map(id: &str, plane: &Plane) -> Markup {
    let map = Map {
        plane,
        values: &plane.marginal,
        top: 1.0,
        colours: &DIVERGING,
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
            "Marginal probability of class 1 over the plane (standardised inputs); training points as "
            "blue circles (class 0) and orange squares (class 1)."
        },
    };
    figure.render(&html! { (map.render()) (points(plane)) })
}

/// The mutual information of label and depth: where the depths disagree.
pub(super) fn information_map(id: &str, plane: &Plane) -> Markup {
    let finite = plane
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
        plane,
        values: &plane.mutual_information,
        top,
        colours: &SEQUENTIAL,
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

/// Values in `[0, top]` over the plane.
struct Map<'a> {
    plane: &'a Plane,
    values: &'a [f32],
    top: f64,
    colours: &'a [[f64; 3]; 5],
    title: &'a str,
}

impl Map<'_> {
    fn render(&self) -> Markup {
        let [x, y] = axes(self.plane);
        html! {
            (AREA.vertical_axis(&y))
            (AREA.horizontal_axis(&x, true))
            g transform=(self.grid_transform()) {
                @for (level, path) in self.paths().iter().enumerate().filter(|(_, path)| !path.is_empty()) {
                    path.cells fill=(colour(self.colours, level as f64)) d=(path) {}
                }
            }
            (self.colour_bar())
        }
    }

    /// From cells, rows counted upwards from the bottom, to the drawing.
    fn grid_transform(&self) -> String {
        let cell = (AREA.right - AREA.left) / self.plane.n_side.max(1) as f64;
        format!(
            "translate({} {}) scale({cell:.5} -{cell:.5})",
            px(AREA.left),
            px(AREA.bottom)
        )
    }

    /// For each level, the runs of its cells in units of cells; row 0 of the grid is the bottom of the map.
    fn paths(&self) -> Vec<String> {
        let n = self.plane.n_side.max(1);
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

    fn colour_bar(&self) -> Markup {
        let axis = Axis::covering(self.title, [0.0, self.top], 5.0);
        let ticks = axis.ticks.iter().filter(|(value, _)| *value <= self.top * (1.0 + 1e-9));
        let height = AREA.bottom - AREA.top;
        let edge = |level: u32| AREA.bottom - height * f64::from(level) / f64::from(LEVELS);
        html! {
            @for level in 0..LEVELS {
                path.cells fill=(colour(self.colours, f64::from(level)))
                    d=(rectangle(BAR, [edge(level + 1), edge(level)])) {}
            }
            text.axis-title.end x=(px(SIZE[0] - 8.0)) y=(px(AREA.top - 11.0)) { (self.title) }
            @for (value, label) in ticks {
                text.tick x=(px(BAR[1] + 5.0)) y=(px(AREA.bottom - height * value / self.top)) dy="0.32em" { (label) }
            }
        }
    }
}

fn axes(plane: &Plane) -> [Axis; 2] {
    let mut axes = [("x₁", plane.x_range), ("x₂", plane.y_range)].map(|(title, range)| Axis::whole(title, range, 6.0));
    for (axis, range) in axes.iter_mut().zip([plane.x_range, plane.y_range]) {
        // The grid's first and last points are the middles of its outer cells.
        let margin = 0.5 * (range[1] - range[0]) / (plane.n_side.max(2) - 1) as f64;
        axis.domain = [range[0] - margin, range[1] + margin];
    }
    axes
}

/// Training points as two paths of dots: zero-length strokes, whose caps are circles or squares.
fn points(plane: &Plane) -> Markup {
    let [x, y] = axes(plane);
    let [x, y] = [AREA.x_scale(&x), AREA.y_scale(&y)];
    let dots = |of_class_0: bool| {
        let mut path = String::new();
        for &(a, b, _) in plane.points.iter().filter(|point| (point.2 == 0) == of_class_0) {
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

/// The colour of a level as `#rrggbb`, linear between its anchors.
fn colour(anchors: &[[f64; 3]; 5], level: f64) -> String {
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

    fn plane(values: Vec<f32>, n_side: usize) -> Plane {
        Plane {
            x_range: [-2.0, 2.0],
            y_range: [-2.0, 2.0],
            n_side,
            mutual_information: values.clone(),
            marginal: values,
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
        let map = probability_map("m", &plane(vec![0.0; 6400], 80)).into_string();
        let cells = map.split("class=\"cells\"").nth(1).unwrap().split('>').next().unwrap();
        assert_eq!(cells.matches('z').count(), 80);
    }

    #[test]
    fn the_first_row_is_the_bottom_one() {
        let plane = plane(vec![0.0, 0.0, 1.0, 1.0], 2);
        let map = Map {
            plane: &plane,
            values: &plane.marginal,
            top: 1.0,
            colours: &DIVERGING,
            title: "p",
        };
        let paths = map.paths();
        assert_eq!(paths[0], "M0 0h2v1h-2z");
        assert_eq!(paths[23], "M0 1h2v1h-2z");
        assert_eq!(map.grid_transform(), "translate(46 324) scale(148.00000 -148.00000)");
    }

    #[test]
    fn rounding_noise_is_not_stretched_over_the_scale() {
        let map = information_map("m", &plane(vec![1e-9; 4], 2)).into_string();
        assert!(map.contains(&colour(&SEQUENTIAL, 0.0)));
        assert!(map.contains(">0.6<"), "the colour bar reaches ln 2");
    }

    #[test]
    fn colours_meet_their_anchors() {
        assert_eq!(colour(&DIVERGING, 0.0), "rgb(5 80 150)");
        assert_eq!(colour(&DIVERGING, 23.0), "rgb(175 75 0)");
    }

    #[test]
    fn a_plane_needs_cells_and_rising_ranges() {
        assert!(is_drawable(&plane(vec![0.5; 4], 2)));
        assert!(!is_drawable(&plane(Vec::new(), 0)));
        for x_range in [[1.0, 1.0], [0.0, f64::NAN], [f64::NEG_INFINITY, 0.0]] {
            let flat = Plane {
                x_range,
                ..plane(vec![0.5; 4], 2)
            };
            assert!(!is_drawable(&flat), "{x_range:?}");
        }
    }

    #[test]
    fn a_grid_without_points_or_values_is_drawn_empty() {
        let empty = Plane {
            points: Vec::new(),
            ..plane(Vec::new(), 80)
        };
        let map = probability_map("m", &empty).into_string();
        assert!(!map.contains("dots"));
        assert!(!map.contains("NaN"));
    }
}
