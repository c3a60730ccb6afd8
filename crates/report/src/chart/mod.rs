//! Charts as inline SVG: the parts of which the figures of the page are made.
//!
//! | part | what it draws |
//! | --- | --- |
//! | [`Figure`] | the frame of every drawing: title and description for screen readers, legend, caption |
//! | [`Panels`] | lines or bars in panels above each other that share one horizontal axis |
//! | [`HeatMap`] | a color per cell of a square grid over the input plane, with a color bar |
//! | [`PlotArea`] | a rectangle with a horizontal and a vertical axis, for drawings that are neither |
//!
//! A chart is described as data and drawn into its figure; axes choose round ticks that cover what is drawn:
//!
//! ```text
//! let panel = Panel {
//!     title: "loss (nats per example)".to_owned(),
//!     content: Content::Lines { series: vec![Series::plain(Style::Marginal, points)], x_offset: 0.0 },
//! };
//! let chart = Panels { x: Axis::whole("epoch", [0.5, 30.5], 8.0), panels: vec![panel], marks: Vec::new() };
//! chart.render(&Figure { id, title, description, legend: vec![Style::Marginal.key("training")], caption })
//! ```
//!
//! Positions are user units of the drawing, which is scaled to the page. A [`Style`] is a class whose color and dash the style
//! sheet defines, so that lines follow the light or dark theme; only the cells of heat maps have fixed colors. Every series
//! differs from the others in color, dash and marker. A value that is not a number is left out, an infinite one is drawn as ∞.
//! SVG elements are written with a closing tag: `maud` would leave an element without one open.

mod axis;
mod figure;
mod heat_map;
mod marks;
mod palette;
mod panels;
mod plot_area;
mod scale;
mod series;

pub(crate) use axis::Axis;
pub(crate) use figure::Figure;
pub(crate) use heat_map::{ColorBar, HeatMap, class_key, is_drawable};
pub(crate) use marks::{Style, px, rectangle};
pub(crate) use palette::{Ramp, has_repeated_hues};
pub(crate) use panels::{Content, Panel, Panels};
pub(crate) use plot_area::PlotArea;
pub(crate) use scale::{Scale, is_plottable};
pub(crate) use series::{Point, Series, thinned};
