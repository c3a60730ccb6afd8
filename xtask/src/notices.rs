//! `cargo xtask notices`: the table of NOTICES.md that names every foreign crate linked into `vds`, with its license.
//!
//! `cargo tree` says which crates these are, since it resolves features for this one program. The tools made for licenses do
//! not: `cargo deny list` takes the whole workspace with its build scripts and macros, and cargo-about would be one more
//! program that CI compiles.

use std::collections::BTreeSet;
use std::fs;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;

use crate::document::Document;
use crate::process::{cargo, output, workspace_root};
use crate::table;

/// Arguments of `cargo xtask notices`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing, and fail if the table is not that of Cargo.lock
    #[arg(long)]
    check: bool,
}

const DOCUMENT: Document = Document {
    path: "NOTICES.md",
    markers: [
        "<!-- The table is written by `cargo xtask notices`. -->",
        "<!-- End of the table. -->",
    ],
};

/// Writes the table, or compares it.
pub(crate) fn run(args: &Args) -> Result<()> {
    let rows: Vec<Vec<String>> = linked()?.iter().map(|line| row(line)).collect::<Result<_>>()?;
    let table = table::markdown(&["crate", "version", "license", "text of the license"], &rows);
    if args.check {
        return DOCUMENT.check(&table).context("write it with `cargo xtask notices`");
    }
    DOCUMENT.write(&table)
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
    #[derive(Deserialize)]
    struct Deny {
        graph: Graph,
    }
    #[derive(Deserialize)]
    struct Graph {
        targets: Vec<String>,
    }
    let text = fs::read_to_string(workspace_root().join("deny.toml")).context("reading deny.toml")?;
    let deny: Deny = toml::from_str(&text).context("reading deny.toml")?;
    Ok(deny.graph.targets)
}

/// The cells of a crate, from `name v1.2.3|license|repository`.
fn row(line: &str) -> Result<Vec<String>> {
    let mut parts = line.split('|');
    let (package, license, repository) = (parts.next(), parts.next(), parts.next());
    let (name, version) = package
        .and_then(|package| package.split_once(" v"))
        .with_context(|| format!("cargo tree printed `{line}`"))?;
    let (Some(license), Some(repository)) = (license.filter(|text| !text.is_empty()), repository) else {
        bail!("{name} {version} names no license");
    };
    let mut text = format!("[package](https://docs.rs/crate/{name}/{version}/source/)");
    if !repository.is_empty() {
        text += &format!(", [repository]({repository})");
    }
    Ok(vec![name.to_owned(), version.to_owned(), license.to_owned(), text])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::tests::check_markers;

    #[test]
    fn notices_document_has_the_markers() {
        check_markers(&DOCUMENT);
    }

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
