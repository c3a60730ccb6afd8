//! What can go wrong in this crate.

use std::fmt::Debug;

use vds_model::Place;
use vds_records::Predictive;

/// An error of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The loss, a gradient, a parameter or a running statistic is NaN or infinite.
    #[error("{what} is {value}{}{}", in_step(at), first_seen(place.as_ref()))]
    NonFinite {
        /// The quantity.
        what: String,
        /// Its value.
        value: f64,
        /// Epoch and step of the epoch, both from 1, if the step is one of a run.
        at: Option<(usize, usize)>,
        /// Where such a value first appeared, if that was found.
        place: Option<Place>,
    },
    /// A step failed.
    #[error("epoch {epoch}, step {step}")]
    Step {
        /// Epoch, from 1.
        epoch: usize,
        /// Step of the epoch, from 1.
        step: usize,
        /// Why.
        #[source]
        source: Box<Error>,
    },
    /// The evaluation at the end of an epoch failed.
    #[error("evaluating after epoch {epoch}")]
    Evaluation {
        /// Epoch, from 1.
        epoch: usize,
        /// Why.
        #[source]
        source: Box<Error>,
    },
    /// The network's output for some examples is not finite.
    #[error("the network's output for examples {first} to {last}")]
    Output {
        /// The first example of the batch.
        first: usize,
        /// The last example of the batch.
        last: usize,
        /// What is wrong with it.
        #[source]
        source: vds_variational::Error,
    },
    /// The trainer state is not one of this run.
    #[error("the trainer state does not belong to this run: {problem}")]
    State {
        /// What does not fit.
        problem: String,
    },
    /// Nothing was fitted to held-out data.
    #[error("the predictive \"{predictive}\" needs what is fitted to a validation split, and nothing is")]
    NotFitted {
        /// What was asked for.
        predictive: Predictive,
    },
    /// The weights are not those that were written.
    #[error("the content does not fit the SHA-256 digest in it: the file is damaged")]
    Digest,
    /// The description in a weights file is not one that `vds` writes.
    #[error("the metadata `vds` is malformed: {problem}")]
    Metadata {
        /// What is wrong.
        problem: String,
    },
    /// Options and network do not fit together.
    #[error("prior or posterior has {actual} probabilities, expected {expected}, one per depth")]
    PriorLength {
        /// Probabilities of the prior or posterior.
        actual: usize,
        /// Depths of the network.
        expected: usize,
    },
    /// The tensor library failed.
    #[error("{op} failed on the device: {message}")]
    Device {
        /// The operation.
        op: &'static str,
        /// What the library says.
        message: String,
    },
    /// The network, its optimizer or its weights.
    #[error(transparent)]
    Model(#[from] vds_model::Error),
    /// The posterior or the loss.
    #[error(transparent)]
    Variational(#[from] vds_variational::Error),
    /// The scores.
    #[error(transparent)]
    Calibration(#[from] vds_calibration::Error),
    /// The examples.
    #[error(transparent)]
    Datasets(#[from] vds_datasets::Error),
    /// The checkpoint.
    #[error(transparent)]
    Checkpoint(#[from] vds_checkpoint::Error),
}

impl Error {
    /// Says in which step of a run it happened.
    pub(crate) fn in_step(self, epoch: usize, step: usize) -> Self {
        match self {
            Self::NonFinite { what, value, place, .. } => Self::NonFinite {
                what,
                value,
                at: Some((epoch, step)),
                place,
            },
            other => Self::Step {
                epoch,
                step,
                source: Box::new(other),
            },
        }
    }
}

/// Result of this crate.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// dfdx's errors are not `std::error::Error`; this is the one place where they become ours.
pub(crate) fn on_device<T, E: Debug>(op: &'static str, result: std::result::Result<T, E>) -> Result<T> {
    result.map_err(|error| Error::Device {
        op,
        message: format!("{error:?}"),
    })
}

pub(crate) fn non_finite(what: impl Into<String>, value: impl Into<f64>, place: Option<Place>) -> Error {
    Error::NonFinite {
        what: what.into(),
        value: value.into(),
        at: None,
        place,
    }
}

/// The error of an optimizer's step; `place` names the place of an element.
pub(crate) fn step_error(error: vds_model::Error, place: impl FnOnce(usize) -> Place) -> Error {
    match error {
        vds_model::Error::NonFinite { what, index, value } => {
            non_finite(format!("a {what}"), value, Some(place(index)))
        }
        other => other.into(),
    }
}

pub(crate) fn loss_error(error: vds_variational::Error) -> Error {
    match error {
        vds_variational::Error::NonFinite { what, value } => non_finite(what, value, None),
        vds_variational::Error::Entry {
            what: "mean_nll",
            index,
            value,
            ..
        } => non_finite(format!("the loss at depth {index}"), value, None),
        vds_variational::Error::Entry { what, index, value, .. } => non_finite(format!("{what}[{index}]"), value, None),
        other => other.into(),
    }
}

fn in_step(at: &Option<(usize, usize)>) -> String {
    at.map_or_else(String::new, |(epoch, step)| format!(" in epoch {epoch}, step {step}"))
}

fn first_seen(place: Option<&Place>) -> String {
    place.map_or_else(String::new, |place| format!(", first in {place}"))
}
