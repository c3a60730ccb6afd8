//! SHA-256 sums.

use sha2::{Digest, Sha256};

use crate::examples::Examples;

/// Something read from a file, and the SHA-256 sum of the bytes that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Summed<T> {
    /// What was read.
    pub value: T,
    /// The sum, 64 hexadecimal digits. For IDX it is that of the uncompressed payload, since mirrors recompress; a MAT file
    /// compresses inside, its sum is that of the file.
    pub sha256: String,
}

impl<T> Summed<T> {
    /// Applies `f` to what was read.
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Summed<U> {
        Summed {
            value: f(self.value),
            sha256: self.sha256,
        }
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sum of generated examples: of all input values, then all labels, little-endian.
pub(crate) fn sum_of_examples(examples: &Examples) -> String {
    let mut hasher = Sha256::new();
    for index in 0..examples.len() {
        hasher.update(examples.pixels(index).unwrap_or_default());
        for value in examples.features(index).unwrap_or_default() {
            hasher.update(value.to_le_bytes());
        }
    }
    for label in examples.labels() {
        hasher.update(label.to_le_bytes());
    }
    hex(&hasher.finalize())
}
