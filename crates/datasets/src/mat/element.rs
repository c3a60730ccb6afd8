//! Data elements of a MAT file: a tag with type and length, then data, padded to eight bytes.

use crate::error::{Error, Result};
use crate::format_error::{FormatError, Position};
use crate::stream::Stream;

pub(super) const INT8: u32 = 1;
pub(super) const UINT8: u32 = 2;
pub(super) const INT32: u32 = 5;
pub(super) const UINT32: u32 = 6;
pub(super) const MATRIX: u32 = 14;
pub(super) const COMPRESSED: u32 = 15;

/// Order of the bytes of a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ByteOrder {
    Little,
    Big,
}

impl ByteOrder {
    pub(super) fn u32(self, bytes: [u8; 4]) -> u32 {
        match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        }
    }

    /// A number of type `kind` in `f64`, which holds every class label; `None` for types that are not numbers, or if
    /// the length is not the type's.
    pub(super) fn number(self, kind: u32, bytes: &[u8]) -> Option<f64> {
        let mut little = [0; 8];
        let n = bytes.len();
        little.get_mut(..n)?.copy_from_slice(bytes);
        if self == Self::Big {
            little[..n].reverse();
        }
        let [a, b, c, d, ..] = little;
        Some(match (kind, n) {
            (INT8, 1) => f64::from(i8::from_le_bytes([a])),
            (UINT8, 1) => f64::from(a),
            (3, 2) => f64::from(i16::from_le_bytes([a, b])),
            (4, 2) => f64::from(u16::from_le_bytes([a, b])),
            (INT32, 4) => f64::from(i32::from_le_bytes([a, b, c, d])),
            (UINT32, 4) => f64::from(u32::from_le_bytes([a, b, c, d])),
            (7, 4) => f64::from(f32::from_le_bytes([a, b, c, d])),
            (9, 8) => f64::from_le_bytes(little),
            (12, 8) => i64::from_le_bytes(little) as f64,
            (13, 8) => u64::from_le_bytes(little) as f64,
            _ => return None,
        })
    }
}

/// Bytes of a number of type `kind`.
pub(super) fn number_size(kind: u32) -> Option<usize> {
    match kind {
        INT8 | UINT8 => Some(1),
        3 | 4 => Some(2),
        INT32 | UINT32 | 7 => Some(4),
        9 | 12 | 13 => Some(8),
        _ => None,
    }
}

/// Type and length of the element that follows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tag {
    /// Where the tag stands.
    pub(super) position: Position,
    pub(super) kind: u32,
    pub(super) n_bytes: u64,
    /// The data of small elements, which stand inside the tag.
    small: Option<[u8; 4]>,
}

impl Tag {
    pub(super) fn read(stream: &mut Stream<'_>, order: ByteOrder) -> Result<Self> {
        let position = stream.position();
        let bytes = stream.array()?;
        Self::parse(stream, position, bytes, order)
    }

    /// The tag that follows, or `None` where the data end.
    pub(super) fn read_or_end(stream: &mut Stream<'_>, order: ByteOrder) -> Result<Option<Self>> {
        let position = stream.position();
        let bytes = stream.array_or_end()?;
        bytes
            .map(|bytes| Self::parse(stream, position, bytes, order))
            .transpose()
    }

    fn parse(
        stream: &Stream<'_>,
        position: Position,
        [a, b, c, d, second @ ..]: [u8; 8],
        order: ByteOrder,
    ) -> Result<Self> {
        let first = order.u32([a, b, c, d]);
        let small_size = first >> 16;
        if small_size > 4 {
            let problem = FormatError::ElementSize {
                actual: u64::from(small_size),
                expected: "at most 4 inside a tag".to_owned(),
            };
            return Err(stream.malformed_at(position, problem));
        }
        Ok(if small_size == 0 {
            let n_bytes = u64::from(order.u32(second));
            Self {
                position,
                kind: first,
                n_bytes,
                small: None,
            }
        } else {
            let (kind, n_bytes) = (first & 0xffff, u64::from(small_size));
            Self {
                position,
                kind,
                n_bytes,
                small: Some(second),
            }
        })
    }

    /// Whether the type is one of those that may stand here.
    pub(super) fn check_kind(&self, stream: &Stream<'_>, allowed: &[u32], expected: &'static str) -> Result<()> {
        if allowed.contains(&self.kind) {
            return Ok(());
        }
        let actual = self.kind;
        Err(stream.malformed_at(self.position, FormatError::ElementType { actual, expected }))
    }

    /// Whether the length is right, which `expected` describes.
    pub(super) fn check_size(
        &self,
        stream: &Stream<'_>,
        is_right: bool,
        expected: impl FnOnce() -> String,
    ) -> Result<()> {
        if is_right {
            return Ok(());
        }
        let problem = FormatError::ElementSize {
            actual: self.n_bytes,
            expected: expected(),
        };
        Err(stream.malformed_at(self.position, problem))
    }

    /// The data, with the padding behind them passed over.
    pub(super) fn data(&self, stream: &mut Stream<'_>) -> Result<Vec<u8>> {
        if let Some(small) = self.small {
            let data = small.into_iter().zip(0..self.n_bytes);
            return Ok(data.map(|(byte, _)| byte).collect());
        }
        let data = stream.bytes(u128::from(self.n_bytes))?;
        self.skip_padding(stream)?;
        Ok(data)
    }

    /// Calls `visit` with the data, `chunk_len` bytes at a time, and passes over the padding behind them.
    pub(super) fn for_each_chunk<E: From<Error>>(
        &self,
        stream: &mut Stream<'_>,
        chunk_len: usize,
        mut visit: impl FnMut(Vec<u8>) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.small.is_some() {
            let data = self.data(stream)?;
            return data.chunks(chunk_len).try_for_each(|chunk| visit(chunk.to_vec()));
        }
        stream.for_each_chunk(u128::from(self.n_bytes), chunk_len, visit)?;
        Ok(self.skip_padding(stream)?)
    }

    fn skip_padding(&self, stream: &mut Stream<'_>) -> Result<()> {
        stream.skip(self.n_bytes.next_multiple_of(8) - self.n_bytes)
    }

    /// Where the data start.
    pub(super) fn data_position(&self) -> Position {
        self.position.plus(if self.small.is_some() { 4 } else { 8 })
    }
}
