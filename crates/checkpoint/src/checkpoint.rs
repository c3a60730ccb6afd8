//! One checkpoint and its bytes.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, View};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::{Error, Result};

/// Version of the layout that this crate writes and reads.
pub const SCHEMA: u32 = 1;

/// The one entry of the file's metadata. The format keeps entries in no particular order, and equal checkpoints give equal files.
const ENTRY: &str = "checkpoint";

/// A state, and the tensors that belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Name and version of the program that wrote it.
    pub program: String,
    /// What is no tensor.
    pub state: Value,
    /// One-dimensional tensors by name.
    pub tensors: BTreeMap<String, Tensor>,
}

/// The values of a tensor.
#[derive(Clone, Debug, PartialEq)]
pub enum Tensor {
    /// Single precision.
    F32(Vec<f32>),
    /// Counts.
    U64(Vec<u64>),
    /// Bytes: text, for instance.
    U8(Vec<u8>),
}

/// The metadata of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    schema: u64,
    program: String,
    /// Of the program, the state's text and the tensors.
    sha256: String,
    /// JSON as text, so that its sum does not depend on how it is parsed.
    state: String,
}

impl Checkpoint {
    /// A checkpoint of a program (its name and version).
    pub fn new(program: impl Into<String>, state: Value, tensors: BTreeMap<String, Tensor>) -> Self {
        Self {
            program: program.into(),
            state,
            tensors,
        }
    }

    /// The bytes of its file. Equal checkpoints have equal bytes.
    ///
    /// # Errors
    /// [`Error::Format`] if the format cannot hold the tensors.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let state = self.state.to_string();
        let tensors: BTreeMap<&str, Raw<'_>> = self
            .tensors
            .iter()
            .map(|(name, tensor)| (&**name, Raw::of(tensor)))
            .collect();
        let sum = content_sum(&self.program, &state, &tensors);
        let header = Header {
            schema: u64::from(SCHEMA),
            program: self.program.clone(),
            sha256: sum,
            state,
        };
        let header = serde_json::json!(header).to_string();
        let metadata = HashMap::from([(ENTRY.to_owned(), header)]);
        safetensors::serialize(tensors, Some(metadata)).map_err(Error::Format)
    }

    /// Reads the bytes of a file.
    ///
    /// # Errors
    /// [`Error::Schema`] if another version of the layout was written, else [`Error::Format`], [`Error::NoCheckpoint`] or
    /// [`Error::Sum`] if they are not exactly what was written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(Error::Format)?;
        let entry = metadata.metadata().as_ref().and_then(|metadata| metadata.get(ENTRY));
        let header = checked_header(entry.ok_or(Error::NoCheckpoint("it has no metadata `checkpoint`"))?)?;
        let file = SafeTensors::deserialize(bytes).map_err(Error::Format)?;
        let mut raw = BTreeMap::new();
        for (name, view) in file.iter() {
            raw.insert(name, Raw::read(view.dtype(), view.shape(), view.data())?);
        }
        let actual = content_sum(&header.program, &header.state, &raw);
        if actual != header.sha256 {
            return Err(Error::Sum {
                expected: header.sha256,
                actual,
            });
        }
        let state = serde_json::from_str(&header.state).map_err(|_| Error::NoCheckpoint("its state is no JSON"))?;
        let tensors = raw.into_iter().map(|(name, raw)| (name.to_owned(), raw.tensor()));
        Ok(Self::new(header.program, state, tensors.collect()))
    }

    /// Takes a tensor out.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn take(&mut self, name: &str) -> Result<Tensor> {
        let missing = || Error::Missing { name: name.to_owned() };
        self.tensors.remove(name).ok_or_else(missing)
    }

    /// Takes a tensor in single precision out.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Type`].
    pub fn take_f32(&mut self, name: &str) -> Result<Vec<f32>> {
        match self.take(name)? {
            Tensor::F32(values) => Ok(values),
            other => Err(other.type_error(name, "F32")),
        }
    }

    /// Takes a tensor of counts out.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Type`].
    pub fn take_u64(&mut self, name: &str) -> Result<Vec<u64>> {
        match self.take(name)? {
            Tensor::U64(values) => Ok(values),
            other => Err(other.type_error(name, "U64")),
        }
    }

    /// Takes a tensor of bytes out.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Type`].
    pub fn take_bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        match self.take(name)? {
            Tensor::U8(values) => Ok(values),
            other => Err(other.type_error(name, "U8")),
        }
    }
}

