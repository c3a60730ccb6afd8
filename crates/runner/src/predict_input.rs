//! Files of examples to predict for, read in batches: no file is in memory whole.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::Path;

use anyhow::Result;
use vds_datasets::{ExampleShape, Examples, Standardization, for_each_image_batch};
use vds_files::Shown as _;
use vds_records::read::excerpt;

use crate::error::{Error, OrInput as _};

/// Examples of a batch. The predictions do not depend on it; memory does.
const BATCH: usize = 4096;
/// Bytes of a line of points; a longer one holds anything but a point.
const MAX_LINE: usize = 1 << 20;

/// Some examples of a file, in its order. They have class 0 as a label, without a meaning.
#[derive(Debug)]
pub(crate) struct Batch<'a> {
    path: &'a Path,
    /// Index in the file of the first example.
    pub(crate) first: usize,
    pub(crate) examples: Examples,
    /// The line of each point, from 1; empty for images.
    lines: Vec<usize>,
}

impl Batch<'_> {
    /// Where an example of the batch stands: file and line, or file and number.
    pub(crate) fn place(&self, index: usize) -> String {
        let path = self.path.shown();
        match self.lines.get(index) {
            Some(line) => format!("{path}:{line}"),
            None => format!("{path}: example {}", self.first + index),
        }
    }

    /// Refuses points that are too far away to be standardized in single precision.
    pub(crate) fn check_standardized(&self, standardization: &Standardization) -> Result<(), Error> {
        let is_finite = |index: usize| {
            let features = self.examples.features(index).unwrap_or_default().iter().enumerate();
            features
                .map(|(feature, &value)| standardization.apply(feature, f64::from(value)))
                .all(f32::is_finite)
        };
        match (0..self.examples.len()).find(|&index| !is_finite(index)) {
            None => Ok(()),
            Some(index) => Err(Error::input(format!(
                "{}: the point is infinite once it is standardized",
                self.place(index)
            ))),
        }
    }
}

