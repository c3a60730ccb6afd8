//! `cargo xtask notices`: the table of NOTICES.md that names every foreign crate linked into `vds`, with its license.
//!
//! `cargo tree` says which crates these are, since it resolves features for this one program. The tools made for licenses do
//! not: `cargo deny list` takes the whole workspace with its build scripts and macros, and cargo-about would be one more
//! program that CI compiles.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result, bail, ensure};

use crate::process::{cargo, output, read_toml};
use crate::{document, table};

/// Arguments of `cargo xtask notices`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing, and fail if the table is not that of Cargo.lock
    #[arg(long)]
    check: bool,
}

/// Writes the table, or compares it.
pub(crate) fn run(args: &Args) -> Result<()> {
    let rows: Vec<Vec<String>> = linked()?.iter().map(|line| row(line)).collect::<Result<_>>()?;
    let table = table::markdown(&["crate", "version", "license", "text of the license"], &rows);
    if args.check {
        return document::NOTICES
            .check(&table)
            .context("write it with `cargo xtask notices`");
    }
    document::NOTICES.write(&table)
}

/// A line of `cargo tree` for each crate that is linked into `vds` on any of the systems of deny.toml. Macros run in the
/// compiler and are not linked.
fn linked() -> Result<BTreeSet<String>> {
    let mut linked = BTreeSet::new();
    for target in targets()? {
        let tree = ["tree", "--locked", "--package", "vds-runner", "--target", &target];
        let edges = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--no-dedupe"];
        let lines = output(cargo().args(tree).args(edges).args(["--format", "{p}|{l}|{r}"]))?;
        // The path of a member of the workspace stands in parentheses.
        let foreign = lines.lines().filter(|line| !line.contains(" (") && !line.is_empty());
        linked.extend(foreign.map(str::to_owned));
    }
    Ok(linked)
}

fn targets() -> Result<Vec<String>> {
    let targets = read_toml("deny.toml")?
        .get("graph")
        .and_then(|graph| graph.get("targets")?.clone().try_into().ok());
    targets.context("deny.toml lists no targets of its graph")
}

/// The cells of a crate, from `name v1.2.3|license|repository`.
fn row(line: &str) -> Result<Vec<String>> {
    let parts: Vec<&str> = line.split('|').collect();
    let [package, license, repository] = parts[..] else {
        bail!("cargo tree printed `{line}`");
    };
    let (name, version) = package
        .split_once(" v")
        .with_context(|| format!("cargo tree printed `{line}`"))?;
    ensure!(!license.is_empty(), "{name} {version} names no license");
    let mut text = format!("[package](https://docs.rs/crate/{name}/{version}/source/)");
    if !repository.is_empty() {
        text += &format!(", [repository]({repository})");
    }
    Ok(vec![name.to_owned(), version.to_owned(), license.to_owned(), text])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notices_name_the_license_and_where_its_text_is() {
        let package = "[package](https://docs.rs/crate/a/1.0.0/source/)";
        assert_eq!(row("a v1.0.0|MIT|").unwrap(), ["a", "1.0.0", "MIT", package]);
        let both = format!("{package}, [repository](https://a.example)");
        assert_eq!(row("a v1.0.0|MIT|https://a.example").unwrap()[3], both);
        let error = row("a v1.0.0||").unwrap_err();
        assert_eq!(error.to_string(), "a 1.0.0 names no license");
    }
}
