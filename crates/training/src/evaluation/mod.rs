//! Predictive distributions of a network and their scores.

mod epoch;
mod grid;
mod held_out;
mod mixture;
mod pass;
mod scores;
#[cfg(test)]
mod tests;

pub use epoch::{EpochScores, epoch_scores};
pub use grid::predictive_grid;
pub use held_out::HeldOutPass;
pub use mixture::Mixture;
pub use pass::{Predicted, predict};
pub use scores::{EvaluationSettings, Scored, depth_scores, evaluate};
