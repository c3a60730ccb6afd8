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
mod step;
pub mod streams;
mod trainer;

pub use depth_model::TrainingDevice;
pub use error::{Error, Result};
pub use evaluation::{
    EpochScores, EvaluationSettings, HeldOutPass, Mixture, Predicted, Scored, depth_scores, epoch_scores, evaluate,
    predict, predictive_grid,
};
pub use fitted::FittedModel;
pub use learner::{Learner, ProposedStep};
pub use options::{EarlyStopping, LogitsRate, Metric, Objective, PosteriorUpdate, TrainOptions};
pub use outcome::{PausePoint, ShouldPause, StepOutcome};
pub use state::TrainerState;
pub use step::{Batch, StepMeans, StepSettings};
pub use trainer::{Trainer, TrainingData};
