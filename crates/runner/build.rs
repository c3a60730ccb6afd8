//! Tells the program what it was built from. Nothing here depends on the time or on the folder.
//!
//! `VDS_COMMIT` in the environment names the commit where the sources lie in no repository, as in an archive of them.

use std::path::{Path, PathBuf};
use std::process::Command;

use sha2::{Digest as _, Sha256};

/// What the program is made from, below the workspace's root; other changed files do not make it another program.
const SOURCES: &[&str] = &[".cargo", "Cargo.toml", "Cargo.lock", "rust-toolchain.toml"];
/// What the program is made from, below the folder of each crate.
const CRATE_SOURCES: &[&str] = &["Cargo.toml", "build.rs", "data", "src"];

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=VDS_COMMIT");
    let workspace = workspace();
    let given = std::env::var("VDS_COMMIT").ok().filter(|commit| !commit.is_empty());
    let commit = given.or_else(|| commit(workspace.as_deref()?));
    tell("VDS_COMMIT", commit);
    tell("VDS_LOCK_SHA256", workspace.as_deref().and_then(lock_sum));
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    tell("VDS_RUSTC", output(Command::new(rustc).arg("--version")));
    for (name, source) in [("VDS_TARGET", "TARGET"), ("VDS_PROFILE", "PROFILE")] {
        tell(name, std::env::var(source).ok());
    }
}

fn tell(name: &str, value: Option<String>) {
    println!("cargo:rustc-env={name}={}", value.as_deref().unwrap_or("unknown"));
}

/// The root of the workspace; nothing if this package was taken out of it.
fn workspace() -> Option<PathBuf> {
    let package = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR")?);
    let root = package.parent()?.parent()?;
    let is_member = package.parent()?.ends_with("crates") && root.join("Cargo.lock").is_file();
    is_member.then(|| root.to_path_buf())
}

/// SHA-256 sum of the versions that the workspace is locked to.
fn lock_sum(workspace: &Path) -> Option<String> {
    let path = workspace.join("Cargo.lock");
    watch(&path);
    let sum = Sha256::digest(std::fs::read(path).ok()?);
    Some(sum.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// The commit of the workspace, with `-dirty` if what the program is made from differs from it; nothing without git, or where
/// the repository is that of something around the workspace.
fn commit(workspace: &Path) -> Option<String> {
    output(git(workspace).args(["ls-files", "--error-unmatch", "Cargo.lock"]))?;
    watch_head(workspace)?;
    let commit = output(git(workspace).args(["rev-parse", "HEAD"]))?;
    let sources = sources(workspace);
    sources.iter().for_each(|source| watch(&workspace.join(source)));
    let status = git(workspace)
        .args(["status", "--porcelain", "--"])
        .args(&sources)
        .output()
        .ok()?;
    let is_clean = status.status.success() && status.stdout.is_empty();
    Some(if is_clean { commit } else { format!("{commit}-dirty") })
}

/// Builds again when `HEAD`, or the branch that it names, moves.
fn watch_head(workspace: &Path) -> Option<()> {
    // In a worktree the references lie with those of the clone, not beside `HEAD`.
    let inside = |name: &str| {
        let path = output(git(workspace).args(["rev-parse", "--git-path", name]))?;
        Some(workspace.join(path))
    };
    let head = inside("HEAD")?;
    watch(&head);
    let content = std::fs::read_to_string(&head).ok()?;
    let Some(reference) = content.trim().strip_prefix("ref: ") else {
        return Some(());
    };
    // A packed reference has no file until it moves; then one appears in the folder. A missing file must not be watched: it
    // would build this package each time.
    let reference = inside(reference)?;
    watch(reference.ancestors().find(|path| path.exists())?);
    let packed = inside("packed-refs")?;
    if packed.exists() {
        watch(&packed);
    }
    Some(())
}

/// What the program is made from, relative to the workspace, as far as it is there.
fn sources(workspace: &Path) -> Vec<PathBuf> {
    let crates = std::fs::read_dir(workspace.join("crates"))
        .into_iter()
        .flatten()
        .flatten();
    let names = crates.map(|entry| Path::new("crates").join(entry.file_name()));
    let mut sources: Vec<PathBuf> = names
        .flat_map(|name| CRATE_SOURCES.iter().map(move |source| name.join(source)))
        .chain(SOURCES.iter().map(PathBuf::from))
        .filter(|source| workspace.join(source).exists())
        .collect();
    sources.sort();
    sources
}

fn watch(path: &Path) {
    println!("cargo:rerun-if-changed={}", path.to_string_lossy());
}

/// `git` in the workspace; it takes no lock, so that it is in nobody's way.
fn git(workspace: &Path) -> Command {
    let mut command = Command::new("git");
    command.arg("--no-optional-locks").current_dir(workspace);
    command
}

fn output(command: &mut Command) -> Option<String> {
    let output = command.output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}
