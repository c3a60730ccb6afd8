//! One golden file.

use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// What a case is about: the `type` in its metadata.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// One network: forward, backward, two steps, evaluation.
    Network,
    /// Several steps from an initial state.
    Trajectory,
    /// Functions of the posterior's logits.
    Posterior,
    /// Scores and calibration errors.
    Calibration,
    /// Entropy decomposition.
    Uncertainty,
    /// Two-dimensional spirals.
    Spirals,
}

/// One golden file, in memory.
#[derive(Debug)]
pub struct GoldenCase {
    name: String,
    kind: Kind,
    metadata: serde_json::Value,
    bytes: Vec<u8>,
}

impl GoldenCase {
    /// Reads a file.
    ///
    /// # Panics
    /// If it cannot be read, or its kind is unknown.
    pub fn open(path: &Path) -> Self {
        let name = path.file_stem().expect("a file").to_string_lossy().into_owned();
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.to_string_lossy()));
        let (_, header) = SafeTensors::read_metadata(&bytes).unwrap_or_else(|error| panic!("{name}: {error}"));
        let text = header
            .metadata()
            .as_ref()
            .and_then(|m| m.get("case"))
            .unwrap_or_else(|| panic!("{name}: no case"));
        let metadata: serde_json::Value = serde_json::from_str(text).unwrap_or_else(|error| panic!("{name}: {error}"));
        let kind = Kind::deserialize(&metadata["type"]).unwrap_or_else(|error| panic!("{name}: {error}"));
        Self {
            name,
            kind,
            metadata,
            bytes,
        }
    }

    /// File name without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the case is about.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// A value of the metadata.
    ///
    /// # Panics
    /// If it is missing or of another type.
    pub fn meta<T: DeserializeOwned>(&self, key: &str) -> T {
        serde_json::from_value(self.metadata[key].clone())
            .unwrap_or_else(|error| panic!("{}: {key}: {error}", self.name))
    }

    /// The whole metadata.
    pub fn metadata(&self) -> &serde_json::Value {
        &self.metadata
    }

    /// Names of all tensors that start with `prefix`, sorted.
    pub fn names(&self, prefix: &str) -> Vec<String> {
        let file = self.file();
        let mut names: Vec<String> = file
            .names()
            .into_iter()
            .filter(|name| name.starts_with(prefix))
            .map(str::to_owned)
            .collect();
        names.sort();
        names
    }

    /// Whether a tensor is there.
    pub fn has(&self, name: &str) -> bool {
        self.file().tensor(name).is_ok()
    }

    /// Whether a tensor holds integers.
    pub fn is_integer(&self, name: &str) -> bool {
        self.with(name, |view| view.dtype() == Dtype::I64)
    }

    /// Shape of a tensor.
    ///
    /// # Panics
    /// If it is missing; so do the other readers below, and if the element type differs.
    pub fn shape(&self, name: &str) -> Vec<usize> {
        self.with(name, |view| view.shape().to_vec())
    }

    /// Values of an F32 tensor.
    pub fn f32(&self, name: &str) -> Vec<f32> {
        self.values(name, Dtype::F32, f32::from_le_bytes)
    }

    /// Values of an F64 tensor.
    pub fn f64(&self, name: &str) -> Vec<f64> {
        self.values(name, Dtype::F64, f64::from_le_bytes)
    }

    /// Values of an I64 tensor.
    pub fn i64(&self, name: &str) -> Vec<i64> {
        self.values(name, Dtype::I64, i64::from_le_bytes)
    }

    /// The one value of an F32 tensor.
    ///
    /// # Panics
    /// If it holds another number of values.
    pub fn scalar(&self, name: &str) -> f32 {
        let values = self.f32(name);
        assert_eq!(values.len(), 1, "{}: {name}", self.name);
        values[0]
    }

    /// Class indices, stored as I64.
    ///
    /// # Panics
    /// If one is negative.
    pub fn labels(&self, name: &str) -> Vec<u32> {
        self.i64(name)
            .into_iter()
            .map(|label| u32::try_from(label).expect("a class"))
            .collect()
    }

    /// A safetensors file of the tensors whose names start with `prefix`, without it in their names.
    ///
    /// # Panics
    /// If the format cannot hold them.
    pub fn file_of(&self, prefix: &str) -> Vec<u8> {
        let tensors = self.file().tensors().into_iter().filter_map(|(name, view)| {
            let name = name.strip_prefix(prefix)?.to_owned();
            Some((name, view))
        });
        safetensors::serialize(tensors, None).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    fn values<T, const N: usize>(&self, name: &str, dtype: Dtype, decode: fn([u8; N]) -> T) -> Vec<T> {
        self.with(name, |view| {
            assert_eq!(view.dtype(), dtype, "{}: {name}", self.name);
            view.data()
                .as_chunks::<N>()
                .0
                .iter()
                .map(|bytes| decode(*bytes))
                .collect()
        })
    }

    fn with<R>(&self, name: &str, read: impl FnOnce(TensorView<'_>) -> R) -> R {
        read(
            self.file()
                .tensor(name)
                .unwrap_or_else(|error| panic!("{}: {name}: {error}", self.name)),
        )
    }

    fn file(&self) -> SafeTensors<'_> {
        SafeTensors::deserialize(&self.bytes).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}
