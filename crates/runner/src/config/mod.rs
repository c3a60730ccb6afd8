//! The configuration of a run: a RON file, overrides from the command line, and everything that is checked about them.
//!
//! Two stages: [`ConfigFile`] is what the file says, with defaults for what it leaves out; [`Config`] is what remains after
//! every check, and the only thing that the rest of the program accepts. A file that cannot be parsed is refused at the first
//! error, with its place; values that are out of range or contradict each other are reported all at once.
//! Path, range and description of every field stand in one table, `fields`, which the checks, the overrides, the messages
//! and [`reference()`] read.

mod check;
mod error;
mod expected;
mod fields;
mod file;
mod overrides;
mod parse;
mod parse_message;
mod reference;
mod resolved;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use vds_model::HeadStatistics;
pub use vds_records::Method;
pub use vds_training::Metric;

pub use error::{Error, FieldProblem};
pub use file::{
    ConfigFile, DatasetConfig, EarlyStopping, FixedPosterior, NetworkSizes, Optimizer, Posterior, Prior, RateScale,
    Schedule, Schedules, Split,
};
pub use overrides::Override;
pub use reference::reference;
pub use resolved::Config;

/// Spirals and a network of one block: what tests train.
#[cfg(test)]
pub(crate) const SMALL: &str = "(
    schema: 3,
    dataset: Spirals(n: 2000),
    max_depth: 1,
    network: Fc(width: 20),
    prior: Uniform,
    epochs: 1,
    early_stopping: (split: none, metric: train_elbo),
)";

/// Reads, overrides and checks the configuration in `text`; `path` is how messages call the file.
///
/// # Errors
/// [`Error`]: the first error of the file's syntax and types, or else every override that cannot be applied, or else every
/// value that is out of range or contradicts another.
pub fn load(path: &Path, text: &str, overrides: &[Override]) -> Result<Config, Error> {
    let mut file: ConfigFile = parse::parse(text, "").map_err(|error| Error::Parse {
        path: path.to_path_buf(),
        line: error.line,
        column: error.column,
        message: parse_message::parse_message(&error),
    })?;
    let refused: Vec<FieldProblem> = overrides
        .iter()
        .filter_map(|over| over.apply(&mut file).err())
        .collect();
    let problems = if refused.is_empty() {
        let mut problems = check::check(&file);
        for problem in &mut problems {
            let source = overrides.iter().rev().find(|over| over.covers(&problem.field));
            problem.argument = source.map(|over| over.argument().to_owned());
        }
        problems
    } else {
        refused
    };
    if !problems.is_empty() {
        return Err(Error::Invalid {
            path: path.to_path_buf(),
            problems,
        });
    }
    Ok(Config::new(file))
}
