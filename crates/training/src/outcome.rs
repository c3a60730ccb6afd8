//! What one call of the trainer comes to.

use vds_records::{EpochMetrics, StoppedBy};

/// A point at which [`Trainer::train_epoch`](crate::Trainer::train_epoch) can pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PausePoint {
    /// Before a step. A run that resumes does that step next.
    Step,
    /// In the evaluation at the end of an epoch. A run that resumes begins that evaluation again.
    Evaluation,
}

/// Whether to pause.
pub type ShouldPause<'a> = &'a dyn Fn(PausePoint) -> bool;

/// What [`Trainer::train_epoch`](crate::Trainer::train_epoch) came to.
#[derive(Clone, Debug, PartialEq)]
pub enum StepOutcome {
    /// It was asked to pause, between two steps or in the evaluation at the end of an epoch.
    Paused,
    /// An epoch is complete.
    Epoch(Box<EpochMetrics>),
    /// All epochs are done, or patience has run out.
    Ended(StoppedBy),
}
