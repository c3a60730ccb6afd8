//! The rectangle of a chart that holds the data, with its axes.

use maud::{Markup, html};

use crate::chart::axis::Axis;
use crate::chart::marks::px;
use crate::chart::scale::Scale;

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

    /// Base line, ticks and, if `labeled`, tick labels and title of the horizontal axis.
    pub(crate) fn horizontal_axis(&self, axis: &Axis, labeled: bool) -> Markup {
        let scale = self.x_scale(axis);
        html! {
            path.axis d={ "M" (px(self.left)) " " (px(self.bottom)) "H" (px(self.right)) } {}
            @for (value, label) in &axis.ticks {
                @let x = px(scale.position(*value));
                path.axis d={ "M" (x) " " (px(self.bottom)) "v4" } {}
                @if labeled {
                    text.tick.middle x=(x) y=(px(self.bottom + 16.0)) { (label) }
                }
            }
            @if labeled {
                text.axis-title.middle x=(px((self.left + self.right) / 2.0)) y=(px(self.bottom + 33.0)) { (axis.title) }
            }
        }
    }
}
