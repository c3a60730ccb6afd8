//! What a run's numbers depend on beside its configuration.

use std::fs;

use serde::{Deserialize, Serialize};
use vds_datasets::Provenance;

/// Program, machine and data, as stored in `environment.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this program.
    pub version: String,
    /// Commit that it was built from; `unknown` outside a repository.
    pub commit: String,
    /// Compiler.
    pub toolchain: String,
    /// Target triple.
    pub target: String,
    /// Build profile.
    pub profile: String,
    /// Model of the processor, where the system tells.
    pub cpu: Option<String>,
    /// Vector extensions that the program looks for and the processor has.
    pub cpu_features: Vec<String>,
    /// The data, file by file.
    pub data: Vec<DataFile>,
    /// The run that the network was cut out of, for a pruned network.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruned_from: Option<PrunedFrom>,
}

/// A file of data, or something in place of one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DataFile {
    /// Where it was read.
    pub location: String,
    /// SHA-256 sum of its uncompressed content.
    pub sha256: String,
}

/// Where a pruned network comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PrunedFrom {
    /// The run directory, as typed.
    pub run: String,
    /// Its maximum depth.
    pub max_depth: usize,
    /// The rule that chose the depth, or `depth` if it was given.
    pub rule: String,
}

impl Environment {
    /// The present program on the present machine.
    pub fn here(provenance: &Provenance) -> Self {
        Self {
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: env!("VDS_COMMIT").to_owned(),
            toolchain: env!("VDS_RUSTC").to_owned(),
            target: env!("VDS_TARGET").to_owned(),
            profile: env!("VDS_PROFILE").to_owned(),
            cpu: cpu_model(),
            cpu_features: cpu_features().into_iter().map(str::to_owned).collect(),
            data: provenance.files.iter().map(DataFile::from).collect(),
            pruned_from: None,
        }
    }
}

impl From<&vds_datasets::SourceFile> for DataFile {
    fn from(file: &vds_datasets::SourceFile) -> Self {
        Self {
            location: file.location.to_string(),
            sha256: file.sha256.clone(),
        }
    }
}

/// This program, its version and its commit.
pub(crate) fn program() -> String {
    format!("vds {} ({})", env!("CARGO_PKG_VERSION"), env!("VDS_COMMIT"))
}

/// Model of the processor, where the system tells.
pub(crate) fn cpu_model() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

#[cfg(target_arch = "x86_64")]
fn cpu_features() -> Vec<&'static str> {
    let known = [
        ("sse4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("avx", std::arch::is_x86_feature_detected!("avx")),
        ("avx2", std::arch::is_x86_feature_detected!("avx2")),
        ("fma", std::arch::is_x86_feature_detected!("fma")),
        ("avx512f", std::arch::is_x86_feature_detected!("avx512f")),
    ];
    known
        .into_iter()
        .filter(|(_, has)| *has)
        .map(|(name, _)| name)
        .collect()
}

#[cfg(not(target_arch = "x86_64"))]
fn cpu_features() -> Vec<&'static str> {
    Vec::new()
}
