//! Points in a text file, batch by batch.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use crate::error::{Error, Result};
use crate::format_error::FormatError;

/// Bytes of a line of points; a longer one holds anything but a point.
const MAX_LINE: usize = 1 << 20;

/// Calls `visit` with the values of some points and the line of each, from 1. A line has numbers in columns separated by blanks,
/// commas or semicolons; empty lines and what follows `#` are left out.
pub(crate) fn for_each_batch<E: From<Error>>(
    path: &Path,
    n_columns: usize,
    batch_size: usize,
    mut visit: impl FnMut(Vec<f32>, Vec<usize>) -> Result<(), E>,
) -> Result<(), E> {
    assert!(batch_size > 0, "batches of 0 points");
    let unreadable = |source| Error::ReadPoints {
        path: path.to_owned(),
        source,
    };
    let mut reader = BufReader::new(vds_files::open(path).map_err(unreadable)?);
    let (mut text, mut line, mut offset) = (Vec::new(), 0, 0);
    let (mut values, mut lines, mut is_empty) = (Vec::new(), Vec::new(), true);
    loop {
        text.clear();
        let mut start = reader.by_ref().take(MAX_LINE as u64 + 1);
        let n_read = start.read_until(b'\n', &mut text).map_err(unreadable)?;
        line += 1;
        let point = point(&text, offset, n_columns).map_err(|problem| Error::MalformedLine {
            path: path.to_owned(),
            line,
            problem: Box::new(problem),
        })?;
        if let Some(point) = point {
            values.extend(point);
            lines.push(line);
        }
        offset += n_read;
        let is_end = n_read == 0;
        if lines.len() == batch_size || (is_end && !lines.is_empty()) {
            visit(std::mem::take(&mut values), std::mem::take(&mut lines))?;
            is_empty = false;
        }
        match (is_end, is_empty) {
            (false, _) => {}
            (true, false) => return Ok(()),
            (true, true) => return Err(Error::NoPoints { path: path.to_owned() }.into()),
        }
    }
}

/// The point of a line that begins at byte `offset` of its file; `None` for a line without one.
fn point(line: &[u8], offset: usize, n_columns: usize) -> Result<Option<Vec<f32>>, FormatError> {
    if line.len() > MAX_LINE {
        return Err(FormatError::LongLine {
            limit: MAX_LINE,
            n_columns,
        });
    }
    let text = str::from_utf8(line).map_err(|error| FormatError::NotUtf8 {
        byte: offset + error.valid_up_to(),
    })?;
    let text = text.split('#').next().unwrap_or("");
    if text.trim().is_empty() {
        return Ok(None);
    }
    let malformed = || FormatError::Point {
        text: vds_files::excerpt(text),
        n_columns,
    };
    numbers(text, n_columns).map(Some).ok_or_else(malformed)
}

/// The numbers of a line. A comma or semicolon ends a column, which must not be empty; blanks end one that is not.
fn numbers(text: &str, n_columns: usize) -> Option<Vec<f32>> {
    let mut numbers = Vec::new();
    for column in text.split([',', ';']) {
        let n_before = numbers.len();
        for word in column.split_whitespace() {
            numbers.push(word.parse().ok().filter(|value: &f32| value.is_finite())?);
            // A line can have a hundred thousand more.
            if numbers.len() > n_columns {
                return None;
            }
        }
        if numbers.len() == n_before {
            return None;
        }
    }
    (numbers.len() == n_columns).then_some(numbers)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_have_columns_between_blanks_commas_and_semicolons() {
        for text in ["1 2", "1,2\r\n", " 1\t;\t2 # a comment", "1.0e0 , 2"] {
            assert_eq!(point(text.as_bytes(), 0, 2), Ok(Some(vec![1.0, 2.0])), "{text}");
        }
        for text in ["", "\n", " # 1 2"] {
            assert_eq!(point(text.as_bytes(), 0, 2), Ok(None), "{text}");
        }
    }

    #[test]
    fn points_with_empty_columns_are_refused() {
        for text in ["1,,2", ",1,2", "1,2,", "1; ;2", ","] {
            let error = point(text.as_bytes(), 0, 2).unwrap_err();
            let expected = format!("\"{text}\" is not a point, expected 2 finite numbers");
            assert_eq!(error.to_string(), expected);
        }
    }

    #[test]
    fn points_on_lines_without_end_are_refused() {
        let long = vec![b' '; MAX_LINE + 1];
        let error = point(&long, 0, 2).unwrap_err();
        let expected = "the line has more than 1048576 bytes, expected 2 numbers";
        assert_eq!(error.to_string(), expected);
        assert_eq!(point(&long[1..], 0, 2), Ok(None));
    }
}
