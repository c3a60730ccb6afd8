//! `cargo xtask tidy`: the repository's own rules, which neither the compiler nor clippy can check.
//!
//! Which crate may know which ([`layers`]), which file of a crate may know which ([`imports`]), what the text of a file may
//! hold ([`text`]). A test of this package checks the repository, so that plain `cargo test` does.

mod imports;
mod layers;
mod text;
mod tree;

use anyhow::{Result, bail};

use crate::process::workspace_root;
use layers::Package;
use tree::File;

/// Checks the workspace and prints every violation.
pub(crate) fn run() -> Result<()> {
    let files = tree::read(&workspace_root())?;
    let violations = violations(&files, &layers::packages()?);
    for violation in &violations {
        println!("{violation}");
    }
    if !violations.is_empty() {
        bail!("{} violations of the repository's rules", violations.len());
    }
    println!("the rules hold in {} files", files.len());
    Ok(())
}

fn violations(files: &[File], packages: &[Package]) -> Vec<String> {
    let mut found = layers::violations(packages);
    let is_member = |file: &&File| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/");
    found.extend(files.iter().filter(is_member).flat_map(layers::manifest_violations));
    found.extend(imports::violations(files));
    found.extend(files.iter().flat_map(text::violations));
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_finds_nothing_in_the_repository() {
        let files = tree::read(&workspace_root()).unwrap();
        let found = violations(&files, &layers::packages().unwrap());
        assert!(found.is_empty(), "\n{}\n", found.join("\n"));
    }
}
