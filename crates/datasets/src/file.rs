//! Files of examples, whatever their format.

use std::path::Path;

use crate::checksum::Hashed;
use crate::error::Result;
use crate::idx;
use crate::images::Images;
use crate::mat;
use crate::stream::Stream;

/// What was read from a file of examples.
#[derive(Clone, Debug, PartialEq)]
pub enum FileContent {
    /// The images of an IDX file.
    Images(Images),
    /// The labels of an IDX file.
    Labels(Vec<u32>),
    /// The images of a MAT file and their labels.
    ImagesAndLabels(Images, Vec<u32>),
}

/// Reads a file of images, of labels or of both: a MAT file if its name ends in `.mat`, else an IDX file, gzip or plain, of
/// images or labels as its magic number says. Labels are below `n_classes`.
///
/// # Errors
/// As [`idx::read_images`], [`idx::read_labels`] and [`mat::read_digits`].
pub fn open(path: &Path, n_classes: usize) -> Result<Hashed<FileContent>> {
    read(Stream::open(path)?, Content::detect(path)?, n_classes, None)
}

/// Format and content of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    /// IDX, images.
    Images,
    /// IDX, labels.
    Labels,
    /// MAT v5, images `X` and labels `y`.
    ImagesAndLabels,
}

impl Content {
    pub(crate) fn detect(path: &Path) -> Result<Self> {
        let is_mat = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("mat"));
        Ok(if is_mat {
            Self::ImagesAndLabels
        } else if Stream::open(path)?.starts_with(idx::LABELS_MAGIC)? {
            Self::Labels
        } else {
            Self::Images
        })
    }
}

/// Number of examples of a file, and channels, rows and columns of each.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ExpectedSizes {
    pub(crate) n: usize,
    pub(crate) image: [usize; 3],
}

/// Reads a stream of a known kind; with `expected` sizes, others are an error before any value is read.
pub(crate) fn read(
    stream: Stream<'_>,
    content: Content,
    n_classes: usize,
    expected: Option<ExpectedSizes>,
) -> Result<Hashed<FileContent>> {
    match content {
        Content::Images => {
            let expected = expected.map(|ExpectedSizes { n, image }| [n, image[1], image[2]]);
            Ok(idx::images(stream, expected)?.map(FileContent::Images))
        }
        Content::Labels => {
            let expected = expected.map(|expected| expected.n);
            Ok(idx::labels(stream, n_classes, expected)?.map(FileContent::Labels))
        }
        Content::ImagesAndLabels => {
            let expected = expected.map(|ExpectedSizes { n, image: [c, h, w] }| [n, c, h, w]);
            let digits = mat::digits(stream, expected)?;
            Ok(digits.map(|(images, labels)| FileContent::ImagesAndLabels(images, labels)))
        }
    }
}
