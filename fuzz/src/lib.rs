//! What must hold of anything that comes from outside, one module for each fuzz target.
//!
//! The tests of the crates include these files and check the same of mutated seeds, with the stable compiler.

pub mod calibration;
pub mod checkpoint;
pub mod config;
pub mod idx;
pub mod idx_gz;
pub mod mat;
pub mod weights;
