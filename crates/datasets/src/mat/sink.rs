//! What becomes of the pictures and labels of a MAT file.

use std::path::Path;

use crate::error::{Error, Result};
use crate::format_error::sizes_text;
use crate::images::{Images, check_shape};
use crate::shape::ExampleShape;

/// Takes what is read, in the order of the file: pictures and labels, either of them first.
pub(super) trait Sink {
    type Error: From<Error>;

    /// Pictures, or labels, that are taken at once.
    fn batch_size(&self) -> usize;

    /// Refuses sizes [picture, channel, row, column] before any pixel is read.
    fn check(&self, path: &Path, sizes: [usize; 4]) -> Result<()>;

    fn take_images(&mut self, images: Images) -> Result<(), Self::Error>;

    fn take_labels(&mut self, labels: Vec<u32>);
}

/// Keeps the whole content, which comes as one batch.
pub(super) struct Whole {
    pub(super) expected: Option<[usize; 4]>,
    pub(super) images: Option<Images>,
    pub(super) labels: Vec<u32>,
}

impl Sink for Whole {
    type Error = Error;

    fn batch_size(&self) -> usize {
        usize::MAX
    }

    fn check(&self, path: &Path, sizes: [usize; 4]) -> Result<()> {
        match self.expected {
            Some(expected) if expected != sizes => Err(Error::Shape {
                path: path.to_owned(),
                actual: sizes_text(&sizes),
                expected: sizes_text(&expected),
            }),
            _ => Ok(()),
        }
    }

    fn take_images(&mut self, images: Images) -> Result<()> {
        self.images = Some(images);
        Ok(())
    }

    fn take_labels(&mut self, labels: Vec<u32>) {
        self.labels = labels;
    }
}

/// Hands pictures on and keeps nothing.
pub(super) struct Batches<F> {
    pub(super) shape: ExampleShape,
    pub(super) batch_size: usize,
    pub(super) visit: F,
}

impl<E: From<Error>, F: FnMut(Images) -> Result<(), E>> Sink for Batches<F> {
    type Error = E;

    fn batch_size(&self) -> usize {
        self.batch_size
    }

    fn check(&self, path: &Path, [_, channels, height, width]: [usize; 4]) -> Result<()> {
        check_shape(path, [channels, height, width], self.shape)
    }

    fn take_images(&mut self, images: Images) -> Result<(), E> {
        (self.visit)(images)
    }

    fn take_labels(&mut self, _labels: Vec<u32>) {}
}
