//! Integration tests of the scores.
#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::float_cmp, reason = "certainty is scored exactly")]
#![allow(clippy::print_stdout, reason = "the golden tests print their largest deviations")]

mod ece_uncertainty;
mod golden;
mod input;
mod intervals;
mod mutation;
mod properties;
mod score_table;
#[cfg(feature = "serde")]
mod serde;
mod simulation;
mod standard_errors;
mod temperature;
