#![doc = include_str!("../README.md")]

mod chunks;
mod collect;
mod cost;
mod division;
mod error;
mod failure;
mod id;
mod lease;
mod progress;
mod ranges;
mod script;
mod state;
mod store;

pub use chunks::{CellCost, Chunk, chunks};
pub use collect::{Finished, csv};
pub use cost::{CostModel, Fit, Observation, observations, speedup};
pub use division::Division;
pub use error::{Error, Result};
pub use failure::Failure;
pub use id::{cell_id, is_cell_id};
pub use lease::{Here, Holder, Lease, RENEWAL, STALE, holder};
pub use progress::Progress;
pub use ranges::ranges;
pub use script::Script;
pub use state::{State, is_locked, n_epochs, state};
pub use store::StoredCell;
