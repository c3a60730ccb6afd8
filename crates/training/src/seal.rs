//! The digest in a weights file: a flipped bit is an error, not another prediction.

use std::collections::{BTreeMap, HashMap};

use safetensors::SafeTensors;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use crate::error::{Error, Result};

/// The key of the metadata under which `vds` describes the model.
const METADATA_KEY: &str = "vds";
/// The field of the description that holds the digest.
const DIGEST: &str = "sha256";

/// The file that `write` makes of a description with the digest of its tensors and of the description itself.
pub(crate) fn sealed(
    mut about: Map<String, Value>,
    write: impl Fn(&BTreeMap<String, String>) -> Result<Vec<u8>>,
) -> Result<Vec<u8>> {
    about.remove(DIGEST);
    // One entry: the format keeps its metadata in no particular order, and equal models should give equal files.
    let metadata = |about: &Map<String, Value>| {
        let text = Value::Object(about.clone()).to_string();
        BTreeMap::from([(METADATA_KEY.to_owned(), text)])
    };
    let digest = digest(&write(&metadata(&about))?, &about)?;
    about.insert(DIGEST.to_owned(), digest.into());
    write(&metadata(&about))
}

/// The description in a file, without the digest, and whether there was one.
pub(crate) fn opened(bytes: &[u8], metadata: &BTreeMap<String, String>) -> Result<(Map<String, Value>, bool)> {
    let Some(text) = metadata.get(METADATA_KEY) else {
        return Ok((Map::new(), false));
    };
    let about = serde_json::from_str(text).map_err(|error| Error::Metadata {
        problem: error.to_string(),
    });
    let mut about: Map<String, Value> = about?;
    let Some(expected) = about.remove(DIGEST) else {
        return Ok((about, false));
    };
    let actual = digest(bytes, &about)?;
    match expected.as_str() == Some(actual.as_str()) {
        true => Ok((about, true)),
        false => Err(Error::Digest),
    }
}

/// Over the description, and name, shape and content of every tensor in the order of their names.
fn digest(bytes: &[u8], about: &Map<String, Value>) -> Result<String> {
    let tensors = SafeTensors::deserialize(bytes).map_err(vds_model::Error::Safetensors)?;
    let tensors: HashMap<_, _> = tensors.tensors().into_iter().collect();
    let mut hasher = Sha256::new();
    let mut add = |part: &[u8]| {
        // With its length, so that no two lists of parts give one text.
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part);
    };
    add(Value::Object(about.clone()).to_string().as_bytes());
    let sorted: BTreeMap<_, _> = tensors.iter().collect();
    for (name, tensor) in sorted {
        add(name.as_bytes());
        add(format!("{:?} {:?}", tensor.dtype(), tensor.shape()).as_bytes());
        add(tensor.data());
    }
    Ok(vds_files::hex(&hasher.finalize()))
}
