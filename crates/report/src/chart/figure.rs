//! The `<figure>` around a drawing: title, description, legend and caption.

use maud::{Markup, html};

use crate::chart::marks::{Key, px};

/// A drawing with what a reader needs to understand it.
#[derive(Debug)]
pub(crate) struct Figure<'a> {
    /// Identifier, unique on the page.
    pub(crate) id: &'a str,
    /// What it is, in a few words.
    pub(crate) title: &'a str,
    /// What it shows, read out by screen readers.
    pub(crate) description: &'a str,
    /// What the marks are called.
    pub(crate) legend: Vec<Key>,
    /// Shown under the drawing.
    pub(crate) caption: Markup,
}

impl Figure<'_> {
    /// The figure around the drawing `body`, whose width and height are `size`, user units.
    pub(crate) fn render(&self, [width, height]: [f64; 2], body: &Markup) -> Markup {
        let [title, description] = ["title", "desc"].map(|part| format!("{}-{part}", self.id));
        html! {
            figure id=(self.id) {
                @if !self.legend.is_empty() {
                    ul.legend {
                        @for key in &self.legend {
                            li {
                                svg.swatch viewBox="0 0 34 12" aria-hidden="true" { (key.swatch) }
                                (key.name)
                            }
                        }
                    }
                }
                svg viewBox={ "0 0 " (px(width)) " " (px(height)) } role="img"
                    aria-labelledby={ (title) " " (description) } {
                    title id=(title) { (self.title) }
                    desc id=(description) { (self.description) }
                    (body)
                }
                figcaption { strong { (self.title) "." } " " (self.caption) }
            }
        }
    }
}
