//! Tells the program what it was built from. Nothing here depends on the time or on the folder.

use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!(
        "cargo:rustc-env=VDS_COMMIT={}",
        commit().unwrap_or_else(|| "unknown".to_owned())
    );
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    println!(
        "cargo:rustc-env=VDS_RUSTC={}",
        output(&rustc, &["--version"]).unwrap_or_else(|| "unknown".to_owned())
    );
    for (name, source) in [("VDS_TARGET", "TARGET"), ("VDS_PROFILE", "PROFILE")] {
        println!(
            "cargo:rustc-env={name}={}",
            std::env::var(source).unwrap_or_else(|_| "unknown".to_owned())
        );
    }
}

/// The commit of the repository that this package lies in; nothing outside a repository, or without git.
fn commit() -> Option<String> {
    let git = output("git", &["rev-parse", "--absolute-git-dir"])?;
    let head = Path::new(&git).join("HEAD");
    println!("cargo:rerun-if-changed={}", head.display());
    let reference = std::fs::read_to_string(&head).ok()?;
    if let Some(reference) = reference.trim().strip_prefix("ref: ") {
        // In a worktree the references lie with those of the clone, not beside `HEAD`.
        let path = output("git", &["rev-parse", "--git-path", reference])?;
        // A packed reference has no file, and a missing file would build this package each time.
        if Path::new(&path).exists() {
            println!("cargo:rerun-if-changed={path}");
        }
    }
    output("git", &["rev-parse", "HEAD"])
}

fn output(program: &str, args: &[&str]) -> Option<String> {
    let output = Command::new(program).args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output
        .status
        .success()
        .then(|| text.trim().to_owned())
        .filter(|text| !text.is_empty())
}
