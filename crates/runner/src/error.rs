//! How a failure is reported, and how it ends the process.

use std::error::Error as StdError;
use std::fmt::Display;
use std::io;
use std::process;

use vds_files::Shown as _;

use crate::output;

/// What the exit code of the process means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ExitCode {
    /// All went well, or the reader of the output went away.
    Success,
    /// Something failed that no other input would have avoided for certain: a loss is not finite, no server gives a file,
    /// recorded numbers are not reproduced.
    Failure,
    /// Arguments, configuration, data, a stored run or the place for the output are at fault.
    BadInput,
    /// A signal ended the run early; `--resume` resumes it. The code is `EX_TEMPFAIL`.
    Interrupted,
}

impl ExitCode {
    /// The number that the shell sees.
    pub fn number(self) -> u8 {
        match self {
            Self::Success => 0,
            Self::Failure => 1,
            Self::BadInput => 2,
            Self::Interrupted => 75,
        }
    }
}

impl From<ExitCode> for process::ExitCode {
    fn from(code: ExitCode) -> Self {
        Self::from(code.number())
    }
}

/// A failure of this crate.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Something that came from outside is at fault.
    #[error("{message}")]
    Input {
        /// What is wrong.
        message: String,
        /// What to do about it.
        hint: Option<String>,
        /// Why, if another error says so.
        #[source]
        source: Option<Box<dyn StdError + Send + Sync>>,
    },
    /// Training failed, and there is something to resume from or to look at.
    #[error("training stopped")]
    Stopped {
        /// What there is, and where.
        hint: String,
        /// Why.
        #[source]
        source: Box<dyn StdError + Send + Sync>,
    },
    /// The standard output does not take what is printed.
    #[error("writing to the standard output")]
    Output {
        /// What has been stored, and where.
        hint: Option<String>,
        /// Why.
        #[source]
        source: io::Error,
    },
}

impl Error {
    /// Bad input that needs no further cause.
    pub(crate) fn input(message: impl Into<String>) -> Self {
        Self::Input {
            message: message.into(),
            hint: None,
            source: None,
        }
    }

    /// Bad input with advice.
    pub(crate) fn input_with_hint(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self::Input {
            message: message.into(),
            hint: Some(hint.into()),
            source: None,
        }
    }
}

/// Marks a failure as that of an input.
pub(crate) trait OrInput<T> {
    /// Says what was being done when the input failed.
    fn or_input<M: Display>(self, doing: impl FnOnce() -> M) -> Result<T, Error>;
}

impl<T, E: Into<Box<dyn StdError + Send + Sync>>> OrInput<T> for Result<T, E> {
    fn or_input<M: Display>(self, doing: impl FnOnce() -> M) -> Result<T, Error> {
        self.map_err(|source| Error::Input {
            message: doing().to_string(),
            hint: None,
            source: Some(source.into()),
        })
    }
}

/// The exit code of a failure: that of the first cause that decides.
pub fn exit_code(error: &anyhow::Error) -> ExitCode {
    error.chain().find_map(code_of).unwrap_or(ExitCode::Failure)
}

