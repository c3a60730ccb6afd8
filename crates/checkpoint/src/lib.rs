#![doc = include_str!("../README.md")]

mod array;
mod checkpoint;
mod error;
mod store;

pub use array::Array;
pub use checkpoint::{CONTAINER_SCHEMA, Checkpoint};
pub use error::{Error, Result};
pub use store::{CheckpointStore, Damaged, Found};
