//! Typed parsing of RON that says which field is at fault.

use ron::Error as RonError;
use ron::extensions::Extensions;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_path_to_error::{Path, Segment};

use super::fields::find;
use vds_records::read::excerpt;

/// The first error of a text.
#[derive(Debug)]
pub(super) struct ParseError {
    /// Path of the innermost field around the error; empty if there is none.
    pub(super) field: String,
    /// Line, from 1.
    pub(super) line: usize,
    /// Column in characters, from 1.
    pub(super) column: usize,
    /// What is wrong; it names the field.
    pub(super) message: String,
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
    let message = message(&field, &error.code);
    let position = error.span.start;
    ParseError {
        field,
        line: position.line,
        column: position.col,
        message,
    }
}

fn message(field: &str, error: &RonError) -> String {
    let inner = |name: &str| match field {
        "" => name.to_owned(),
        field => format!("{field}.{name}"),
    };
    let expected = find(field).map(|known| &known.expected);
    match (error, expected) {
        (RonError::NoSuchStructField { found, expected, .. }, _) => {
            // The path already ends with the name that was found.
            let path = if field.ends_with(found.as_str()) {
                field.to_owned()
            } else {
                inner(found)
            };
            format!("{} is not a field; there are {}", excerpt(&path), expected.join(", "))
        }
        (RonError::DuplicateStructField { field: name, .. }, _) => format!("{} is given twice", inner(name)),
        (RonError::MissingStructField { field: name, .. }, _) => {
            let path = inner(name);
            match find(&path) {
                Some(known) => format!("{path} is missing, expected {}", known.expected),
                None => format!("{path} is missing"),
            }
        }
        (RonError::Message(message), _) => message.clone(),
        (RonError::NoSuchEnumVariant { found, .. }, Some(expected)) => {
            format!("{field} is {}, expected {expected}", excerpt(found))
        }
        (
            RonError::ExpectedInteger
            | RonError::ExpectedFloat
            | RonError::ExpectedString
            | RonError::ExpectedBoolean
            | RonError::ExpectedOption
            | RonError::ExpectedArray
            | RonError::ExpectedStructLike
            | RonError::ExpectedNamedStructLike(_)
            | RonError::ExpectedIdentifier
            | RonError::SuggestRawIdentifier(_)
            | RonError::IntegerOutOfBounds
            | RonError::InvalidValueForType { .. },
            Some(expected),
        ) => format!("{field} has an invalid value, expected {expected}"),
        (RonError::ExpectedStructLike | RonError::ExpectedNamedStructLike(_), None) if field.is_empty() => {
            "expected `(`, with which a configuration begins".to_owned()
        }
        (other, _) => {
            let mut text = other.to_string();
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            if field.is_empty() {
                text
            } else {
                format!("{field}: {text}")
            }
        }
    }
}
