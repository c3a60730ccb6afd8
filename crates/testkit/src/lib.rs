//! Test support for the workspace: golden vectors, tolerances, numeric gradients, strategies.

pub mod golden;
pub mod numeric;
pub mod strategies;
mod tolerance;

pub use tolerance::{Tolerance, check_close};
