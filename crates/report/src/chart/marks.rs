//! Marks of charts: the styles of series, their markers and lines, and path data.

use maud::{Markup, html};

/// How a series looks: color, dash and marker shape.
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
    /// Gray, finely dashed, small crosses.
    Reference,
}

impl Style {
    /// Class that carries the color and the dash.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Marginal => "s0",
            Self::Pruned => "s1",
            Self::Ddn => "s2",
            Self::Deepest => "s3",
            Self::Reference => "s4",
        }
    }

    /// The entry of a legend for the series, named `name`.
    pub(crate) fn key(self, name: &str) -> Key {
        Key {
            swatch: html! {
                (polyline(self, &[[1.0, 6.0], [33.0, 6.0]]))
                (marker(self, [17.0, 6.0], false))
            },
            name: name.to_owned(),
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

/// An entry of a legend.
#[derive(Debug)]
pub(crate) struct Key {
    /// SVG elements within 34 by 12 user units.
    pub(crate) swatch: Markup,
    /// What is drawn like that.
    pub(crate) name: String,
}

/// A marker of the series `style`; `hollow` for a single run among several.
pub(crate) fn marker(style: Style, [x, y]: [f64; 2], hollow: bool) -> Markup {
    let (class, radius) = if hollow { ("hollow", 2.5) } else { ("mark", 3.5) };
    html! { path class={ (class) " " (style.class()) } d=(style.outline(x, y, radius)) {} }
}

/// A line of the series `style` through `points`; an empty drawing for fewer than two.
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
