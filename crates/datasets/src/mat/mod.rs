//! MAT files of version 5 that hold labeled pictures, as SVHN's cropped digits.
//!
//! `X` is a `uint8` array of height x width x channels x number, column-major; `y` holds a number from 1 to 10 for each
//! picture, of any numeric class, 10 for the digit 0. Elements may be compressed or not, either byte order is read, other
//! variables are passed over.

mod element;
mod matrix;
mod sink;

use std::path::Path;

use crate::checksum::Hashed;
use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::format_error::{FormatError, Position};
use crate::images::Images;
use crate::shape::ExampleShape;
use crate::stream::Stream;
use element::{ByteOrder, COMPRESSED, MATRIX, Tag};
use matrix::{N_CLASSES, Variables};
use sink::{Batches, Sink, Whole};

const TEXT_LEN: usize = 124;

/// Reads a file of digits.
///
/// # Errors
/// If it cannot be read, is not a MAT file of version 5, lacks `X` or `y` or holds other ones, ends early or late, or is damaged;
/// with the file and the byte. Compressed elements that announce more than 100 times their size and more than 64 MiB are refused.
pub fn read_digits(path: &Path) -> Result<Hashed<Examples>> {
    labeled(digits(Stream::open(path)?, None)?)
}

/// Reads digits from a file's content in memory; `name` stands in errors.
///
/// # Errors
/// As [`read_digits`].
pub fn parse_digits(name: &Path, bytes: &[u8]) -> Result<Hashed<Examples>> {
    labeled(digits(Stream::of_bytes(name, bytes), None)?)
}

/// Digits from a stream; with `expected` sizes [picture, channel, row, column], others are an error before any pixel is read.
pub(crate) fn digits(stream: Stream<'_>, expected: Option<[usize; 4]>) -> Result<Hashed<(Images, Vec<u32>)>> {
    let mut whole = Whole {
        expected,
        images: None,
        labels: Vec::new(),
    };
    let sha256 = read(stream, &mut whole)?;
    let images = whole.images.expect("a file that was read to its end has pictures");
    Ok(Hashed {
        value: (images, whole.labels),
        sha256,
    })
}

/// Calls `visit` with the pictures of a stream, `batch_size` at a time; those of another shape are an error before any pixel is
/// read.
pub(crate) fn for_each_batch<E: From<Error>>(
    stream: Stream<'_>,
    shape: ExampleShape,
    batch_size: usize,
    visit: impl FnMut(Images) -> Result<(), E>,
) -> Result<(), E> {
    let mut batches = Batches {
        shape,
        batch_size,
        visit,
    };
    read(stream, &mut batches).map(drop)
}

/// Reads a whole file; returns its SHA-256 digest.
fn read<S: Sink>(mut stream: Stream<'_>, sink: &mut S) -> Result<String, S::Error> {
    let order = file_header(&mut stream)?;
    let mut variables = Variables::new(order, sink);
    while let Some(tag) = Tag::read_or_end(&mut stream, order)? {
        tag.check_kind(&stream, &[MATRIX, COMPRESSED], "14 or 15 (an array, compressed or not)")?;
        if tag.kind == COMPRESSED {
            compressed(&mut stream, tag, &mut variables)?;
        } else {
            variables.read(&mut stream, tag)?;
        }
    }
    let (n_images, n_labels) = variables.complete(&stream)?;
    if n_images != n_labels {
        let path = stream.path();
        let mismatch = Error::CountMismatch {
            images: vec![path.to_owned()],
            n_images,
            labels: vec![path.to_owned()],
            n_labels,
        };
        return Err(mismatch.into());
    }
    Ok(stream.finish()?)
}

fn labeled(digits: Hashed<(Images, Vec<u32>)>) -> Result<Hashed<Examples>> {
    let Hashed {
        value: (images, labels),
        sha256,
    } = digits;
    let value = images.labeled(labels, N_CLASSES as usize)?;
    Ok(Hashed { value, sha256 })
}

fn compressed<S: Sink>(stream: &mut Stream<'_>, outer: Tag, variables: &mut Variables<'_, S>) -> Result<(), S::Error> {
    let mut part = stream.part(outer.n_bytes)?;
    let mut inner = part.inflated(outer.n_bytes)?;
    let tag = Tag::read(&mut inner, variables.order())?;
    tag.check_kind(&inner, &[MATRIX], "14 (an array)")?;
    variables.read(&mut inner, tag)?;
    inner.finish()?;
    Ok(part.skip_rest()?)
}

/// 116 bytes of text, 8 of an offset nobody needs, the version, and the letters `MI` as a number in the file's byte order.
fn file_header(stream: &mut Stream<'_>) -> Result<ByteOrder> {
    let text: [u8; TEXT_LEN] = stream.array()?;
    let at_version = stream.position();
    let [v0, v1, o0, o1] = stream.array()?;
    let (order, version) = match [o0, o1] {
        [b'I', b'M'] => (ByteOrder::Little, u16::from_le_bytes([v0, v1])),
        [b'M', b'I'] => (ByteOrder::Big, u16::from_be_bytes([v0, v1])),
        _ => return Err(not_mat(stream, at_version.plus(2), "no byte order mark `IM` or `MI`")),
    };
    if version != 0x0100 {
        let is_hdf5 = text.starts_with(b"MATLAB 7.3") || version == 0x0200;
        let version = if is_hdf5 {
            "a MATLAB 7.3 file (HDF5)".to_owned()
        } else {
            format!("version 0x{version:04x}")
        };
        return Err(not_mat(stream, at_version, &version));
    }
    Ok(order)
}

fn not_mat(stream: &Stream<'_>, position: Position, actual: &str) -> Error {
    let actual = actual.to_owned();
    stream.malformed_at(position, FormatError::MatVersion { actual })
}
