//! Scores of a network on a data split, in evaluation mode.

mod pass;
mod plane;
mod scores;
#[cfg(test)]
mod tests;

pub use pass::{ExampleUncertainty, Predicted, predict};
pub use plane::plane;
pub use scores::{Marginal, depth_scores, marginal_scores, test_scores};

use vds_datasets::{Examples, Standardization};

/// Examples and how they are standardised.
#[derive(Clone, Copy, Debug)]
pub struct Split<'a> {
    /// The examples, at least one.
    pub examples: &'a Examples,
    /// Their standardisation: that of the training set.
    pub standardization: &'a Standardization,
}