/// Calls `visit` with the examples of a file, which must be of a shape, batch by batch.
pub(crate) fn for_each_batch(
    path: &Path,
    shape: ExampleShape,
    n_classes: usize,
    mut visit: impl FnMut(&Batch<'_>) -> Result<()>,
) -> Result<()> {
    if let ExampleShape::Features(n_columns) = shape {
        return points(path, n_columns, n_classes, visit);
    }
    let mut first = 0;
    for_each_image_batch(path, shape, BATCH, |images| {
        let labels = vec![0; images.n];
        let examples = images.labeled(labels, n_classes)?;
        let n = examples.len();
        visit(&Batch {
            path,
            first,
            examples,
            lines: Vec::new(),
        })?;
        first += n;
        Ok(())
    })
}

/// Numbers in columns separated by blanks, commas or semicolons; empty lines and what follows `#` are left out.
fn points(
    path: &Path,
    n_columns: usize,
    n_classes: usize,
    mut visit: impl FnMut(&Batch<'_>) -> Result<()>,
) -> Result<()> {
    let reading = || format!("reading {}", path.shown());
    let mut reader = BufReader::new(vds_files::open(path).or_input(reading)?);
    let (mut line, mut line_number, mut offset) = (Vec::new(), 0, 0);
    let (mut values, mut lines, mut first) = (Vec::new(), Vec::new(), 0);
    loop {
        line.clear();
        let limit = MAX_LINE as u64 + 1;
        let n_read = reader
            .by_ref()
            .take(limit)
            .read_until(b'\n', &mut line)
            .or_input(reading)?;
        line_number += 1;
        if n_read > 0 {
            let malformed = |problem: String| Error::input(format!("{}:{line_number}: {problem}", path.shown()));
            if let Some(point) = point(&line, offset, n_columns).map_err(malformed)? {
                values.extend(point);
                lines.push(line_number);
            }
            offset += n_read;
        }
        let is_end = n_read == 0;
        if lines.len() == BATCH || (is_end && !lines.is_empty()) {
            let labels = vec![0; lines.len()];
            let n = lines.len();
            visit(&Batch {
                path,
                first,
                examples: Examples::from_features(std::mem::take(&mut values), n_columns, labels, n_classes)?,
                lines: std::mem::take(&mut lines),
            })?;
            first += n;
        }
        if is_end && first == 0 {
            return Err(Error::input(format!("{} holds no point", path.shown())).into());
        }
        if is_end {
            return Ok(());
        }
    }
}

/// The point of a line that begins at byte `offset` of its file; `None` for a line without one, or what is wrong with it.
fn point(line: &[u8], offset: usize, n_columns: usize) -> Result<Option<Vec<f32>>, String> {
    if line.len() > MAX_LINE {
        return Err(format!(
            "the line has more than {MAX_LINE} bytes, expected {n_columns} numbers"
        ));
    }
    let text = str::from_utf8(line).map_err(|error| {
        let byte = offset + error.valid_up_to();
        format!("byte {byte} of the file is not UTF-8, expected text")
    })?;
    let text = text.split('#').next().unwrap_or("");
    if text.trim().is_empty() {
        return Ok(None);
    }
    match numbers(text, n_columns) {
        Some(numbers) => Ok(Some(numbers)),
        None => Err(format!(
            "\"{}\" is not a point, expected {n_columns} finite numbers",
            excerpt(text)
        )),
    }
}

/// The numbers of a line. A comma or semicolon ends a column, which must not be empty; blanks end one that is not.
fn numbers(text: &str, n_columns: usize) -> Option<Vec<f32>> {
    let mut numbers = Vec::new();
    for column in text.split([',', ';']) {
        let n_before = numbers.len();
        for word in column.split_whitespace() {
            numbers.push(finite(word)?);
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

fn finite(word: &str) -> Option<f32> {
    word.parse().ok().filter(|value: &f32| value.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn predict_reads_columns_between_blanks_commas_and_semicolons() {
        for text in ["1 2", "1,2\r\n", " 1\t;\t2 # a comment", "1.0e0 , 2"] {
            assert_eq!(point(text.as_bytes(), 0, 2), Ok(Some(vec![1.0, 2.0])), "{text}");
        }
        for text in ["", "\n", " # 1 2"] {
            assert_eq!(point(text.as_bytes(), 0, 2), Ok(None), "{text}");
        }
    }

    #[test]
    fn predict_refuses_empty_columns_of_points() {
        for text in ["1,,2", ",1,2", "1,2,", "1; ;2", ","] {
            let expected = format!("\"{text}\" is not a point, expected 2 finite numbers");
            assert_eq!(point(text.as_bytes(), 0, 2), Err(expected));
        }
    }

    #[test]
    fn predict_refuses_points_that_are_infinite_once_standardized() {
        let batch = Batch {
            path: Path::new("p.txt"),
            first: BATCH,
            examples: Examples::from_features(vec![1.0, 1.0, 1.0, -3e38], 2, vec![0; 2], 1).unwrap(),
            lines: vec![7, 9],
        };
        let standardization = |sd: f64| Standardization::new(vec![0.0; 2], vec![1.0, sd]).unwrap();
        assert!(batch.check_standardized(&standardization(1.0)).is_ok());
        let error = batch.check_standardized(&standardization(0.5)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "p.txt:9: the point is infinite once it is standardized"
        );
        assert_eq!(batch.place(0), "p.txt:7");
        let images = Batch {
            lines: Vec::new(),
            ..batch
        };
        assert_eq!(images.place(1), "p.txt: example 4097");
    }

    #[test]
    fn predict_refuses_lines_without_end() {
        let long = vec![b' '; MAX_LINE + 1];
        let expected = "the line has more than 1048576 bytes, expected 2 numbers".to_owned();
        assert_eq!(point(&long, 0, 2), Err(expected));
        assert_eq!(point(&long[1..], 0, 2), Ok(None));
    }
}
