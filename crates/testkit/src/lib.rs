//! Test support for the workspace: golden vectors, tolerances, numeric gradients, strategies, damaged files, counts of cases.

pub mod counts;
pub mod golden;
pub mod hostile;
pub mod numeric;
pub mod strategies;
mod tolerance;

pub use tolerance::{Tolerance, check_close};
