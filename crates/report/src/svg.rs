//! Frames and marks of the figures, and the `<figure>` around them.
//!
//! Colours and dashes live in the style sheet, chosen by class, so that a figure follows the theme.
//! SVG elements are written with a closing tag: `maud` has no self-closing form, and an open one would nest.

use maud::{Markup, html};

use crate::{axis::Axis, scale::Scale};

/// Width of every chart, in user units; small, so that text stays legible on a phone.
pub(crate) const WIDTH: f64 = 420.0;

/// How a series looks: colour, dash and marker shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Blue, solid, circles.
    Marginal,
    /// Orange, dashed, squares.
    Pruned,
    /// Green, dash-dotted, triangles.
    Ddn,
    /// Purple, dotted, diamonds.
    Deepest,
    /// Grey, finely dashed, small crosses.
    Reference,
}

impl Style {
    /// Class that carries the colour and the dash.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Marginal => "s0",
            Self::Pruned => "s1",
            Self::Ddn => "s2",
            Self::Deepest => "s3",
            Self::Reference => "s4",
        }
    }

    /// Outline of the marker around the point (`x`, `y`), `r` its half size.
    fn outline(self, x: f64, y: f64, r: f64) -> String {
        let [x0, x1, y0, y1] = [x - r, x + r, y - r, y + r].map(px);
        let [x, y, r, d] = [x, y, r, 2.0 * r].map(px);
        match self {
            Self::Marginal => format!("M{x0} {y}a{r} {r} 0 1 0 {d} 0a{r} {r} 0 1 0 -{d} 0z"),
            Self::Pruned => format!("M{x0} {y0}H{x1}V{y1}H{x0}z"),
            Self::Ddn => format!("M{x} {y0}L{x1} {y1}H{x0}z"),
            Self::Deepest => format!("M{x} {y0}L{x1} {y}L{x} {y1}L{x0} {y}z"),
            Self::Reference => format!("M{x0} {y0}L{x1} {y1}M{x0} {y1}L{x1} {y0}"),
        }
    }
}

/// A drawing with what a reader needs to understand it.
#[derive(Debug)]
pub(crate) struct Figure<'a> {
    /// Identifier, unique on the page.
    pub(crate) id: &'a str,
    /// What it is, in a few words.
    pub(crate) title: &'a str,
    /// What it shows, for those who do not see it.
    pub(crate) description: &'a str,
    /// Width and height of the drawing, user units.
    pub(crate) size: [f64; 2],
    /// Series named beside their marks.
    pub(crate) legend: Vec<(Style, String)>,
    /// Shown under the drawing.
    pub(crate) caption: Markup,
}

impl Figure<'_> {
    /// The figure around the drawing `body`.
    pub(crate) fn render(&self, body: &Markup) -> Markup {
        let [title, description] = ["title", "desc"].map(|part| format!("{}-{part}", self.id));
        html! {
            figure id=(self.id) {
                (legend(&self.legend))
                svg viewBox=(view_box(self.size)) role="img" aria-labelledby={ (title) " " (description) } {
                    title id=(title) { (self.title) }
                    desc id=(description) { (self.description) }
                    (body)
                }
                figcaption { strong { (self.title) "." } " " (self.caption) }
            }
        }
    }
}

/// The rectangle that holds the data, in user units.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PlotArea {
    /// Left edge.
    pub(crate) left: f64,
    /// Top edge.
    pub(crate) top: f64,
    /// Right edge.
    pub(crate) right: f64,
    /// Bottom edge.
    pub(crate) bottom: f64,
}

impl PlotArea {
    /// Positions of the horizontal axis, rising to the right.
    pub(crate) fn x_scale(&self, axis: &Axis) -> Scale {
        axis.scale([self.left, self.right])
    }

    /// Positions of the vertical axis, rising upwards.
    pub(crate) fn y_scale(&self, axis: &Axis) -> Scale {
        axis.scale([self.bottom, self.top])
    }

    /// Grid lines, tick labels and the title of the vertical axis; the title stands above it, so that it
    /// reads without turning the head and long tick labels cannot meet it.
    pub(crate) fn vertical_axis(&self, axis: &Axis) -> Markup {
        let scale = self.y_scale(axis);
        html! {
            text.axis-title x=(px(self.left - 34.0)) y=(px(self.top - 11.0)) { (axis.title) }
            @for (value, label) in &axis.ticks {
                @let y = px(scale.position(*value));
                path.grid d={ "M" (px(self.left)) " " (y) "H" (px(self.right)) } {}
                text.tick.end x=(px(self.left - 5.0)) y=(y) dy="0.32em" { (label) }
            }
        }
    }

    /// Base line, ticks and, if `labelled`, tick labels and title of the horizontal axis.
    pub(crate) fn horizontal_axis(&self, axis: &Axis, labelled: bool) -> Markup {
        let scale = self.x_scale(axis);
        html! {
            path.axis d={ "M" (px(self.left)) " " (px(self.bottom)) "H" (px(self.right)) } {}
            @for (value, label) in &axis.ticks {
                @let x = px(scale.position(*value));
                path.axis d={ "M" (x) " " (px(self.bottom)) "v4" } {}
                @if labelled {
                    text.tick.middle x=(x) y=(px(self.bottom + 16.0)) { (label) }
                }
            }
            @if labelled {
                text.axis-title.middle x=(px((self.left + self.right) / 2.0)) y=(px(self.bottom + 33.0)) { (axis.title) }
            }
        }
    }
}

/// A marker of the series `style`; `hollow` for a single run among several.
pub(crate) fn marker(style: Style, [x, y]: [f64; 2], hollow: bool) -> Markup {
    let (class, radius) = if hollow { ("hollow", 2.5) } else { ("mark", 3.5) };
    html! { path class={ (class) " " (style.class()) } d=(style.outline(x, y, radius)) {} }
}

/// A line of the series `style` through `points`; nothing for fewer than two.
pub(crate) fn polyline(style: Style, points: &[[f64; 2]]) -> Markup {
    html! {
        @if points.len() > 1 {
            path class={ "line " (style.class()) } d=(line_path(points)) {}
        }
    }
}

/// A rectangle as path data, `bottom` below `top`.
pub(crate) fn rectangle([left, right]: [f64; 2], [top, bottom]: [f64; 2]) -> String {
    format!("M{} {}H{}V{}H{}z", px(left), px(top), px(right), px(bottom), px(left))
}

/// A coordinate with one decimal at most.
pub(crate) fn px(value: f64) -> String {
    let text = format!("{value:.1}");
    let text = text.strip_suffix(".0").map_or(text.as_str(), |whole| whole);
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn line_path(points: &[[f64; 2]]) -> String {
    let corners: Vec<String> = points.iter().map(|&[x, y]| format!("{} {}", px(x), px(y))).collect();
    format!("M{}", corners.join("L"))
}

fn view_box([width, height]: [f64; 2]) -> String {
    format!("0 0 {} {}", px(width), px(height))
}

fn legend(entries: &[(Style, String)]) -> Markup {
    html! {
        @if !entries.is_empty() {
            ul.legend {
                @for (style, name) in entries {
                    li {
                        svg.swatch viewBox="0 0 34 12" aria-hidden="true" {
                            (polyline(*style, &[[1.0, 6.0], [33.0, 6.0]]))
                            (marker(*style, [17.0, 6.0], false))
                        }
                        (name)
                    }
                }
            }
        }
    }
}
