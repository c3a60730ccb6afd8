//! What each command does: a file with its arguments and its `run`.

pub mod bench;
pub mod completions;
pub mod data;
pub mod evaluate;
pub mod predict;
pub mod prune;
pub mod report;
pub mod train;
pub mod verify;
