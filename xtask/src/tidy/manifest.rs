//! A member's manifest, reduced to what the rules ask.

use toml::{Table, Value};

use super::Violation;
use super::tree::{File, Tree};

/// A member's manifest.
pub(super) struct Manifest<'a> {
    /// `crates/model`.
    pub(super) folder: &'a str,
    file: &'a File,
    table: Table,
}

/// One dependency of a member.
pub(super) struct Dependency {
    pub(super) name: String,
    pub(super) is_for_tests: bool,
    pub(super) is_optional: bool,
    pub(super) is_inherited: bool,
}

/// What `rule` finds in the members' manifests.
pub(super) fn each_manifest(tree: &Tree, rule: impl Fn(&Manifest<'_>) -> Vec<Violation>) -> Vec<Violation> {
    tree.manifests()
        .flat_map(|file| match file.text.parse::<Table>() {
            Ok(table) => {
                let folder = file.path.trim_end_matches("/Cargo.toml");
                rule(&Manifest { folder, file, table })
            }
            Err(error) => vec![Violation::new(&file.path, 1, format!("not TOML: {}", error.message()))],
        })
        .collect()
}

impl Manifest<'_> {
    /// Dependencies of every kind, those for one target too.
    pub(super) fn dependencies(&self) -> impl Iterator<Item = Dependency> {
        let targets = self.table.get("target").and_then(Value::as_table);
        let of_targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
        std::iter::once(&self.table).chain(of_targets).flat_map(|table| {
            ["dependencies", "build-dependencies", "dev-dependencies"]
                .into_iter()
                .flat_map(|kind| dependencies_of_kind(table, kind))
        })
    }

    /// Whether `[lints] workspace = true` is there.
    pub(super) fn inherits_lints(&self) -> bool {
        self.table.get("lints").is_some_and(|lints| is_true(lints, "workspace"))
    }

    /// A violation at the first line that begins with `key`.
    pub(super) fn violation(&self, key: &str, what: String) -> Violation {
        let line = self
            .file
            .text
            .lines()
            .position(|line| line.starts_with(key))
            .unwrap_or(0);
        Violation::new(&self.file.path, line + 1, what)
    }
}

fn dependencies_of_kind(table: &Table, kind: &str) -> Vec<Dependency> {
    let Some(dependencies) = table.get(kind).and_then(Value::as_table) else {
        return Vec::new();
    };
    dependencies
        .iter()
        .map(|(key, value)| Dependency {
            name: value.get("package").and_then(Value::as_str).unwrap_or(key).to_owned(),
            is_for_tests: kind == "dev-dependencies",
            is_optional: is_true(value, "optional"),
            is_inherited: is_true(value, "workspace"),
        })
        .collect()
}

fn is_true(value: &Value, key: &str) -> bool {
    value.get(key) == Some(&Value::Boolean(true))
}
