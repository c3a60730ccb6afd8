//! Text and JSON in files from outside.

use std::path::Path;

use serde::de::DeserializeOwned;
use vds_files::excerpt;

use crate::error::{Error, Result};
use crate::files::MAX_TEXT;

/// Bytes of a configuration; the shipped ones have a thousandth of it.
pub const MAX_CONFIG: u64 = 1 << 20;

/// The text of a configuration file.
///
/// # Errors
/// [`Error::Io`], also if it is not a regular file or longer than any configuration; [`Error::NotText`] with the first byte that
/// is not UTF-8.
pub fn config_text(path: &Path) -> Result<String> {
    text(path, MAX_CONFIG)
}

/// A value from the JSON in a file.
///
/// # Errors
/// As [`config_text`], for the length of any record; and [`Error::Json`] if the file holds something else.
pub fn json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    json_text(&text(path, MAX_TEXT)?, path, 1)
}

fn text(path: &Path, limit: u64) -> Result<String> {
    let bytes = vds_files::read(path, limit).map_err(|source| Error::Io {
        path: path.to_path_buf(),
        source,
    })?;
    to_text(path, bytes)
}

/// A value from JSON that begins at line `first_line` of a file.
pub(crate) fn json_text<T: DeserializeOwned>(text: &str, path: &Path, first_line: usize) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        // The parser adds the place within the text that it was given.
        let message = error.to_string();
        let end = message.rfind(" at line ").unwrap_or(message.len());
        Error::Json {
            path: path.to_path_buf(),
            line: first_line + error.line().saturating_sub(1),
            column: error.column(),
            problem: if error.is_eof() {
                "the text ends in the middle of a value".to_owned()
            } else {
                excerpt(&message[..end])
            },
        }
    })
}

pub(crate) fn to_text(path: &Path, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|error| Error::NotText {
        path: path.to_path_buf(),
        byte: error.utf8_error().valid_up_to(),
    })
}
