//! Test support for the workspace: golden vectors, tolerances, numeric gradients, strategies, properties, data files, damaged
//! files, counts of cases.

pub mod counts;
pub mod files;
pub mod golden;
pub mod malformed;
pub mod numeric;
pub mod properties;
pub mod strategies;
mod tolerance;

pub use tolerance::{Tolerance, check_close};

/// Whether the tests are to take their time: the environment variable `SLOW_TESTS` is 1.
pub fn is_slow() -> bool {
    std::env::var_os("SLOW_TESTS").is_some_and(|value| value == "1")
}
