//! What all tasks need of the outside: the repository root, `cargo`, and a way to say that a request is bad.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail, ensure};

/// The root of the workspace.
pub(crate) fn workspace_root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("the package xtask lies in the workspace root")
        .to_path_buf()
}

/// `cargo` of the toolchain that runs this task, started in the workspace root.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(workspace_root());
    command
}

/// Standard output of a command that succeeds; what it says of itself goes to the terminal.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.with_context(|| format!("starting {name}"))?;
    ensure!(output.status.success(), "`{name}` has failed ({})", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("reading what {name} says"))
}

/// Runs a command that must succeed.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = command.status().with_context(|| format!("starting {name}"))?;
    ensure!(status.success(), "`{name}` has failed ({status})");
    Ok(())
}

/// Writes a record as JSON.
pub(crate) fn write_json(path: &Path, record: &impl serde::Serialize) -> Result<()> {
    let text = serde_json::to_string_pretty(record)? + "\n";
    fs::write(path, text).with_context(|| format!("writing {}", path.to_string_lossy()))
}

/// Builds `vds` in release mode and returns where cargo put it.
pub(crate) fn build_vds(offline: bool) -> Result<PathBuf> {
    let mut command = cargo();
    command.args(["build", "--release", "--locked", "--package=vds-runner", "--bin=vds"]);
    command.arg("--message-format=json-render-diagnostics");
    if offline {
        command.arg("--offline");
    }
    let messages = output(&mut command).context("building vds")?;
    let program = messages.lines().find_map(executable_of);
    program.context("cargo build did not print where it put vds")
}

/// The path of the built program, if this line of cargo's messages tells it.
fn executable_of(message: &str) -> Option<PathBuf> {
    let message: serde_json::Value = serde_json::from_str(message).ok()?;
    let is_vds = message.get("target")?.get("name")? == "vds";
    let path = message.get("executable")?.as_str()?;
    is_vds.then(|| PathBuf::from(path))
}

/// Whether a file can be written; to be tried before anything that takes long. One that is missing is made, empty.
pub(crate) fn check_writable(path: &Path) -> Result<()> {
    let tried = fs::OpenOptions::new().append(true).create(true).open(path);
    tried
        .map(drop)
        .map_err(|error| BadRequest(format!("cannot write to {}: {error}", path.to_string_lossy())).into())
}

/// Refuses a name that is not known.
pub(crate) fn check_known(what: &str, names: &[String], known: &[&str]) -> Result<()> {
    if let Some(name) = names.iter().find(|name| !known.contains(&name.as_str())) {
        let known = known.join(", ");
        bail!(BadRequest(format!("no {what} is called `{name}`; there are {known}")));
    }
    Ok(())
}

/// The content of a TOML file, relative to the root.
pub(crate) fn read_toml(path: &str) -> Result<toml::Table> {
    let text = fs::read_to_string(workspace_root().join(path)).with_context(|| format!("reading {path}"))?;
    text.parse().with_context(|| format!("reading {path}"))
}

/// A request that cannot be served: unknown name, folder that cannot be written. Leads to exit code 2.
#[derive(Debug)]
pub(crate) struct BadRequest(pub(crate) String);

impl fmt::Display for BadRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadRequest {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_name_is_a_bad_request() {
        let error = check_known("step", &["tests".to_owned()], &["fmt", "tidy"]).unwrap_err();
        assert!(error.is::<BadRequest>());
        assert_eq!(error.to_string(), "no step is called `tests`; there are fmt, tidy");
    }

    #[test]
    fn program_is_found_in_cargo_messages() {
        let library = r#"{"reason":"compiler-artifact","target":{"name":"vds_runner"},"executable":null}"#;
        assert_eq!(executable_of(library), None);
        let program = r#"{"reason":"compiler-artifact","target":{"name":"vds"},"executable":"t/release/vds"}"#;
        assert_eq!(executable_of(program), Some(PathBuf::from("t/release/vds")));
    }
}
