//! Text and JSON in files from outside.

use std::fs::File;
use std::io::{self, Read as _};
use std::path::Path;

use serde::de::DeserializeOwned;

use crate::error::{Error, OrInput as _};
use crate::excerpt::excerpt;

/// Bytes of a configuration; the shipped ones have a thousandth of it.
const LONGEST_CONFIG: u64 = 1 << 20;

/// The text of a file.
///
/// # Errors
/// [`Error::Input`] naming the file, and the byte that is no UTF-8.
pub(crate) fn read_text(path: &Path) -> Result<String, Error> {
    text(path, read_at_most(path, u64::MAX)?)
}

/// The text of a configuration file.
///
/// # Errors
/// As [`read_text`], and if it is longer than any configuration.
pub(crate) fn read_config(path: &Path) -> Result<String, Error> {
    // One byte more than allowed tells a file that is too long from one that just fits.
    let bytes = read_at_most(path, LONGEST_CONFIG + 1)?;
    if bytes.len() as u64 > LONGEST_CONFIG {
        let path = path.display();
        let message = format!("{path} has more than {LONGEST_CONFIG} bytes, too many for a configuration");
        return Err(Error::input(message));
    }
    text(path, bytes)
}

/// A value from the JSON in a file.
///
/// # Errors
/// As [`read_text`], and if it is no JSON or holds something else.
pub(crate) fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    json(&read_text(path)?, path, 1)
}

/// A value from JSON that begins at a line of a file.
///
/// # Errors
/// [`Error::Input`] with file, line and column if it is no JSON or holds something else.
pub(crate) fn json<T: DeserializeOwned>(text: &str, path: &Path, first_line: usize) -> Result<T, Error> {
    serde_json::from_str(text).map_err(|error| {
        let (line, column) = (first_line + error.line().saturating_sub(1), error.column());
        let place = format!("{}:{line}:{column}", path.display());
        if error.is_eof() {
            return Error::input(format!("{place}: the text ends in the middle of a value"));
        }
        // The parser adds the place within the text that it was given.
        let problem = error.to_string();
        let end = problem.rfind(" at line ").unwrap_or(problem.len());
        Error::input(format!("{place}: {}", excerpt(&problem[..end])))
    })
}

fn read_at_most(path: &Path, n_bytes: u64) -> Result<Vec<u8>, Error> {
    let read = || -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        File::open(path)?.take(n_bytes).read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().or_input(|| format!("reading {}", path.display()))
}

fn text(path: &Path, bytes: Vec<u8>) -> Result<String, Error> {
    String::from_utf8(bytes).map_err(|error| {
        let byte = error.utf8_error().valid_up_to();
        Error::input(format!("{} is no text: byte {byte} is not UTF-8", path.display()))
    })
}
