//! How far a run gets at a time.

use crate::record::EpochMetrics;

/// A moment at which [`Trainer::advance`](super::Trainer::advance) can pause.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// Before a step. If the run goes on, it goes on with that step.
    Step,
    /// In the evaluation at the end of an epoch. If the run goes on, it begins that evaluation again.
    Evaluation,
}

/// Whether to pause.
pub type Pause<'a> = &'a dyn Fn(Moment) -> bool;

/// How far [`Trainer::advance`](super::Trainer::advance) came.
#[derive(Clone, Debug, PartialEq)]
pub enum Advance {
    /// It was asked to pause, between two steps or in the evaluation at the end of an epoch.
    Paused,
    /// An epoch is complete.
    Epoch(EpochMetrics),
    /// There is nothing more to do.
    Ended(StoppedBy),
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoppedBy {
    /// The configured number of epochs was run.
    MaxEpochs,
    /// Patience ran out.
    EarlyStopping,
}

impl StoppedBy {
    /// All reasons.
    pub const ALL: [Self; 2] = [Self::MaxEpochs, Self::EarlyStopping];

    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxEpochs => "max_epochs",
            Self::EarlyStopping => "early_stopping",
        }
    }
}
