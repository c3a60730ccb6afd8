//! The parts of the `vds` command, as a library so that tests and benchmarks can use them.

pub mod record;
pub mod report;
