//! The IDX format of MNIST: a magic number, big-endian sizes, bytes. Plain or gzip.

use std::path::Path;

use crate::checksum::Hashed;
use crate::error::{Error, Result};
use crate::format_error::{FormatError, sizes_text};
use crate::images::{Images, check_shape};
use crate::shape::ExampleShape;
use crate::stream::Stream;

/// Two zero bytes, the element type (8: unsigned byte), the number of dimensions.
const IMAGES_MAGIC: u32 = 0x0000_0803;
pub(crate) const LABELS_MAGIC: u32 = 0x0000_0801;
/// Magic number and name of the format of images.
const IMAGES: (u32, &str) = (IMAGES_MAGIC, "IDX with 3 dimensions of bytes");

/// Reads a file of images of one channel.
///
/// # Errors
/// If it cannot be read, has another magic number or a size of 0, ends early or late, or is damaged; with the file and the byte.
/// Compressed data that announce more than 100 times their size and more than 64 MiB are refused.
pub fn read_images(path: &Path) -> Result<Hashed<Images>> {
    images(Stream::open(path)?, None)
}

/// Reads images from a file's content in memory; `name` stands in errors.
///
/// # Errors
/// As [`read_images`].
pub fn parse_images(name: &Path, bytes: &[u8]) -> Result<Hashed<Images>> {
    images(Stream::of_bytes(name, bytes), None)
}

/// Reads a file of labels, each below `n_classes`.
///
/// # Errors
/// As [`read_images`], and if a label is out of range.
pub fn read_labels(path: &Path, n_classes: usize) -> Result<Hashed<Vec<u32>>> {
    labels(Stream::open(path)?, n_classes, None)
}

/// Reads labels from a file's content in memory; `name` stands in errors.
///
/// # Errors
/// As [`read_labels`].
pub fn parse_labels(name: &Path, bytes: &[u8], n_classes: usize) -> Result<Hashed<Vec<u32>>> {
    labels(Stream::of_bytes(name, bytes), n_classes, None)
}

/// Images from a stream; with `expected` sizes [image, row, column], others are an error before any pixel is read.
pub(crate) fn images(mut stream: Stream<'_>, expected: Option<[usize; 3]>) -> Result<Hashed<Images>> {
    let sizes = header(&mut stream, IMAGES)?;
    check_sizes(&stream, &sizes, expected)?;
    let announced = sizes.iter().map(|size| u128::from(*size)).product();
    let pixels = stream.bytes(announced)?;
    let [n, height, width] = sizes.map(|size| size as usize);
    let value = Images {
        pixels,
        n,
        channels: 1,
        height,
        width,
    };
    let sha256 = stream.finish()?;
    Ok(Hashed { value, sha256 })
}

/// Calls `visit` with images from a stream, `batch_size` at a time; those of another shape are an error before any pixel is
/// read.
pub(crate) fn for_each_batch<E: From<Error>>(
    mut stream: Stream<'_>,
    shape: ExampleShape,
    batch_size: usize,
    mut visit: impl FnMut(Images) -> Result<(), E>,
) -> Result<(), E> {
    let sizes: [u32; 3] = header(&mut stream, IMAGES)?;
    let [_, height, width] = sizes.map(|size| size as usize);
    check_shape(stream.path(), [1, height, width], shape)?;
    let announced = sizes.iter().map(|size| u128::from(*size)).product();
    let image_len = height * width;
    stream.for_each_chunk(announced, batch_size.saturating_mul(image_len), |pixels| {
        visit(Images {
            n: pixels.len() / image_len,
            pixels,
            channels: 1,
            height,
            width,
        })
    })?;
    stream.finish()?;
    Ok(())
}

/// Labels from a stream; with an `expected` number, another is an error before any label is read.
pub(crate) fn labels(mut stream: Stream<'_>, n_classes: usize, expected: Option<usize>) -> Result<Hashed<Vec<u32>>> {
    let sizes = header(&mut stream, (LABELS_MAGIC, "IDX with 1 dimension of bytes"))?;
    check_sizes(&stream, &sizes, expected.map(|n| [n]))?;
    let start = stream.position();
    let bytes = stream.bytes(u128::from(sizes[0]))?;
    if let Some(index) = bytes.iter().position(|label| usize::from(*label) >= n_classes) {
        let problem = FormatError::Label {
            label: f64::from(bytes[index]),
            lowest: 0,
            highest: u32::try_from(n_classes.saturating_sub(1)).unwrap_or(u32::MAX),
        };
        return Err(stream.malformed_at(start.plus(index as u64), problem));
    }
    let value = bytes.into_iter().map(u32::from).collect();
    let sha256 = stream.finish()?;
    Ok(Hashed { value, sha256 })
}

fn header<const N: usize>(stream: &mut Stream<'_>, (expected, format): (u32, &'static str)) -> Result<[u32; N]> {
    let start = stream.position();
    let actual = u32::from_be_bytes(stream.array()?);
    if actual != expected {
        let problem = FormatError::Magic {
            actual,
            expected,
            format,
        };
        return Err(stream.malformed_at(start, problem));
    }
    let mut sizes = [0; N];
    for size in &mut sizes {
        *size = u32::from_be_bytes(stream.array()?);
    }
    if sizes.contains(&0) {
        let sizes = sizes_text(&sizes);
        return Err(stream.malformed_at(start.plus(4), FormatError::Empty { sizes }));
    }
    Ok(sizes)
}

fn check_sizes<const N: usize>(stream: &Stream<'_>, actual: &[u32; N], expected: Option<[usize; N]>) -> Result<()> {
    match expected {
        Some(expected) if actual.map(|size| size as usize) != expected => Err(Error::Shape {
            path: stream.path().to_owned(),
            actual: sizes_text(actual),
            expected: sizes_text(&expected),
        }),
        _ => Ok(()),
    }
}
