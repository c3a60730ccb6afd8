//! Test support for the workspace: golden vectors, tolerances, numeric gradients, strategies, counts of cases.

pub mod counts;
pub mod golden;
pub mod numeric;
pub mod strategies;
mod tolerance;

pub use tolerance::{Tolerance, check_close};
