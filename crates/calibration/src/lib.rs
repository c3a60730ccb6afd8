#![doc = include_str!("../README.md")]

mod adaptive;
mod error;
mod means;
mod paper;
mod predictions;
mod reliability;
mod score;
mod scores;
mod uncertainty;

pub use adaptive::{equal_mass_calibration_error, quantile_calibration_error};
pub use error::{Error, Result};
pub use means::{accuracy, brier_score, error_rate, mean_confidence, negative_log_likelihood, predictive_entropy};
pub use paper::{PooledBin, mean_true_probability, paper_pooled_calibration, paper_pooled_curve};
pub use predictions::Predictions;
pub use reliability::{
    ReliabilityBin, ReliabilityDiagram, expected_calibration_error, maximum_calibration_error,
    root_mean_square_calibration_error,
};
pub use score::{Better, Evaluated, SCORES, Score, Unit, score};
pub use scores::Scores;
pub use uncertainty::{DepthUncertainty, depth_uncertainty};