fn code_of(cause: &(dyn StdError + 'static)) -> Option<ExitCode> {
    match cause.downcast_ref::<Error>() {
        // A reader of the results that has gone away is not a failure.
        Some(Error::Output { source, .. }) if source.kind() == io::ErrorKind::BrokenPipe => {
            return Some(ExitCode::Success);
        }
        Some(Error::Output { .. }) => return Some(ExitCode::BadInput),
        // A cause further down the chain may decide otherwise.
        Some(Error::Input { .. }) => {
            let deeper = cause.source().and_then(code_of);
            return Some(deeper.unwrap_or(ExitCode::BadInput));
        }
        // What stopped the training decides.
        Some(Error::Stopped { .. }) | None => {}
    }
    #[cfg(feature = "download")]
    if let Some(error) = cause.downcast_ref() {
        return Some(match error {
            vds_datasets::download::Error::NotFetched { .. } => ExitCode::Failure,
            _ => ExitCode::BadInput,
        });
    }
    if let Some(error) = cause.downcast_ref::<vds_training::Error>() {
        return code_of_training(error);
    }
    let is_input = cause.is::<io::Error>()
        || cause.is::<crate::config::Error>()
        || cause.is::<vds_datasets::Error>()
        || cause.is::<vds_records::Error>()
        || cause.is::<vds_sweeps::Error>()
        || cause.is::<vds_checkpoint::Error>();
    is_input.then_some(ExitCode::BadInput)
}

fn code_of_training(error: &vds_training::Error) -> Option<ExitCode> {
    match error {
        vds_training::Error::NonFinite { .. } => Some(ExitCode::Failure),
        vds_training::Error::State { .. } | vds_training::Error::Datasets(_) | vds_training::Error::Checkpoint(_) => {
            Some(ExitCode::BadInput)
        }
        _ => None,
    }
}

/// Prints a failure on the standard error, unless nobody waits to hear of it, and returns its exit code.
pub fn report(failure: &anyhow::Error) -> ExitCode {
    let code = exit_code(failure);
    if code != ExitCode::Success {
        output::note(&format!("error: {}", text(failure)));
    }
    code
}

/// The chain of causes on one line, then the advice on another, if there is any. A cause that the one before it already quotes
/// is not repeated.
pub fn text(error: &anyhow::Error) -> String {
    let text = joined(error.chain().map(ToString::to_string));
    let hint = error.chain().find_map(hint_of);
    match hint {
        Some(hint) => format!("{text}\nhint: {hint}"),
        None => text,
    }
}

fn hint_of(cause: &(dyn StdError + 'static)) -> Option<String> {
    if let Some(vds_records::Error::Unfinished { run }) = cause.downcast_ref() {
        if vds_records::RunReader::new(run).has_diverged() {
            let file = run.join(vds_records::files::NON_FINITE);
            return Some(format!(
                "the run has diverged: {} says in which step; train it with a smaller optimizer.learning_rate, or see it with \
                 `vds report`",
                file.shown()
            ));
        }
        return Some(format!("finish it with `vds train --resume {}`", run.quoted()));
    }
    match cause.downcast_ref::<Error>()? {
        Error::Input { hint, .. } | Error::Output { hint, .. } => hint.clone(),
        Error::Stopped { hint, .. } => Some(hint.clone()),
    }
}

/// The chain of causes on one line.
pub(crate) fn text_of(error: &(dyn StdError + 'static)) -> String {
    joined(std::iter::successors(Some(error), |&error| error.source()).map(ToString::to_string))
}

fn joined(causes: impl Iterator<Item = String>) -> String {
    let mut text = String::new();
    for cause in causes {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::Context as _;

    #[track_caller]
    fn check(error: impl Into<anyhow::Error>, code: ExitCode, expected: &str) {
        let error = error.into();
        assert_eq!((exit_code(&error), text(&error).as_str()), (code, expected));
    }

    #[test]
    fn error_is_printed_once_with_the_hint_at_the_end() {
        let cause = io::Error::new(io::ErrorKind::NotFound, "no such file");
        let error = Err::<(), _>(cause)
            .or_input(|| "reading a.ron")
            .context("training")
            .unwrap_err();
        check(error, ExitCode::BadInput, "training: reading a.ron: no such file");
        check(
            Error::input_with_hint("runs/a holds a run", "choose another"),
            ExitCode::BadInput,
            "runs/a holds a run\nhint: choose another",
        );
    }

    #[test]
    fn error_of_writing_to_a_closed_pipe_is_success() {
        let output = |kind: io::ErrorKind| Error::Output {
            hint: None,
            source: kind.into(),
        };
        assert_eq!(exit_code(&output(io::ErrorKind::BrokenPipe).into()), ExitCode::Success);
        check(
            output(io::ErrorKind::StorageFull),
            ExitCode::BadInput,
            "writing to the standard output: no storage space",
        );
        // Another pipe than that of the results.
        let other = io::Error::from(io::ErrorKind::BrokenPipe);
        assert_eq!(exit_code(&other.into()), ExitCode::BadInput);
    }

    #[test]
    fn error_of_a_non_finite_loss_names_the_step() {
        let source = vds_training::Error::NonFinite {
            what: "loss".to_owned(),
            value: f64::NAN,
            at: Some((3, 7)),
            place: Some(vds_model::Place {
                depth: 2,
                layer: "output_layer".to_owned(),
            }),
        };
        check(
            Error::Stopped {
                hint: "there is a checkpoint".to_owned(),
                source: source.into(),
            },
            ExitCode::Failure,
            "training stopped: loss is NaN in epoch 3, step 7, first in layer `output_layer` at depth 2\nhint: there is a checkpoint",
        );
        check(anyhow::anyhow!("odd"), ExitCode::Failure, "odd");
    }
}
