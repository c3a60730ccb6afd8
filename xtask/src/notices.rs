//! `cargo xtask notices`: the table of NOTICES.md that names every foreign crate linked into `vds`, with its licence.
//!
//! Which crates these are says `cargo tree`, which resolves features for this one program; `cargo metadata` does so for the
//! whole workspace and would name crates that are not in it. Licences and texts are from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, bail, ensure};
use serde::Deserialize;

use crate::process::{cargo, output, workspace_root};

/// Arguments of `cargo xtask notices`.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Write nothing, and fail if the table is not that of Cargo.lock
    #[arg(long)]
    check: bool,
}

const DOCUMENT: &str = "NOTICES.md";
const BEGIN: &str = "<!-- The table is written by `cargo xtask notices`. -->\n";
const END: &str = "<!-- End of the table. -->\n";

/// A package, as `cargo metadata` tells of it.
#[derive(Debug, Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    repository: Option<String>,
    /// `null` for a member of the workspace.
    source: Option<String>,
    manifest_path: String,
}

#[derive(Debug, Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

/// Name and version.
type Id = (String, String);

/// Writes the table, or compares it.
pub(crate) fn run(args: &Args) -> Result<()> {
    let path = workspace_root().join(DOCUMENT);
    let document = fs::read_to_string(&path).with_context(|| format!("reading {DOCUMENT}"))?;
    let expected = with_table(&document, &table(&linked()?, &packages()?)?)?;
    if document == expected {
        println!("{DOCUMENT} is that of Cargo.lock");
        return Ok(());
    }
    if args.check {
        let at = first_difference(&document, &expected);
        bail!("{DOCUMENT} is not that of Cargo.lock: {at}; write it with `cargo xtask notices`");
    }
    fs::write(&path, expected).with_context(|| format!("writing {DOCUMENT}"))?;
    println!("written to {DOCUMENT}");
    Ok(())
}

/// What is linked into `vds` on any of the systems of deny.toml; macros run in the compiler and are not.
fn linked() -> Result<BTreeSet<Id>> {
    let mut linked = BTreeSet::new();
    for target in targets()? {
        let tree = ["tree", "--locked", "--package", "vds-runner", "--target", &target];
        let form = ["--edges", "normal,no-proc-macro", "--prefix", "none", "--format", "{p}"];
        let lines = output(cargo().args(tree).args(form))?;
        linked.extend(lines.lines().filter_map(id));
    }
    Ok(linked)
}

