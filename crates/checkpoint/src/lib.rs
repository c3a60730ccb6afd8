#![doc = include_str!("../README.md")]

mod array;
mod atomic;
mod checkpoint;
mod error;
#[cfg(feature = "faults")]
mod fault;
mod store;

pub use array::Array;
pub use atomic::{remove_leftovers, write_atomically};
pub use checkpoint::{CONTAINER_SCHEMA, Checkpoint};
pub use error::{Error, Result};
pub use store::{CheckpointStore, Damaged, Found};
