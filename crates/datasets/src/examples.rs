//! Labeled examples in memory, and batches of them.

use std::fmt;

use crate::error::{Error, Result};
use crate::shape::ExampleShape;
use crate::standardization::Standardization;

/// Labeled examples: bytes for images, `f32` for feature vectors.
///
/// # Shapes
/// Inputs are `[example, channel, height, width]` or `[example, feature]`, labels `[example]`.
#[derive(Clone, PartialEq)]
pub struct Examples {
    inputs: Inputs,
    labels: Vec<u32>,
    shape: ExampleShape,
    n_classes: usize,
}

#[derive(Clone, PartialEq)]
enum Inputs {
    Pixels(Vec<u8>),
    Features(Vec<f32>),
}

impl fmt::Debug for Examples {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Examples")
            .field("len", &self.len())
            .field("shape", &self.shape)
            .field("n_classes", &self.n_classes)
            .finish_non_exhaustive()
    }
}

impl Examples {
    /// Images of `[channels, height, width]` and their labels.
    ///
    /// # Errors
    /// If the number of pixels is not that of the labels times the size of an image, a size is 0, or a label is not a class.
    pub fn from_pixels(
        pixels: Vec<u8>,
        [channels, height, width]: [usize; 3],
        labels: Vec<u32>,
        n_classes: usize,
    ) -> Result<Self> {
        let shape = ExampleShape::Image {
            channels,
            height,
            width,
        };
        Self::new(Inputs::Pixels(pixels), shape, labels, n_classes)
    }

    /// Vectors of `n_features` numbers and their labels.
    ///
    /// # Errors
    /// As [`Self::from_pixels`], and if a value is NaN or infinite.
    pub fn from_features(values: Vec<f32>, n_features: usize, labels: Vec<u32>, n_classes: usize) -> Result<Self> {
        if let Some(index) = values.iter().position(|value| !value.is_finite()) {
            let value = values[index];
            return Err(Error::NotFinite { index, value });
        }
        let shape = ExampleShape::Features(n_features);
        Self::new(Inputs::Features(values), shape, labels, n_classes)
    }

    fn new(inputs: Inputs, shape: ExampleShape, labels: Vec<u32>, n_classes: usize) -> Result<Self> {
        if shape.is_empty() || n_classes == 0 {
            return Err(Error::EmptyShape {
                shape: shape.to_string(),
                n_classes,
            });
        }
        let actual = match &inputs {
            Inputs::Pixels(pixels) => pixels.len(),
            Inputs::Features(values) => values.len(),
        };
        if labels.len().checked_mul(shape.len()) != Some(actual) {
            return Err(Error::InputLength {
                actual,
                n_examples: labels.len(),
                example_len: shape.len(),
            });
        }
        if let Some(index) = labels.iter().position(|label| *label as usize >= n_classes) {
            return Err(Error::Label {
                index,
                label: labels[index],
                n_classes,
            });
        }
        Ok(Self {
            inputs,
            labels,
            shape,
            n_classes,
        })
    }

    /// Number of examples.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there is no example.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Shape of one example.
    pub fn shape(&self) -> ExampleShape {
        self.shape
    }

    /// Number of values of one example.
    pub fn example_len(&self) -> usize {
        self.shape.len()
    }

    /// The class of each example.
    pub fn labels(&self) -> &[u32] {
        &self.labels
    }

    /// Number of classes; labels are below it, and some classes may have no example.
    pub fn n_classes(&self) -> usize {
        self.n_classes
    }

