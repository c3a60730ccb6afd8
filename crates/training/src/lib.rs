#![doc = include_str!("../README.md")]

mod batches;
mod depth_model;
mod epoch;
mod error;
mod evaluation;
mod fitted;
mod learner;
mod options;
mod outcome;
mod seal;
mod selection;
mod state;
pub mod streams;
mod trainer;

pub use depth_model::TrainingDevice;
pub use error::{Error, Result};
pub use evaluation::{MarginalScores, Predicted, depth_scores, marginal_scores, predict, predictive_grid, test_scores};
pub use fitted::FittedModel;
pub use learner::{Batch, Learner, ProposedStep, StepMeans};
pub use options::{EarlyStopping, Metric, Objective, TrainOptions};
pub use outcome::{PausePoint, ShouldPause, StepOutcome};
pub use state::TrainerState;
pub use trainer::{Trainer, TrainingData};
