//! The real binary in a fresh folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod bad_input;
mod bench;
mod configs;
mod determinism;
mod fetch;
mod flow;
#[cfg(unix)]
mod model;
mod mutation;
mod resume;
#[cfg(unix)]
mod run_states;
mod sandbox;
#[cfg(unix)]
mod sealed;
mod sweep;
mod verify;
