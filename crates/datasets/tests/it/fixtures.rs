//! Small files, well-formed unless a test breaks them.

use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};
use vds_datasets::{Error, Result};

/// The name that stands in errors about files in memory.
pub(crate) fn name() -> &'static Path {
    Path::new("file")
}

#[track_caller]
pub(crate) fn check_error<T: std::fmt::Debug>(result: Result<T>, expected: &str) -> Error {
    let error = result.unwrap_err();
    assert_eq!(error.to_string(), expected);
    error
}

/// An IDX file of bytes.
pub(crate) fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, u8::try_from(sizes.len()).unwrap()];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

pub(crate) fn gzip(payload: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(payload).unwrap();
    encoder.finish().unwrap()
}

pub(crate) fn write(folder: &Path, name: &str, bytes: &[u8]) -> PathBuf {
    std::fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

/// Writes MAT files of version 5 in one byte order.
#[derive(Clone, Copy)]
pub(crate) struct Mat {
    pub(crate) is_big: bool,
}

impl Mat {
    pub(crate) const LITTLE: Self = Self { is_big: false };
    pub(crate) const BIG: Self = Self { is_big: true };

    /// Header and elements.
    pub(crate) fn file(self, elements: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"MATLAB 5.0 MAT-file, made by a test".to_vec();
        bytes.resize(124, b' ');
        bytes.extend(if self.is_big { *b"\x01\x00MI" } else { *b"\x00\x01IM" });
        bytes.extend(elements.concat());
        bytes
    }

    pub(crate) fn u32(self, number: u32) -> [u8; 4] {
        if self.is_big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    fn u32s(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| self.u32(*number)).collect()
    }

    /// Tag, data, padding; up to four bytes stand inside the tag.
    pub(crate) fn element(self, kind: u32, data: &[u8]) -> Vec<u8> {
        let n = u32::try_from(data.len()).unwrap();
        let (mut bytes, length) = if (1..=4).contains(&n) {
            (self.u32(n << 16 | kind).to_vec(), 8)
        } else {
            (self.u32s(&[kind, n]), 8 + data.len().next_multiple_of(8))
        };
        bytes.extend(data);
        bytes.resize(length, 0);
        bytes
    }

    /// An array element; `class` carries the flags too, 9 for `uint8`, 6 for `double`.
    pub(crate) fn array(self, class: u32, sizes: &[u32], name: &str, numbers: Vec<u8>) -> Vec<u8> {
        let parts = [
            self.element(6, &self.u32s(&[class, 0])),
            self.element(5, &self.u32s(sizes)),
            self.element(1, name.as_bytes()),
            numbers,
        ];
        self.element(14, &parts.concat())
    }

    pub(crate) fn bytes_array(self, sizes: &[u32], name: &str, data: &[u8]) -> Vec<u8> {
        self.array(9, sizes, name, self.element(2, data))
    }

    /// The same element, compressed.
    pub(crate) fn compressed(self, element: &[u8]) -> Vec<u8> {
        self.compressed_element(&zlib(element))
    }

    pub(crate) fn compressed_element(self, zlib: &[u8]) -> Vec<u8> {
        let mut bytes = self.u32s(&[15, u32::try_from(zlib.len()).unwrap()]);
        bytes.extend(zlib);
        bytes
    }

    /// A file with `n` blank pictures of 32 x 32 pixels, all of them ones.
    pub(crate) fn blank_digits(self, n: u32) -> Vec<u8> {
        let pixels = vec![0; 3072 * n as usize];
        let pictures = self.bytes_array(&[32, 32, 3, n], "X", &pixels);
        let labels = self.bytes_array(&[n, 1], "y", &vec![1; n as usize]);
        self.file(&[self.compressed(&pictures), self.compressed(&labels)])
    }
}

pub(crate) fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
