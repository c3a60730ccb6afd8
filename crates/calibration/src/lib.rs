#![doc = include_str!("../README.md")]

mod adaptive;
mod bootstrap;
mod ece_uncertainty;
mod error;
mod means;
mod paired;
mod paper;
mod predictions;
mod reliability;
mod sample;
mod score;
mod scores;
mod temperature;
mod uncertainty;

pub use adaptive::{equal_mass_calibration_error, quantile_calibration_error};
pub use bootstrap::bootstrap_mean_interval;
pub use ece_uncertainty::{EceUncertainty, ece_uncertainty};
pub use error::{Error, Result};
pub use means::{
    accuracy, brier_score, brier_scores, error_rate, mean_confidence, negative_log_likelihood,
    negative_log_likelihoods, predictive_entropy,
};
pub use paired::{MeanInterval, PairedDifference, mean_interval, paired_difference};
pub use paper::{PooledBin, mean_true_probability, paper_pooled_calibration, paper_pooled_curve};
pub use predictions::Predictions;
pub use reliability::{
    ReliabilityBin, ReliabilityDiagram, expected_calibration_error, maximum_calibration_error,
    root_mean_square_calibration_error,
};
pub use score::{Better, Evaluated, SCORES, Score, Unit, score};
pub use scores::Scores;
pub use temperature::{apply_temperature, fit_temperature};
pub use uncertainty::{DepthUncertainty, depth_uncertainty};
