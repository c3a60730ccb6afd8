//! The training loop.
//!
//! [`Trainer`] owns everything that the next step depends on, and gives and takes it as a checkpoint's content. Randomness has
//! no state of its own: each epoch's order of the examples is a function of the seed and the epoch (see [`streams`]).

mod advance;
mod batches;
mod depth;
mod epoch;
mod failure;
mod resume;
mod selection;
mod step;
pub mod streams;
#[cfg(test)]
mod tests;
mod trainer;

pub use advance::{Advance, Moment, Pause, StoppedBy};
pub use depth::TrainingDevice;
pub(crate) use depth::{POSTERIOR_LOGITS, posterior};
pub use resume::Position;
pub use trainer::{Trained, Trainer, TrainingData};
