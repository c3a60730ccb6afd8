#![doc = include_str!("../README.md")]

mod aggregate;
mod chart;
mod diverged;
mod figures;
mod findings;
mod group_section;
mod number;
mod overview;
mod page;
mod provenance;
mod run_section;
mod table;
#[cfg(test)]
mod test_records;
#[cfg(test)]
mod tests;

pub use findings::{FINDINGS_START, FindingRun, findings};
pub use page::{PageInfo, render};
