//! What is wrong with a configuration.

use std::fmt;
use std::path::{Path, PathBuf};

/// Where a problem stands; places in the file come first, in its order.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// In the configuration file.
    File {
        /// Line, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
    },
    /// In an argument of the command line.
    Argument(String),
}

/// One problem, with its place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Where it stands.
    pub place: Place,
    /// What is wrong, and what was expected.
    pub message: String,
}

/// Every problem of one configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    path: PathBuf,
    problems: Vec<Problem>,
}

impl ConfigError {
    pub(super) fn new(path: &Path, mut problems: Vec<Problem>) -> Self {
        problems.sort();
        Self {
            path: path.to_path_buf(),
            problems,
        }
    }

    /// The problems, at least one, in the order of their places.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (path, count) = (self.path.display(), self.problems.len());
        let noun = if count == 1 { "problem" } else { "problems" };
        write!(f, "{path}: {count} {noun} in the configuration")?;
        for problem in &self.problems {
            match &problem.place {
                Place::File { line, column } => write!(f, "\n  {path}:{line}:{column}: ")?,
                Place::Argument(argument) => write!(f, "\n  {argument}: ")?,
            }
            f.write_str(&problem.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigError {}
