//! Tests of what the other crates' tests rest on: a rule that passes everything would be noticed by nobody else.
#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]

mod counts;
mod golden;
mod numbers;
