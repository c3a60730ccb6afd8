//! What a run's numbers depend on beside its configuration.

use std::fs;
use std::sync::OnceLock;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use vds_datasets::Provenance;
use vds_kernels::Isa;

/// Program, machine and data, as stored in `environment.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Environment {
    /// Version of this program.
    pub version: String,
    /// Commit that it was built from, with `-dirty` if the sources differed from it; `unknown` outside a repository.
    pub commit: String,
    /// SHA-256 sum of the program's file; `None` in records of older versions, and where the file cannot be read.
    #[serde(default)]
    pub binary_sha256: Option<String>,
    /// SHA-256 sum of the `Cargo.lock` that it was built with, `unknown` outside the workspace; `None` in records of older
    /// versions.
    #[serde(default)]
    pub lock_sha256: Option<String>,
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
    /// The instruction set that the kernels use; `None` in records of older versions.
    #[serde(default)]
    pub instruction_set: Option<String>,
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
            binary_sha256: binary_sum(),
            lock_sha256: Some(env!("VDS_LOCK_SHA256").to_owned()),
            toolchain: env!("VDS_RUSTC").to_owned(),
            target: env!("VDS_TARGET").to_owned(),
            profile: env!("VDS_PROFILE").to_owned(),
            cpu: cpu_model(),
            cpu_features: cpu_features().into_iter().map(str::to_owned).collect(),
            instruction_set: Some(Isa::detect().name().to_owned()),
            data: provenance.files.iter().map(DataFile::from).collect(),
            pruned_from: None,
        }
    }
}

impl From<&vds_datasets::SourceFile> for DataFile {
    fn from(file: &vds_datasets::SourceFile) -> Self {
        Self {
            location: file.origin.to_string(),
            sha256: file.sha256.clone(),
        }
    }
}

/// This program, its version and its commit.
pub(crate) fn program() -> String {
    format!("vds {} ({})", env!("CARGO_PKG_VERSION"), env!("VDS_COMMIT"))
}

/// SHA-256 sum of the program's file, read once.
fn binary_sum() -> Option<String> {
    static SUM: OnceLock<Option<String>> = OnceLock::new();
    // On Linux this is the file that was started, even if another has taken its place since.
    let read = || fs::read("/proc/self/exe").or_else(|_| fs::read(std::env::current_exe()?));
    let sum = || Some(hex(&Sha256::digest(read().ok()?)));
    SUM.get_or_init(sum).clone()
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
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
