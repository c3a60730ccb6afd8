//! Typed parsing of RON that says which field is at fault.

use ron::Error as RonError;
use ron::extensions::Extensions;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

/// The first error of a text.
#[derive(Debug)]
pub(super) struct ParseError {
    /// Path of the innermost field around the error; empty if there is none.
    pub(super) field: String,
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// What is wrong.
    pub(super) code: RonError,
}

/// The value that `text` holds; `at` is the path of that value, empty for a whole configuration.
pub(super) fn parse<T: DeserializeOwned>(text: &str, at: &str) -> Result<T, ParseError> {
    let not_ron = |error: ron::error::SpannedError| parse_error(at.to_owned(), error);
    let mut deserializer = ron::Deserializer::from_str_with_options(text, &options()).map_err(not_ron)?;
    let value = serde_path_to_error::deserialize(&mut deserializer);
    let value = value.map_err(|error| {
        let field = field_of(at, error.path());
        parse_error(field, deserializer.span_error(error.into_inner()))
    })?;
    deserializer
        .end()
        .map_err(|error| not_ron(deserializer.span_error(error)))?;
    Ok(value)
}

/// The value as it is written in a configuration, on one line.
pub(super) fn write<T: Serialize + ?Sized>(value: &T) -> String {
    let written = options().to_string(value);
    written.expect("every value of a configuration has a RON form")
}

fn options() -> ron::Options {
    ron::Options::default().with_default_extension(Extensions::IMPLICIT_SOME)
}

/// Names of fields, joined by dots; the name of a variant and the place in a list are not part of it.
fn field_of(at: &str, path: &Path) -> String {
    let names = path.iter().filter_map(|segment| match segment {
        Segment::Map { key } => Some(key.as_str()),
        _ => None,
    });
    let at = (!at.is_empty()).then_some(at);
    at.into_iter().chain(names).collect::<Vec<_>>().join(".")
}

fn parse_error(field: String, error: ron::error::SpannedError) -> ParseError {
    let position = error.span.start;
    ParseError {
        field,
        line: position.line,
        column: position.col,
        code: error.code,
    }
}
