//! Writers of small data files, well-formed unless a test breaks them.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::{GzEncoder, ZlibEncoder};

/// An IDX file of bytes with these sizes.
///
/// # Panics
/// If there are more than 255 sizes.
pub fn idx(sizes: &[u32], data: &[u8]) -> Vec<u8> {
    let n_dimensions = u8::try_from(sizes.len()).expect("at most 255 dimensions");
    let mut bytes = vec![0, 0, 8, n_dimensions];
    bytes.extend(sizes.iter().flat_map(|size| size.to_be_bytes()));
    bytes.extend(data);
    bytes
}

/// A gzip file of one member.
///
/// # Panics
/// Never: memory can be written.
pub fn gzip(payload: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(payload).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

/// A zlib stream.
///
/// # Panics
/// Never: memory can be written.
pub fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}

/// Writes MAT files of version 5 in one byte order.
#[derive(Clone, Copy, Debug)]
pub struct Mat {
    is_big: bool,
}

impl Mat {
    /// Little-endian, as MATLAB writes them today.
    pub const LITTLE: Self = Self { is_big: false };
    /// Big-endian.
    pub const BIG: Self = Self { is_big: true };
    /// The class of arrays of `double`.
    pub const DOUBLE: u32 = 6;
    /// The class of arrays of bytes.
    pub const UINT8: u32 = 9;

    /// A file: the header and these elements.
    pub fn file(self, elements: &[Vec<u8>]) -> Vec<u8> {
        let mut bytes = b"MATLAB 5.0 MAT-file, made by a test".to_vec();
        bytes.resize(124, b' ');
        bytes.extend(if self.is_big { *b"\x01\x00MI" } else { *b"\x00\x01IM" });
        bytes.extend(elements.concat());
        bytes
    }

    /// A number in the file's byte order.
    pub fn u32(self, number: u32) -> [u8; 4] {
        if self.is_big {
            number.to_be_bytes()
        } else {
            number.to_le_bytes()
        }
    }

    /// An element: tag, data, padding; up to four bytes stand inside the tag.
    ///
    /// # Panics
    /// If there are 2^32 bytes or more.
    pub fn element(self, kind: u32, data: &[u8]) -> Vec<u8> {
        let n = length(data);
        let (mut bytes, length) = if (1..=4).contains(&n) {
            (self.u32(n << 16 | kind).to_vec(), 8)
        } else {
            (self.u32s(&[kind, n]), 8 + data.len().next_multiple_of(8))
        };
        bytes.extend(data);
        bytes.resize(length, 0);
        bytes
    }

    /// An array element whose numbers are an element of their own; `class` carries the flags too.
    pub fn array(self, class: u32, sizes: &[u32], name: &str, numbers: Vec<u8>) -> Vec<u8> {
        let parts = [
            self.element(6, &self.u32s(&[class, 0])),
            self.element(5, &self.u32s(sizes)),
            self.element(1, name.as_bytes()),
            numbers,
        ];
        self.element(14, &parts.concat())
    }

    /// An array element of bytes.
    pub fn bytes_array(self, sizes: &[u32], name: &str, data: &[u8]) -> Vec<u8> {
        self.array(Self::UINT8, sizes, name, self.element(2, data))
    }

    /// An element, compressed.
    pub fn compressed(self, element: &[u8]) -> Vec<u8> {
        self.compressed_element(&zlib(element))
    }

    /// An element that claims to hold a zlib stream.
    pub fn compressed_element(self, zlib: &[u8]) -> Vec<u8> {
        [self.u32s(&[15, length(zlib)]), zlib.to_vec()].concat()
    }

    /// The array of `n` blank color pictures of 32 x 32 pixels.
    pub fn blank_pictures(self, n: u32) -> Vec<u8> {
        self.bytes_array(&[32, 32, 3, n], "X", &vec![0; 3072 * n as usize])
    }

    /// The array of `n` labels, all of them ones.
    pub fn ones(self, n: u32) -> Vec<u8> {
        self.bytes_array(&[n, 1], "y", &vec![1; n as usize])
    }

    /// A compressed file of `n` blank color pictures of 32 x 32 pixels, all of them ones.
    pub fn blank_digits(self, n: u32) -> Vec<u8> {
        let arrays = [self.blank_pictures(n), self.ones(n)];
        self.file(&arrays.map(|array| self.compressed(&array)))
    }

    fn u32s(self, numbers: &[u32]) -> Vec<u8> {
        numbers.iter().flat_map(|number| self.u32(*number)).collect()
    }
}

fn length(bytes: &[u8]) -> u32 {
    u32::try_from(bytes.len()).expect("less than 4 GiB")
}
