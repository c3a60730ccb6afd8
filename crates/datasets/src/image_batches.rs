//! Images of a file, batch by batch, in memory that does not grow with the file.

use std::path::Path;

use crate::error::{Error, Result};
use crate::file::Content;
use crate::idx;
use crate::images::Images;
use crate::mat;
use crate::shape::ExampleShape;
use crate::stream::Stream;

/// Calls `visit` with the images of a file that [`crate::open`] reads, in order, `batch_size` at a time; the last batch may be
/// smaller. Labels are checked and left out. An error in the middle of a file comes after the images before it.
///
/// # Errors
/// As [`crate::open`]; if the file holds labels only, or images of another shape than `shape`, of which none is then read; and
/// the first error of `visit`, which ends the reading.
///
/// # Panics
/// If `batch_size` is 0.
pub fn for_each_image_batch<E: From<Error>>(
    path: &Path,
    shape: ExampleShape,
    batch_size: usize,
    visit: impl FnMut(Images) -> Result<(), E>,
) -> Result<(), E> {
    assert!(batch_size > 0, "batches of 0 images");
    let content = Content::detect(path)?;
    let stream = Stream::open(path)?;
    match content {
        Content::Images => idx::for_each_batch(stream, shape, batch_size, visit),
        Content::ImagesAndLabels => mat::for_each_batch(stream, shape, batch_size, visit),
        Content::Labels => {
            let path = path.to_owned();
            Err(Error::NoImages { path }.into())
        }
    }
}
