#![doc = include_str!("../README.md")]

mod environment;
mod epoch;
mod error;
mod examples;
pub mod files;
mod grid;
mod journal;
pub mod json;
mod prediction;
mod predictive;
pub mod read;
mod run;
mod scores;
mod summary;
mod sweep;

pub use environment::{DataFile, Environment, OtherFile, PrunedFrom, other_files};
pub use epoch::{EpochMetrics, NonFiniteStep};
pub use error::{Error, Result};
pub use examples::{ExampleScores, PerExample};
pub use grid::PredictiveGrid;
pub use journal::Event;
pub use prediction::Prediction;
pub use predictive::Predictive;
pub use run::{DivergedRun, RunReader, RunRecord, Timing};
pub use scores::{Evaluation, Fitted, RuleChoice, SplitScores, Temperatures};
pub use summary::{Cost, Method, NetworkKind, SelectionSplit, StoppedBy, Summary};
pub use sweep::{Cell, Sweep, ThreadSharing, Work};
pub use vds_calibration::Scores;
pub use vds_kernels::layout::HeadStatistics;
pub use vds_variational::PruningRule;
