//! One-dimensional arrays and their bytes in a file.

use std::borrow::Cow;

use safetensors::tensor::{Dtype, TensorView};

use crate::{Error, Result};

/// A one-dimensional array.
#[derive(Clone, Debug, PartialEq)]
pub enum Array {
    /// Single precision.
    F32(Vec<f32>),
    /// Counts.
    U64(Vec<u64>),
    /// Bytes, of a text for instance.
    U8(Vec<u8>),
}

/// An array in the byte order of the file.
#[derive(Debug)]
pub(crate) struct Raw<'a> {
    dtype: Dtype,
    shape: [usize; 1],
    bytes: Cow<'a, [u8]>,
}

impl<'a> Raw<'a> {
    pub(crate) fn of(array: &'a Array) -> Self {
        let (dtype, len, bytes) = match array {
            Array::F32(values) => (
                Dtype::F32,
                values.len(),
                values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
            Array::U64(values) => (
                Dtype::U64,
                values.len(),
                values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
            Array::U8(values) => (Dtype::U8, values.len(), Cow::Borrowed(&values[..])),
        };
        let shape = [len];
        Self { dtype, shape, bytes }
    }

    /// Checks that the type and the shape are ones that [`Raw::of`] gives.
    pub(crate) fn read(dtype: Dtype, shape: &[usize], bytes: &'a [u8]) -> Result<Self> {
        let known = matches!(dtype, Dtype::F32 | Dtype::U64 | Dtype::U8);
        match *shape {
            [len] if known => Ok(Self {
                dtype,
                shape: [len],
                bytes: Cow::Borrowed(bytes),
            }),
            _ => Err(Error::NotACheckpoint(
                "an array has a type or shape that is never written",
            )),
        }
    }

    /// Name of the element type in the safetensors format.
    pub(crate) fn type_name(&self) -> String {
        self.dtype.to_string()
    }

    /// The elements, little-endian.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The array as the format writes it.
    pub(crate) fn view(&self) -> Result<TensorView<'_>> {
        TensorView::new(self.dtype, self.shape.to_vec(), &self.bytes).map_err(Error::Format)
    }

    pub(crate) fn into_array(self) -> Array {
        match self.dtype {
            Dtype::F32 => Array::F32(words(&self.bytes).map(f32::from_le_bytes).collect()),
            Dtype::U64 => Array::U64(words(&self.bytes).map(u64::from_le_bytes).collect()),
            _ => Array::U8(self.bytes.into_owned()),
        }
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}
