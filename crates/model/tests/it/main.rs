//! Integration tests of the networks.
#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::print_stdout, reason = "the golden tests print their largest deviations")]

mod finite;
mod golden;
mod mutation;
mod network;
mod paths;
mod weights;
