//! Programs beside cargo that a check needs, kept below `target`.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::process::{cargo, workspace_root};

/// The version that is installed; one that is there already may be another.
const CARGO_DENY: &str = "0.20.2";

/// Makes sure that `cargo deny` can be called with [`search_path`], or says why it cannot.
pub(crate) fn provide_cargo_deny(offline: bool) -> Result<Option<&'static str>> {
    let mut version = cargo();
    version.args(["deny", "--version"]).env("PATH", search_path()?);
    if version.output().is_ok_and(|output| output.status.success()) {
        return Ok(None);
    }
    if offline {
        return Ok(Some(
            "cargo-deny is not installed, and --offline keeps it from being fetched",
        ));
    }
    println!("installing cargo-deny {CARGO_DENY} into {}, once", folder().display());
    let status = cargo()
        .args(["install", "cargo-deny", "--locked", "--version", CARGO_DENY, "--root"])
        .arg(folder())
        // It runs for seconds and is compiled for minutes, so it is hardly optimized.
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .status()
        .context("starting cargo install")?;
    Ok((!status.success()).then_some("cargo-deny is not installed, and could not be: cargo says above why"))
}

/// Where programs are looked for: the folder of these tools, then as in the environment.
pub(crate) fn search_path() -> Result<OsString> {
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [folder().join("bin")].into_iter().chain(env::split_paths(&path));
    env::join_paths(folders).context("putting the folder of the tools before PATH")
}

fn folder() -> PathBuf {
    workspace_root().join("target/tools")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_tools_come_before_those_of_the_machine() {
        let folders: Vec<PathBuf> = env::split_paths(&search_path().unwrap()).collect();
        let of_the_machine = env::var_os("PATH").unwrap();
        let of_the_machine: Vec<PathBuf> = env::split_paths(&of_the_machine).collect();
        assert!(folders[0].ends_with("target/tools/bin"), "{folders:?}");
        assert_eq!(folders[1..], of_the_machine);
    }
}
