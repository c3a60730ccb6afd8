//! What must hold of anything that comes from outside: one module per fuzz target, each under its feature.
//!
//! The targets in `fuzz/` hand it whatever the fuzzer finds; the tests of the crates hand it damaged seeds, with the stable
//! compiler.

#[cfg(feature = "calibration")]
pub mod calibration;
#[cfg(feature = "checkpoint")]
pub mod checkpoint;
#[cfg(feature = "config")]
pub mod config;
#[cfg(feature = "idx")]
pub mod idx;
#[cfg(feature = "idx_gz")]
pub mod idx_gz;
#[cfg(feature = "mat")]
pub mod mat;
#[cfg(feature = "weights")]
pub mod weights;
