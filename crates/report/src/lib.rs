//! The report: stored runs in, one self-contained HTML page out.
//!
//! [`render`] is a pure function of its arguments: no clock, no file, no network.
//! The page holds its style and its figures (inline SVG); it has no script and loads nothing.
//! Every text that comes from a record is escaped by `maud`.
//!
//! Layers, lowest first: `number` and `scale` turn numbers into text and positions, `svg` and `series`
//! draw frames and marks, `chart`, `reliability` and `heatmap` are the figures, `aggregate` groups runs
//! and pools seeds, `table` and the section modules arrange them, `page` puts the page together.

mod aggregate;
mod axis;
mod chart;
mod dataset_section;
mod heatmap;
mod number;
mod overview;
mod page;
mod provenance;
mod reliability;
mod run_record;
mod run_section;
mod scale;
mod series;
mod svg;
mod table;
#[cfg(test)]
mod tests;

pub use page::{PageInfo, render};
pub use run_record::RunRecord;
