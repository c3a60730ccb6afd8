#![doc = include_str!("../README.md")]

mod atomic;
mod checkpoint;
mod error;
#[cfg(feature = "faults")]
mod fault;
mod store;

pub use atomic::{remove_leftovers, write_atomically};
pub use checkpoint::{Checkpoint, SCHEMA, Tensor};
pub use error::{Error, Result};
pub use store::{Damaged, Found, Store};
