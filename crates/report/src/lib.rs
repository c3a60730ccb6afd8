#![doc = include_str!("../README.md")]

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
mod run_section;
mod scale;
mod series;
mod svg;
mod table;
#[cfg(test)]
mod test_records;
#[cfg(test)]
mod tests;

pub use page::{PageInfo, render};
