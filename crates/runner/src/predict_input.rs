//! Files of examples to predict for.

use std::path::Path;

use anyhow::Result;
use vds_datasets::{ExampleShape, Examples, FileContent, open};
use vds_files::Shown as _;
use vds_records::read::{self, excerpt};

use crate::error::Error;

/// Reads a file of examples of a shape. They get class 0 as a label, without a meaning.
pub(crate) fn examples(path: &Path, shape: ExampleShape, n_classes: usize) -> Result<Examples> {
    let examples = match shape {
        ExampleShape::Features(n) => points(path, n, n_classes)?,
        ExampleShape::Image { .. } => images(path, n_classes)?,
    };
    if examples.shape() != shape {
        let (path, actual) = (path.shown(), examples.shape());
        return Err(Error::input(format!("{path} holds images of {actual}, expected {shape}")).into());
    }
    Ok(examples)
}

fn images(path: &Path, n_classes: usize) -> Result<Examples> {
    let images = match open(path, n_classes)?.value {
        FileContent::Images(images) | FileContent::ImagesAndLabels(images, _) => images,
        FileContent::Labels(_) => {
            return Err(Error::input(format!("{} holds labels, expected images", path.shown())).into());
        }
    };
    let labels = vec![0; images.n];
    Ok(images.labeled(labels, n_classes)?)
}

/// Numbers in columns separated by blanks, commas or semicolons; empty lines and what follows `#` are left out.
fn points(path: &Path, n_columns: usize, n_classes: usize) -> Result<Examples> {
    let text = read::text(path)?;
    let mut values = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap_or("");
        let words = line.split(|c: char| c.is_whitespace() || c == ',' || c == ';');
        let words: Vec<&str> = words.filter(|word| !word.is_empty()).collect();
        if words.is_empty() {
            continue;
        }
        let numbers: Option<Vec<f32>> = words.iter().map(|word| finite(word)).collect();
        match numbers.filter(|numbers| numbers.len() == n_columns) {
            Some(numbers) => values.extend(numbers),
            None => {
                let (path, line_number, line) = (path.shown(), index + 1, excerpt(line));
                let message =
                    format!("{path}:{line_number}: \"{line}\" is not a point, expected {n_columns} finite numbers");
                return Err(Error::input(message).into());
            }
        }
    }
    if values.is_empty() {
        return Err(Error::input(format!("{} holds no point", path.shown())).into());
    }
    let labels = vec![0; values.len() / n_columns];
    Ok(Examples::from_features(values, n_columns, labels, n_classes)?)
}

fn finite(word: &str) -> Option<f32> {
    word.parse().ok().filter(|value: &f32| value.is_finite())
}
