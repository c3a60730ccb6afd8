//! SHA-256 digests.

/// Something read from a file, and the SHA-256 digest of the bytes that it was read from.
#[derive(Clone, Debug, PartialEq)]
pub struct Hashed<T> {
    /// What was read.
    pub value: T,
    /// The digest, 64 hexadecimal digits: for IDX that of the uncompressed payload, since mirrors recompress; for MAT, which
    /// compresses inside, that of the file.
    pub sha256: String,
}

impl<T> Hashed<T> {
    /// Applies `f` to what was read.
    pub(crate) fn map<U>(self, f: impl FnOnce(T) -> U) -> Hashed<U> {
        Hashed {
            value: f(self.value),
            sha256: self.sha256,
        }
    }
}