impl Tensor {
    fn type_error(&self, name: &str, expected: &'static str) -> Error {
        Error::Type {
            name: name.to_owned(),
            actual: Raw::of(self).dtype.to_string(),
            expected,
        }
    }
}

/// The schema is looked at first: a later layout may have other fields.
fn checked_header(text: &str) -> Result<Header> {
    let value: Value = serde_json::from_str(text).map_err(|_| Error::NoCheckpoint("its header is no JSON"))?;
    let schema = value["schema"].as_u64();
    let found = schema.ok_or(Error::NoCheckpoint("its header names no schema"))?;
    if found != u64::from(SCHEMA) {
        let program = value["program"].as_str().unwrap_or("an unknown program").to_owned();
        return Err(Error::Schema { found, program });
    }
    serde_json::from_value(value).map_err(|_| Error::NoCheckpoint("its header lacks a field"))
}

/// Lengths go in with the parts, so that no two contents have the same bytes.
fn content_sum(program: &str, state: &str, tensors: &BTreeMap<&str, Raw<'_>>) -> String {
    let mut sum = Sha256::new();
    let mut add = |bytes: &[u8]| {
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(bytes);
    };
    add(program.as_bytes());
    add(state.as_bytes());
    for (name, raw) in tensors {
        add(name.as_bytes());
        add(raw.dtype.to_string().as_bytes());
        add(&raw.bytes);
    }
    sum.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A tensor in the file's byte order.
#[derive(Debug)]
struct Raw<'a> {
    dtype: Dtype,
    shape: [usize; 1],
    bytes: Cow<'a, [u8]>,
}

impl<'a> Raw<'a> {
    fn of(tensor: &'a Tensor) -> Self {
        let (dtype, len, bytes) = match tensor {
            Tensor::F32(values) => (
                Dtype::F32,
                values.len(),
                values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
            Tensor::U64(values) => (
                Dtype::U64,
                values.len(),
                values.iter().flat_map(|x| x.to_le_bytes()).collect(),
            ),
            Tensor::U8(values) => (Dtype::U8, values.len(), Cow::Borrowed(&values[..])),
        };
        let shape = [len];
        Self { dtype, shape, bytes }
    }

    fn read(dtype: Dtype, shape: &[usize], bytes: &'a [u8]) -> Result<Self> {
        let known = matches!(dtype, Dtype::F32 | Dtype::U64 | Dtype::U8);
        match *shape {
            [len] if known => Ok(Self {
                dtype,
                shape: [len],
                bytes: Cow::Borrowed(bytes),
            }),
            _ => Err(Error::NoCheckpoint("a tensor has a type or shape that is not written")),
        }
    }

    fn tensor(self) -> Tensor {
        match self.dtype {
            Dtype::F32 => Tensor::F32(words(&self.bytes).map(f32::from_le_bytes).collect()),
            Dtype::U64 => Tensor::U64(words(&self.bytes).map(u64::from_le_bytes).collect()),
            _ => Tensor::U8(self.bytes.into_owned()),
        }
    }
}

fn words<const N: usize>(bytes: &[u8]) -> impl Iterator<Item = [u8; N]> {
    bytes.as_chunks().0.iter().copied()
}

impl View for Raw<'_> {
    fn dtype(&self) -> Dtype {
        self.dtype
    }

    fn shape(&self) -> &[usize] {
        &self.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        Cow::Borrowed(&self.bytes)
    }

    fn data_len(&self) -> usize {
        self.bytes.len()
    }
}
