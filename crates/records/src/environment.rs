//! What the numbers of a run depend on beside its configuration.

use serde::{Deserialize, Serialize};
use vds_variational::PruningRule;

/// Program, machine and data, as stored in `environment.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of the program.
    pub version: String,
    /// Commit that it was built from, with `-dirty` if the sources differed from it; `unknown` outside a repository.
    pub commit: String,
    /// SHA-256 digest of the program's file; `None` where the file cannot be read.
    #[serde(default)]
    pub binary_sha256: Option<String>,
    /// SHA-256 digest of the `Cargo.lock` that it was built with, `unknown` outside the workspace.
    #[serde(default)]
    pub lock_sha256: Option<String>,
    /// Compiler.
    pub toolchain: String,
    /// Target triple.
    pub target: String,
    /// Build profile.
    pub profile: String,
    /// Model of the processor, where the system reports it.
    pub cpu: Option<String>,
    /// Vector extensions that the program looks for and the processor has.
    pub cpu_features: Vec<String>,
    /// The instruction set that the kernels use.
    #[serde(default)]
    pub instruction_set: Option<String>,
    /// SHA-256 digest of the `config.ron` that it stands beside; `None` in records of other writers.
    #[serde(default)]
    pub config_sha256: Option<String>,
    /// The data, file by file.
    pub data: Vec<DataFile>,
    /// The run that the network was pruned from, for a pruned network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruned_from: Option<PrunedFrom>,
}

impl Environment {
    /// The SHA-256 digests of the data, in order.
    pub fn digests(&self) -> Vec<String> {
        self.data.iter().map(|file| file.sha256.clone()).collect()
    }
}

/// A file of data, or something in place of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Where it was read.
    pub location: String,
    /// SHA-256 digest of its uncompressed content.
    pub sha256: String,
}

/// Where a pruned network comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrunedFrom {
    /// The run directory, as typed.
    pub run: String,
    /// Its maximum depth.
    pub max_depth: usize,
    /// The rule that chose the depth; `None` if the depth was given.
    pub rule: Option<PruningRule>,
}

/// A file of data with another digest than the recorded one, or that only one side has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherFile {
    /// Its place among the files of the data set.
    pub index: usize,
    /// The digest that was recorded.
    pub recorded: Option<String>,
    /// The digest that it has now.
    pub now: Option<String>,
}

/// The files whose SHA-256 digests are not those recorded; where the files lie does not matter.
pub fn other_files(recorded: &[String], now: &[String]) -> Vec<OtherFile> {
    let pairs = (0..recorded.len().max(now.len())).map(|index| OtherFile {
        index,
        recorded: recorded.get(index).cloned(),
        now: now.get(index).cloned(),
    });
    pairs.filter(|file| file.recorded != file.now).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_digests_are_compared_file_by_file() {
        let indices = |now: &[&str]| -> Vec<usize> {
            let now: Vec<String> = now.iter().map(|&digest| digest.to_owned()).collect();
            let others = other_files(&["a", "b"].map(str::to_owned), &now).into_iter();
            others.map(|file| file.index).collect()
        };
        assert!(indices(&["a", "b"]).is_empty());
        assert_eq!(indices(&["a", "c"]), [1]);
        assert_eq!(indices(&["b", "a"]), [0, 1]);
        assert_eq!(indices(&["a"]), [1]);
        assert_eq!(indices(&["a", "b", "c"]), [2]);
    }
}
