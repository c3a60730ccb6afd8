//! Sources of bytes: plain, a gzip file, or a compressed element inside a file.

use std::io::{self, Read};

use flate2::read::{MultiGzDecoder, ZlibDecoder};

/// Compressed data may always unpack to this many bytes ...
const ALWAYS_ACCEPTED: u64 = 64 << 20;
/// ... or to this many times their size; images and labels reach ten times.
const EXPANSION: u64 = 100;

/// A source of bytes, unpacked on the way.
pub(crate) enum Reader<'a> {
    Plain(Box<dyn Read + 'a>),
    Gzip(Box<MultiGzDecoder<Box<dyn Read + 'a>>>),
    Element {
        decoder: Box<ZlibDecoder<io::Take<&'a mut dyn Read>>>,
        n_compressed: u64,
    },
}

impl Read for Reader<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(reader) => reader.read(buffer),
            Self::Gzip(decoder) => decoder.read(buffer),
            Self::Element { decoder, .. } => decoder.read(buffer),
        }
    }
}

impl Reader<'_> {
    /// Whether bytes are unpacked.
    pub(crate) fn is_compressed(&self) -> bool {
        !matches!(self, Self::Plain(_))
    }

    /// Whether an element continues behind the end of its compressed data.
    pub(crate) fn has_unused_bytes(&self) -> bool {
        match self {
            Self::Element { decoder, n_compressed } => decoder.total_in() < *n_compressed,
            Self::Plain(_) | Self::Gzip(_) => false,
        }
    }
}

/// How much so many compressed bytes may unpack to.
pub(crate) fn expansion_limit(n_compressed: u64) -> u64 {
    n_compressed.saturating_mul(EXPANSION).max(ALWAYS_ACCEPTED)
}
