//! Steps that fail, and where.

use vds_model::Place;

use crate::error::Error;

/// Why a step could not be done.
#[derive(Debug)]
pub(super) enum Failure {
    /// A number is not finite.
    NonFinite {
        what: String,
        value: f64,
        /// Where it was seen, if that is known without looking.
        place: Option<Place>,
    },
    /// Anything else.
    Other(anyhow::Error),
}

impl Failure {
    /// Of a running statistic.
    pub(super) fn of_statistic(place: Place, value: f32) -> Self {
        Self::NonFinite {
            what: "a running statistic".to_owned(),
            value: f64::from(value),
            place: Some(place),
        }
    }

    /// Of a step of an optimiser; `place` names the place of an element.
    pub(super) fn of_step(error: vds_model::Error, place: impl FnOnce(usize) -> Place) -> Self {
        match error {
            vds_model::Error::NonFinite { what, index, value } => Self::NonFinite {
                what: format!("a {what}"),
                value: f64::from(value),
                place: Some(place(index)),
            },
            other => Self::Other(other.into()),
        }
    }

    /// The error for a step, counted from 1; `walk` looks for the first layer with such an output.
    pub(super) fn told_of(self, epoch: usize, step: usize, walk: impl FnOnce() -> Option<Place>) -> anyhow::Error {
        match self {
            Self::NonFinite { what, value, place } => {
                let error = Error::NonFinite {
                    what,
                    value,
                    epoch,
                    step,
                    place: place.or_else(walk),
                };
                error.into()
            }
            Self::Other(error) => error.context(format!("epoch {epoch}, step {step}")),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(error: anyhow::Error) -> Self {
        Self::Other(error)
    }
}

impl From<vds_model::Error> for Failure {
    fn from(error: vds_model::Error) -> Self {
        Self::Other(error.into())
    }
}

impl From<vds_variational::Error> for Failure {
    fn from(error: vds_variational::Error) -> Self {
        let (what, value) = match error {
            vds_variational::Error::NonFinite { what, value } => (what.to_owned(), value),
            vds_variational::Error::Entry {
                what: "mean_nll",
                index,
                value,
                ..
            } => (format!("the loss at depth {index}"), value),
            vds_variational::Error::Entry { what, index, value, .. } => (format!("{what}[{index}]"), value),
            other => return Self::Other(other.into()),
        };
        Self::NonFinite {
            what,
            value,
            place: None,
        }
    }
}
