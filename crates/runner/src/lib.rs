//! The parts of the `vds` command, as a library so that tests and benchmarks can use them.

pub mod config;
pub mod record;
pub mod report;
