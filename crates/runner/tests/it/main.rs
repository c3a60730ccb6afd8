//! The real binary in a fresh folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod bench;
mod configs;
mod determinism;
#[cfg(target_os = "linux")]
mod engines;
#[cfg(target_os = "linux")]
mod exit_codes;
mod fetch;
mod flow;
#[cfg(unix)]
mod model;
mod mutation;
mod other_data;
mod predict;
#[cfg(unix)]
mod replaced_files;
mod resume;
#[cfg(unix)]
mod run_states;
mod sandbox;
#[cfg(unix)]
mod sealed;
mod sweep;
mod sweep_cells;
#[cfg(unix)]
mod terminal;
mod verify;
