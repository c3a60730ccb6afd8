//! What each command does: a file with its arguments and its `run`.

pub(crate) mod bench;
pub(crate) mod completions;
pub(crate) mod data;
pub(crate) mod evaluate;
pub(crate) mod findings;
mod out_file;
pub(crate) mod predict;
pub(crate) mod prune;
pub(crate) mod report;
pub(crate) mod sweep;
pub(crate) mod train;
pub(crate) mod verify;
