//! The present program and machine, for the record.

use std::fs;
use std::sync::OnceLock;

use vds_datasets::{Provenance, SourceFile};
use vds_kernels::Isa;
use vds_records::{DataFile, Environment};

use crate::config::Config;

/// The present program on the present machine, with the data that were read, for a run of this configuration.
pub(crate) fn environment_here(provenance: &Provenance, config: &Config) -> Environment {
    Environment {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        commit: env!("VDS_COMMIT").to_owned(),
        binary_sha256: binary_digest(),
        lock_sha256: Some(env!("VDS_LOCK_SHA256").to_owned()),
        toolchain: env!("VDS_RUSTC").to_owned(),
        target: env!("VDS_TARGET").to_owned(),
        profile: env!("VDS_PROFILE").to_owned(),
        cpu: cpu_model(),
        cpu_features: cpu_features().into_iter().map(str::to_owned).collect(),
        instruction_set: Some(Isa::detect().name().to_owned()),
        config_sha256: Some(vds_files::digest(config.to_ron().as_bytes())),
        data: provenance.files.iter().map(data_file).collect(),
        pruned_from: None,
    }
}

fn data_file(file: &SourceFile) -> DataFile {
    DataFile {
        location: file.origin.to_string(),
        sha256: file.sha256.clone(),
    }
}

/// This program, its version and its commit.
pub(crate) fn program() -> String {
    format!("vds {} ({})", env!("CARGO_PKG_VERSION"), env!("VDS_COMMIT"))
}

/// SHA-256 digest of the program's file, read once.
fn binary_digest() -> Option<String> {
    static DIGEST: OnceLock<Option<String>> = OnceLock::new();
    // On Linux this is the file that was started, even if another has taken its place since.
    let read = || fs::read("/proc/self/exe").or_else(|_| fs::read(std::env::current_exe()?));
    let digest = || Some(vds_files::digest(&read().ok()?));
    DIGEST.get_or_init(digest).clone()
}

/// Model of the processor, where the system reports it.
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
