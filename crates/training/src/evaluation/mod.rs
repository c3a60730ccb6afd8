//! Predictive distributions of a network and their scores.

mod grid;
mod pass;
mod scores;
#[cfg(test)]
mod tests;

pub use grid::predictive_grid;
pub use pass::{Predicted, predict};
pub use scores::{MarginalScores, depth_scores, marginal_scores, test_scores};
