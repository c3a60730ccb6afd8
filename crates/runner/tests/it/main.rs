//! The real binary in a fresh folder.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

/// The checks of the fuzz targets, which stand outside the workspace.
#[path = "../../../../fuzz/src"]
pub mod hostile {
    pub mod checkpoint;
    pub mod config;
}

mod bad_input;
mod bench;
mod configs;
mod determinism;
mod fetch;
mod flow;
mod mutation;
mod sandbox;
mod survival;
mod verify;