    /// Number of examples of each class.
    pub fn class_counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.n_classes];
        for label in &self.labels {
            counts[*label as usize] += 1;
        }
        counts
    }

    /// One image, [channel, height, width]; `None` for feature vectors.
    ///
    /// # Panics
    /// If there is no example `index`.
    pub fn pixels(&self, index: usize) -> Option<&[u8]> {
        match &self.inputs {
            Inputs::Pixels(pixels) => Some(self.row(pixels, index)),
            Inputs::Features(_) => None,
        }
    }

    /// One feature vector; `None` for images.
    ///
    /// # Panics
    /// If there is no example `index`.
    pub fn features(&self, index: usize) -> Option<&[f32]> {
        match &self.inputs {
            Inputs::Pixels(_) => None,
            Inputs::Features(values) => Some(self.row(values, index)),
        }
    }

    /// The examples at `indices`, in that order.
    ///
    /// # Panics
    /// If there is no such example.
    pub fn select(&self, indices: &[usize]) -> Self {
        let inputs = match &self.inputs {
            Inputs::Pixels(pixels) => Inputs::Pixels(self.rows(pixels, indices)),
            Inputs::Features(values) => Inputs::Features(self.rows(values, indices)),
        };
        Self {
            inputs,
            labels: indices.iter().map(|index| self.labels[*index]).collect(),
            shape: self.shape,
            n_classes: self.n_classes,
        }
    }

    /// The first `n` examples.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn first(&self, n: usize) -> Result<Self> {
        if n > self.len() {
            return Err(Error::TooFewExamples {
                asked: n,
                available: self.len(),
            });
        }
        let indices: Vec<usize> = (0..n).collect();
        Ok(self.select(&indices))
    }

    /// Writes the examples at `indices` as a batch of standardized numbers: (pixel / 255 - mean) / sd by channel for images,
    /// (x - mean) / sd by feature else. The buffers are resized, and reused without allocation once they are large enough.
    ///
    /// # Shapes
    /// `inputs` becomes `[batch, channel, height, width]` or `[batch, feature]`, `labels` `[batch]`.
    ///
    /// # Numerics
    /// Each value is computed in `f64` and rounded once.
    ///
    /// # Panics
    /// If there is no such example, or `standardization` is for another number of channels.
    pub fn fill_batch(
        &self,
        indices: &[usize],
        standardization: &Standardization,
        inputs: &mut Vec<f32>,
        labels: &mut Vec<u32>,
    ) {
        let (expected, actual) = (self.shape.n_channels(), standardization.n_channels());
        assert_eq!(
            actual, expected,
            "a standardization of {actual} channels for examples of {expected}"
        );
        labels.clear();
        labels.extend(indices.iter().map(|index| self.labels[*index]));
        inputs.resize(indices.len() * self.example_len(), 0.0);
        match &self.inputs {
            Inputs::Pixels(pixels) => self.fill_pixels(pixels, indices, standardization, inputs),
            Inputs::Features(values) => {
                let rows = inputs.chunks_exact_mut(self.example_len());
                for (row, index) in rows.zip(indices) {
                    standardization.apply_to_features(self.row(values, *index), row);
                }
            }
        }
    }

    /// There are 256 values of a pixel only: a table of the results by channel replaces arithmetic on each.
    fn fill_pixels(&self, pixels: &[u8], indices: &[usize], standardization: &Standardization, inputs: &mut [f32]) {
        let plane = self.example_len() / self.shape.n_channels();
        for channel in 0..self.shape.n_channels() {
            let table = standardization.pixel_table(channel);
            let in_row = channel * plane..(channel + 1) * plane;
            let rows = inputs.chunks_exact_mut(self.example_len());
            for (row, index) in rows.zip(indices) {
                let source = &self.row(pixels, *index)[in_row.clone()];
                for (output, pixel) in row[in_row.clone()].iter_mut().zip(source) {
                    *output = table[usize::from(*pixel)];
                }
            }
        }
    }

    fn row<'a, T>(&self, values: &'a [T], index: usize) -> &'a [T] {
        let n = self.example_len();
        &values[index * n..(index + 1) * n]
    }

    fn rows<T: Copy>(&self, values: &[T], indices: &[usize]) -> Vec<T> {
        let mut rows = Vec::with_capacity(indices.len() * self.example_len());
        for index in indices {
            rows.extend_from_slice(self.row(values, *index));
        }
        rows
    }
}

#[cfg(test)]
mod tests;
