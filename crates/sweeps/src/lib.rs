#![doc = include_str!("../README.md")]

mod cost;
mod division;
mod id;

pub use cost::{CostModel, Fit, Observation, observations, speedup};
pub use division::Division;
pub use id::{cell_id, is_cell_id};