/// Name and version from `name v1.2.3`, with what may follow.
fn id(line: &str) -> Option<Id> {
    let (name, rest) = line.split_once(" v")?;
    Some((name.to_owned(), rest.split(' ').next()?.to_owned()))
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

fn packages() -> Result<BTreeMap<Id, Package>> {
    let text = output(cargo().args(["metadata", "--format-version", "1", "--locked"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("reading what cargo metadata says")?;
    let packages = metadata.packages.into_iter();
    Ok(packages
        .map(|package| ((package.name.clone(), package.version.clone()), package))
        .collect())
}

fn table(linked: &BTreeSet<Id>, packages: &BTreeMap<Id, Package>) -> Result<String> {
    let mut table = "| crate | version | licence | its text |\n| --- | --- | --- | --- |\n".to_owned();
    for id in linked {
        let package = packages
            .get(id)
            .with_context(|| format!("cargo metadata does not know {} {}", id.0, id.1))?;
        if package.source.is_some() {
            let folder = Path::new(&package.manifest_path).parent().unwrap_or(Path::new(""));
            table.push_str(&row(package, &texts(folder)?)?);
        }
    }
    Ok(table)
}

fn row(package: &Package, texts: &[String]) -> Result<String> {
    let Package { name, version, .. } = package;
    let license = package.license.as_deref();
    let license = license.with_context(|| format!("{name} {version} names no licence"))?;
    let links: Vec<String> = texts
        .iter()
        .map(|text| format!("[{text}](https://docs.rs/crate/{name}/{version}/source/{text})"))
        .collect();
    let texts = match (&links[..], &package.repository) {
        ([], Some(repository)) => format!("not in the package; <{repository}>"),
        ([], None) => bail!("{name} {version} has neither a licence's text nor a repository"),
        (links, _) => links.join(", "),
    };
    Ok(format!("| {name} | {version} | {license} | {texts} |\n"))
}

/// Names of the licences' texts in a package's folder.
fn texts(folder: &Path) -> Result<Vec<String>> {
    let context = || format!("reading the folder {}", folder.display());
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_license(&name) && entry.path().is_file() {
            texts.push(name);
        }
    }
    texts.sort();
    Ok(texts)
}

fn is_license(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    let starts = ["license", "licence", "copying", "copyright", "notice", "unlicense"];
    starts.iter().any(|start| name.starts_with(start))
}

fn with_table(document: &str, table: &str) -> Result<String> {
    let parts = document.split_once(BEGIN).and_then(|(head, rest)| {
        let (_, tail) = rest.split_once(END)?;
        Some((head, tail))
    });
    let (head, tail) = parts.with_context(|| format!("{DOCUMENT} lacks the lines around the table"))?;
    ensure!(!tail.contains(BEGIN), "{DOCUMENT} has the table twice");
    Ok(format!("{head}{BEGIN}\n{table}\n{END}{tail}"))
}

/// The first line that is not as it should be.
fn first_difference(document: &str, expected: &str) -> String {
    let lines = document.lines().chain(std::iter::repeat("")).zip(expected.lines());
    let mut different = lines.filter(|(found, expected)| found != expected);
    match different.next() {
        Some((found, expected)) => format!("it says `{found}`, expected `{expected}`"),
        None => "it has lines too many".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(license: Option<&str>, repository: Option<&str>) -> Package {
        Package {
            name: "a".to_owned(),
            version: "1.0.0".to_owned(),
            license: license.map(str::to_owned),
            repository: repository.map(str::to_owned),
            source: Some("registry".to_owned()),
            manifest_path: "a/Cargo.toml".to_owned(),
        }
    }

    #[test]
    fn lines_of_cargo_tree_are_read() {
        let expected = |name: &str, version: &str| Some((name.to_owned(), version.to_owned()));
        assert_eq!(id("rand v0.8.5"), expected("rand", "0.8.5"));
        assert_eq!(id("vds-model v0.1.0 (some folder) (*)"), expected("vds-model", "0.1.0"));
        assert_eq!(id(""), None);
    }

    #[test]
    fn package_names_its_licence_and_where_the_text_is() {
        let texts = ["COPYING".to_owned()];
        assert_eq!(
            row(&package(Some("MIT"), None), &texts).unwrap(),
            "| a | 1.0.0 | MIT | [COPYING](https://docs.rs/crate/a/1.0.0/source/COPYING) |\n"
        );
        assert_eq!(
            row(&package(Some("MIT"), Some("https://a.example")), &[]).unwrap(),
            "| a | 1.0.0 | MIT | not in the package; <https://a.example> |\n"
        );
        let error = row(&package(None, None), &texts).unwrap_err();
        assert_eq!(error.to_string(), "a 1.0.0 names no licence");
        assert!(row(&package(Some("MIT"), None), &[]).is_err());
    }

    #[test]
    fn only_the_table_is_replaced() {
        let document = format!("head\n{BEGIN}old\n{END}tail\n");
        let written = with_table(&document, "new\n").unwrap();
        assert_eq!(written, format!("head\n{BEGIN}\nnew\n\n{END}tail\n"));
        assert_eq!(with_table(&written, "new\n").unwrap(), written);
        assert!(with_table("head\n", "new\n").is_err());
    }

    #[test]
    fn first_line_that_differs_is_told() {
        assert_eq!(first_difference("a\nb\n", "a\nc\n"), "it says `b`, expected `c`");
        assert_eq!(first_difference("a\n", "a\nc\n"), "it says ``, expected `c`");
        assert_eq!(first_difference("a\nb\n", "a\n"), "it has lines too many");
    }
}
