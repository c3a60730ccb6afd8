//! What a build leaves, and how two of them differ.

use std::fmt;
use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result, bail};
use serde::Serialize;
use sha2::{Digest as _, Sha256};

/// A built file.
#[derive(Debug, Serialize)]
pub(super) struct Artifact {
    pub(super) path: PathBuf,
    pub(super) n_bytes: usize,
    pub(super) sha256: String,
    #[serde(skip)]
    bytes: Vec<u8>,
}

/// Where two files begin to differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Difference {
    name: String,
    n_bytes: [usize; 2],
    /// The first byte that differs, or the length of the shorter file.
    offset: usize,
}

impl Artifact {
    pub(super) fn read(path: PathBuf) -> Result<Self> {
        let bytes = fs::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let digest = Sha256::digest(&bytes);
        Ok(Self {
            path,
            n_bytes: bytes.len(),
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes,
        })
    }

    /// Fails if the path of one of the folders stands in the file.
    pub(super) fn check_names_none<'a>(&self, folders: impl IntoIterator<Item = &'a PathBuf>) -> Result<()> {
        for folder in folders {
            let needle = folder.as_os_str().as_encoded_bytes();
            let found = self.bytes.windows(needle.len()).position(|window| window == needle);
            if let Some(offset) = found {
                bail!("{} names the folder {} at byte {offset}", self.name(), folder.display());
            }
        }
        Ok(())
    }

    fn name(&self) -> String {
        self.path.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }
}

/// The files of one build that are not those of the other.
pub(super) fn differences(left: &[Artifact], right: &[Artifact]) -> Vec<Difference> {
    left.iter()
        .zip(right)
        .filter_map(|(left, right)| difference(left, right))
        .collect()
}

fn difference(left: &Artifact, right: &Artifact) -> Option<Difference> {
    if left.bytes == right.bytes {
        return None;
    }
    let mut pairs = left.bytes.iter().zip(&right.bytes);
    let shorter = left.n_bytes.min(right.n_bytes);
    let offset = pairs.position(|(left, right)| left != right).unwrap_or(shorter);
    Some(Difference {
        name: left.name(),
        n_bytes: [left.n_bytes, right.n_bytes],
        offset,
    })
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [left, right] = self.n_bytes;
        let Self { name, offset, .. } = self;
        write!(f, "{name} ({left} and {right} bytes) from byte {offset} on")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn artifact(bytes: &[u8]) -> Artifact {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("vds");
        fs::write(&path, bytes).unwrap();
        Artifact::read(path).unwrap()
    }

    #[test]
    fn digest_is_that_of_the_standard() {
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(artifact(b"abc").sha256, expected);
    }

    #[track_caller]
    fn check(left: &[u8], right: &[u8], expected: Option<&str>) {
        let found = differences(&[artifact(left)], &[artifact(right)]);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.first().map(String::as_str), expected);
    }

    #[test]
    fn first_byte_that_differs_is_named() {
        check(b"same", b"same", None);
        check(b"abcd", b"abXY", Some("vds (4 and 4 bytes) from byte 2 on"));
        check(b"ab", b"abc", Some("vds (2 and 3 bytes) from byte 2 on"));
    }

    #[test]
    fn folder_in_a_file_is_found() {
        let artifact = artifact(b"before /some/folder/src after");
        let error = artifact.check_names_none(&[PathBuf::from("/other"), PathBuf::from("/some/folder")]);
        assert_eq!(
            error.unwrap_err().to_string(),
            "vds names the folder /some/folder at byte 7"
        );
        assert!(artifact.check_names_none(&[PathBuf::from("/other")]).is_ok());
    }
}
