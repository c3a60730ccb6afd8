//! Why a configuration is refused.

use std::fmt;
use std::path::PathBuf;

use vds_files::Shown as _;

/// Why a configuration is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file is not RON, or a field is missing, unknown or of another type. It is the first such error of the file.
    #[error("{}:{line}:{column}: {message}", path.shown())]
    Parse {
        /// The file.
        path: PathBuf,
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong, with the path of the field if one is at fault.
        message: String,
    },
    /// The file can be parsed, but not every override can be applied, or values are out of range or contradict each other.
    #[error("{}: {} in the configuration{}", path.shown(), count(problems), lines(problems))]
    Invalid {
        /// The file.
        path: PathBuf,
        /// Every problem, at least one.
        problems: Vec<FieldProblem>,
    },
}

/// What is wrong with the value of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldProblem {
    /// Path of the field, `optimizer.learning_rate` for instance.
    pub field: String,
    /// The argument of the command line from which the value comes, if it is not from the file.
    pub argument: Option<String>,
    /// What is wrong, and what was expected; it names the field.
    pub message: String,
}

impl fmt::Display for FieldProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(argument) = &self.argument {
            write!(f, "{}: ", argument.shown())?;
        }
        f.write_str(&self.message)
    }
}

fn count(problems: &[FieldProblem]) -> String {
    let noun = if problems.len() == 1 { "problem" } else { "problems" };
    format!("{} {noun}", problems.len())
}

fn lines(problems: &[FieldProblem]) -> String {
    problems.iter().map(|problem| format!("\n  {problem}")).collect()
}
