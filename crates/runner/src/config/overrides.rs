//! Fields of a configuration that the command line replaces.

use super::error::FieldProblem;
use super::fields::{children, find};
use super::file::ConfigFile;
use super::parse_message::parse_message;
use vds_files::excerpt;

/// An override `path=value`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Override {
    path: String,
    value: String,
    argument: String,
}

impl Override {
    /// From the text of a `--set` argument; the value is RON, and may be a whole struct.
    ///
    /// # Errors
    /// What is wrong with it, if it is not a path, `=` and a value. Whether these fit, [`load`](super::load) says.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (path, value) = text.split_once('=').unwrap_or_default();
        let (path, value) = (path.trim(), value.trim());
        if path.is_empty() || value.is_empty() {
            return Err("expected PATH=VALUE, as max_depth=5".to_owned());
        }
        Ok(Self {
            path: path.to_owned(),
            value: value.to_owned(),
            argument: format!("--set {}", excerpt(text)),
        })
    }

    /// The override of the option `--seed`.
    pub fn seed(seed: u64) -> Self {
        Self {
            path: "seed".to_owned(),
            value: seed.to_string(),
            argument: format!("--seed {seed}"),
        }
    }

    /// The argument as messages quote it.
    pub fn argument(&self) -> &str {
        &self.argument
    }

    /// Whether the field is the one that is replaced, or one in it.
    pub(super) fn covers(&self, field: &str) -> bool {
        let rest = field.strip_prefix(self.path.as_str());
        rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    }

    /// Replaces the field.
    pub(super) fn apply(&self, file: &mut ConfigFile) -> Result<(), FieldProblem> {
        let problem = |field: &str, message| FieldProblem {
            field: field.to_owned(),
            argument: Some(self.argument.clone()),
            message,
        };
        let field = find(&self.path);
        let value = field.and_then(|field| Some((field, field.value(file)?)));
        let Some((field, value)) = value else {
            return Err(problem(&self.path, self.unknown(file)));
        };
        value.read(&self.value, field.path).map_err(|error| {
            let message = match error.field == self.path {
                true => format!("{} is {}, expected {}", self.path, excerpt(&self.value), field.expected),
                false => parse_message(&error),
            };
            problem(&error.field, message)
        })
    }

    /// The message for a path that is not a field of this file: it lists the fields of the innermost struct on the path.
    fn unknown(&self, file: &mut ConfigFile) -> String {
        let path = excerpt(&self.path);
        let parents = self.path.rmatch_indices('.').map(|(dot, _)| &self.path[..dot]);
        let parent = parents.into_iter().find(|parent| find(parent).is_some()).unwrap_or("");
        match children(parent, file).as_slice() {
            [] => format!("{path} is not a field; {parent} has no fields"),
            names => format!("{path} is not a field; there are {}", names.join(", ")),
        }
    }
}
