//! Integration tests of the data sets: files, places, splits, golden vectors.

#![allow(clippy::unwrap_used, reason = "a step that fails here fails its test")]
#![allow(clippy::print_stdout, reason = "the golden test prints its largest deviations")]

#[cfg(feature = "download")]
mod download;
mod files;
mod fixtures;
mod golden;
mod idx;
mod image_batches;
mod import;
mod lookup;
mod mat;
mod mutation;
mod splits;
