//! The configuration of a run: a RON file, overrides from the command line, and everything that is checked about them.
//!
//! Two stages: [`ConfigFile`] is what the file says, field by field; [`Config`] is what remains after every check, and the
//! only thing that the rest of the program accepts. [`load`] reports all problems at once, each with its place, the field's
//! path, what it is and what was expected.

mod check;
mod fields;
mod file;
mod problem;
mod recover;
mod resolved;
mod source;
mod syntax;
#[cfg(test)]
mod tests;

use std::path::Path;

pub use vds_model::HeadStatistics;
pub use vds_records::Method;

pub use file::{
    ConfigFile, Dataset, Keep, NetworkSizes, Optimizer, Prior, Protocol, Quantity, Schedule, Schedules, Selection,
};
pub use problem::{ConfigError, Place, Problem};
pub use resolved::Config;
pub use source::Setting;

use source::Source;

/// Version of the layout of a configuration; a reader refuses any other.
pub const CONFIG_SCHEMA: u32 = 1;

/// Reads, overrides and checks the configuration in `text`; `path` is how messages call the file.
///
/// # Errors
/// [`ConfigError`] with every problem found.
pub fn load(path: &Path, text: &str, settings: &[Setting]) -> Result<Config, ConfigError> {
    let mut source = Source::new(text);
    let mut problems = Vec::new();
    for setting in settings {
        problems.extend(source.apply(setting).err());
    }
    let Some(parsed) = recover::parse(&mut source, &mut problems) else {
        return Err(ConfigError::new(path, problems));
    };
    check::check(&parsed, &source, &mut problems);
    if !problems.is_empty() {
        return Err(ConfigError::new(path, problems));
    }
    Ok(Config::new(parsed.file))
}
