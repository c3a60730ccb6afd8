//! One checkpoint and the bytes of its file.

use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensors;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::array::Raw;
use crate::{Array, Error, Result};

/// Version of the container that this crate writes and reads: the header and the seal, not what the state means.
pub const CONTAINER_SCHEMA: u32 = 2;

/// The one entry of the file's metadata. The format keeps entries in no particular order, and equal checkpoints give equal files.
const ENTRY: &str = "checkpoint";

/// A JSON state and the arrays that belong to it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Name and version of the program that wrote it.
    pub program: String,
    /// Version of the content, which is the caller's: it changes when the meaning of the state or the arrays changes.
    pub schema: u32,
    /// Everything that is not an array.
    pub state: Value,
    /// Arrays by name.
    pub arrays: BTreeMap<String, Array>,
}

/// The metadata of the file.
#[derive(Debug, Serialize, Deserialize)]
struct Header {
    /// [`CONTAINER_SCHEMA`].
    container: u32,
    program: String,
    /// Version of the content.
    schema: u32,
    /// Digest of the program, the version of the content, the state's text and the arrays.
    sha256: String,
    /// JSON as text, so that its digest does not depend on how it is parsed.
    state: String,
}

impl Checkpoint {
    /// A checkpoint written by `program` (its name and version), whose content has the version `schema`.
    pub fn new(program: impl Into<String>, schema: u32, state: Value, arrays: BTreeMap<String, Array>) -> Self {
        Self {
            program: program.into(),
            schema,
            state,
            arrays,
        }
    }

    /// The bytes of the checkpoint's file. Equal checkpoints have equal bytes.
    ///
    /// # Errors
    /// [`Error::Format`] if the format cannot hold the arrays.
    pub fn to_bytes(&self) -> Result<Vec<u8>> {
        let state = self.state.to_string();
        let arrays = self.arrays.iter().map(|(name, array)| (&**name, Raw::of(array)));
        let arrays: BTreeMap<&str, Raw<'_>> = arrays.collect();
        let header = Header {
            container: CONTAINER_SCHEMA,
            program: self.program.clone(),
            schema: self.schema,
            sha256: content_digest(&self.program, self.schema, &state, &arrays),
            state,
        };
        let header = serde_json::json!(header).to_string();
        let metadata = HashMap::from([(ENTRY.to_owned(), header)]);
        let views = arrays.iter().map(|(name, raw)| Ok((name, raw.view()?)));
        safetensors::serialize(views.collect::<Result<Vec<_>>>()?, Some(metadata)).map_err(Error::Format)
    }

    /// Reads the bytes of a checkpoint's file, with whatever version of the content.
    ///
    /// # Errors
    /// [`Error::Schema`] if the container has another version, else [`Error::Format`], [`Error::NotACheckpoint`] or
    /// [`Error::Digest`] if the bytes are not exactly what was written.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(Error::Format)?;
        let entry = metadata.metadata().as_ref().and_then(|metadata| metadata.get(ENTRY));
        let header = checked_header(entry.ok_or(Error::NotACheckpoint("its metadata has no entry `checkpoint`"))?)?;
        let file = SafeTensors::deserialize(bytes).map_err(Error::Format)?;
        let mut raw = BTreeMap::new();
        for (name, view) in file.iter() {
            raw.insert(name, Raw::read(view.dtype(), view.shape(), view.data())?);
        }
        let actual = content_digest(&header.program, header.schema, &header.state, &raw);
        if actual != header.sha256 {
            return Err(Error::Digest {
                expected: header.sha256,
                actual,
            });
        }
        let state = serde_json::from_str(&header.state).map_err(|_| Error::NotACheckpoint("its state is not JSON"))?;
        let arrays = raw.into_iter().map(|(name, raw)| (name.to_owned(), raw.into_array()));
        Ok(Self::new(header.program, header.schema, state, arrays.collect()))
    }

    /// Refuses a content of another version than the reader knows.
    ///
    /// # Errors
    /// [`Error::Schema`], which names both versions and the program that wrote the checkpoint.
    pub fn check_schema(&self, expected: u32) -> Result<()> {
        if self.schema == expected {
            return Ok(());
        }
        Err(Error::Schema {
            part: "content",
            found: u64::from(self.schema),
            expected,
            program: self.program.clone(),
        })
    }

    /// Takes an array out.
    ///
    /// # Errors
    /// [`Error::Missing`].
    pub fn take(&mut self, name: &str) -> Result<Array> {
        let missing = || Error::Missing { name: name.to_owned() };
        self.arrays.remove(name).ok_or_else(missing)
    }

    /// Takes an array in single precision out.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Type`].
    pub fn take_f32(&mut self, name: &str) -> Result<Vec<f32>> {
        match self.take(name)? {
            Array::F32(values) => Ok(values),
            other => Err(type_error(name, &other, "F32")),
        }
    }

    /// Takes an array of counts out.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Type`].
    pub fn take_u64(&mut self, name: &str) -> Result<Vec<u64>> {
        match self.take(name)? {
            Array::U64(values) => Ok(values),
            other => Err(type_error(name, &other, "U64")),
        }
    }

    /// Takes an array of bytes out.
    ///
    /// # Errors
    /// [`Error::Missing`], [`Error::Type`].
    pub fn take_bytes(&mut self, name: &str) -> Result<Vec<u8>> {
        match self.take(name)? {
            Array::U8(values) => Ok(values),
            other => Err(type_error(name, &other, "U8")),
        }
    }
}

fn type_error(name: &str, array: &Array, expected: &'static str) -> Error {
    Error::Type {
        name: name.to_owned(),
        actual: Raw::of(array).type_name(),
        expected,
    }
}

/// Reads the header, its version first: another version may have other fields.
fn checked_header(text: &str) -> Result<Header> {
    let value: Value = serde_json::from_str(text).map_err(|_| Error::NotACheckpoint("its header is not JSON"))?;
    // The first version of the container called its own version `schema`, and had none for the content.
    let version = value["container"].as_u64().or(value["schema"].as_u64());
    let found = version.ok_or(Error::NotACheckpoint("its header names no schema"))?;
    if found != u64::from(CONTAINER_SCHEMA) {
        return Err(Error::Schema {
            part: "container",
            found,
            expected: CONTAINER_SCHEMA,
            program: value["program"].as_str().unwrap_or("an unknown program").to_owned(),
        });
    }
    serde_json::from_value(value).map_err(|_| Error::NotACheckpoint("its header lacks a field"))
}

/// SHA-256 digest of the content. Lengths go in with the parts, so that no two contents have the same bytes.
fn content_digest(program: &str, schema: u32, state: &str, arrays: &BTreeMap<&str, Raw<'_>>) -> String {
    let mut hasher = Sha256::new();
    let mut add = |bytes: &[u8]| {
        hasher.update((bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    add(program.as_bytes());
    add(&schema.to_le_bytes());
    add(state.as_bytes());
    for (name, raw) in arrays {
        add(name.as_bytes());
        add(raw.type_name().as_bytes());
        add(raw.bytes());
    }
    vds_files::hex(&hasher.finalize())
}
