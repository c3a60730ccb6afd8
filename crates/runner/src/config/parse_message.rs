//! What is wrong with a text, in the words of the table of fields.

use ron::Error as RonError;
use vds_files::{Shown as _, excerpt};

use super::fields::find;
use super::parse::ParseError;

/// The message; it names the field.
pub(super) fn parse_message(error: &ParseError) -> String {
    let field = error.field.as_str();
    let inner = |name: &str| match field {
        "" => name.to_owned(),
        field => format!("{field}.{name}"),
    };
    let expected = find(field).map(|known| &known.expected);
    match (&error.code, expected) {
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
        (RonError::Message(message), _) => message.shown().to_string(),
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
            let mut text = other.to_string().shown().to_string();
            if let Some(first) = text.get_mut(..1) {
                first.make_ascii_lowercase();
            }
            if field.is_empty() {
                text
            } else {
                format!("{}: {text}", excerpt(field))
            }
        }
    }
}
