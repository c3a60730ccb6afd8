#![doc = include_str!("../README.md")]

mod aggregate;
mod cells;
mod chart;
mod comparison;
mod comparison_section;
mod cost_section;
mod depth_choice;
mod diverged;
mod figures;
mod findings;
mod group_section;
mod head_section;
mod number;
mod overview;
mod page;
mod predictor;
mod provenance;
mod run_section;
mod run_tables;
mod settings;
mod settling;
mod table;
#[cfg(test)]
mod test_records;
#[cfg(test)]
mod tests;

pub use findings::{FINDINGS_START, FindingRun, findings};
pub use page::{PageInfo, render};
