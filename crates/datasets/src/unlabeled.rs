//! Examples to predict for, batch by batch, in memory that does not grow with the file.

use std::path::Path;

use vds_files::Shown as _;

use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::image_batches::for_each_image_batch;
use crate::points;
use crate::shape::ExampleShape;
use crate::standardization::Standardization;

/// Calls `visit` with the examples of a file, in order, `batch_size` at a time: images of a file that [`crate::open`] reads, or
/// points as lines of text. The last batch may be smaller. An error in the middle of a file comes after the examples before it.
///
/// # Errors
/// As [`for_each_image_batch`]; if a line of a file of points is not a point, or the file holds none; and the first error of
/// `visit`, which ends the reading.
///
/// # Panics
/// If `batch_size` is 0.
pub fn for_each_unlabeled_batch<E: From<Error>>(
    path: &Path,
    shape: ExampleShape,
    n_classes: usize,
    batch_size: usize,
    mut visit: impl FnMut(&UnlabeledBatch<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut first = 0;
    let mut visit = |examples: Examples, lines| {
        let n = examples.len();
        visit(&UnlabeledBatch {
            path,
            first,
            examples,
            lines,
        })?;
        first += n;
        Ok(())
    };
    match shape {
        ExampleShape::Features(n_features) => points::for_each_batch(path, n_features, batch_size, |values, lines| {
            let labels = vec![0; lines.len()];
            visit(Examples::from_features(values, n_features, labels, n_classes)?, lines)
        }),
        ExampleShape::Image { .. } => for_each_image_batch(path, shape, batch_size, |images| {
            let labels = vec![0; images.n];
            visit(images.labeled(labels, n_classes)?, Vec::new())
        }),
    }
}

/// Some examples of a file, in its order. They have class 0 as a label, without a meaning.
#[derive(Debug)]
pub struct UnlabeledBatch<'a> {
    path: &'a Path,
    /// Index in the file of the first example.
    pub first: usize,
    /// The examples.
    pub examples: Examples,
    /// The line of each point, from 1; empty for images.
    lines: Vec<usize>,
}

impl UnlabeledBatch<'_> {
    /// Where an example of the batch stands: file and line, or file and number.
    pub fn place(&self, index: usize) -> String {
        let path = self.path.shown();
        match self.lines.get(index) {
            Some(line) => format!("{path}:{line}"),
            None => format!("{path}: example {}", self.first + index),
        }
    }

    /// Refuses points that are too far away to be standardized in single precision.
    ///
    /// # Errors
    /// [`Error::InfinitePoint`] for the first one.
    pub fn check_standardized(&self, standardization: &Standardization) -> Result<()> {
        let is_finite = |index: usize| {
            let features = self.examples.features(index).unwrap_or_default().iter().enumerate();
            features
                .map(|(feature, &value)| standardization.apply(feature, f64::from(value)))
                .all(f32::is_finite)
        };
        match (0..self.examples.len()).find(|&index| !is_finite(index)) {
            None => Ok(()),
            Some(index) => Err(Error::InfinitePoint {
                place: self.place(index),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn points_that_are_infinite_once_standardized_are_refused() {
        let batch = UnlabeledBatch {
            path: Path::new("p.txt"),
            first: 4096,
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
        let images = UnlabeledBatch {
            lines: Vec::new(),
            ..batch
        };
        assert_eq!(images.place(1), "p.txt: example 4097");
    }
}
