//! Rules on the members' manifests: who may depend on whom.

use anyhow::{Context as _, Result};
use serde::Deserialize;
use serde_json::Value;

use super::tree::File;
use crate::process::{cargo, output};

/// Members that may depend on dfdx, and the one that may do so only under a feature.
const DFDX: &str = "vds-model vds-training vds-runner vds-fuzz-checks vds-benches";
const OPTIONAL_DFDX: &str = "vds-variational";

/// Crates that only tests depend on; every library's tests may.
const TEST_CRATES: &str = "vds-testkit vds-fuzz-checks";
const LIBRARIES: &str = "vds-calibration vds-checkpoint vds-datasets vds-files vds-kernels vds-model vds-records vds-report vds-sweeps \
                         vds-training vds-variational";
/// The libraries and the program.
const RUNNABLE: &str = "vds-calibration vds-checkpoint vds-datasets vds-files vds-kernels vds-model vds-records vds-report vds-sweeps \
                        vds-training vds-variational vds-runner";

/// A member, the members that it may know, those that its tests may know beside these and [`TEST_CRATES`].
type Layer = (&'static str, &'static str, &'static str);

/// The layers, lowest first. A member that is not listed is a violation.
#[rustfmt::skip]
const LAYERS: [Layer; 16] = [
    ("vds-testkit", "", ""),
    ("vds-files", "", ""),
    ("vds-datasets", "vds-files", ""),
    ("vds-calibration", "", ""),
    ("vds-checkpoint", "vds-files", ""),
    ("vds-kernels", "", ""),
    ("vds-variational", "", ""),
    ("vds-records", "vds-calibration vds-files vds-variational vds-kernels", ""),
    ("vds-report", "vds-files vds-records vds-calibration", ""),
    ("vds-sweeps", "vds-files vds-records vds-calibration", ""),
    ("vds-model", "vds-kernels", "vds-variational vds-datasets vds-calibration"),
    ("vds-training", "vds-datasets vds-files vds-model vds-variational vds-calibration vds-checkpoint vds-records",
        "vds-kernels"),
    ("vds-runner", LIBRARIES, ""),
    ("vds-fuzz-checks", RUNNABLE, ""),
    ("vds-benches", "", RUNNABLE),
    ("xtask", "", ""),
];

/// A member, as `cargo metadata` prints it.
#[derive(Debug, Deserialize)]
pub(super) struct Package {
    name: String,
    manifest_path: String,
    dependencies: Vec<Dependency>,
}

#[derive(Debug, Deserialize)]
struct Dependency {
    name: String,
    /// `dev` or `build`, `null` for a normal dependency.
    kind: Option<String>,
    optional: bool,
}

/// The members of the workspace.
pub(super) fn packages() -> Result<Vec<Package>> {
    let text = output(cargo().args(["metadata", "--no-deps", "--offline", "--format-version", "1"]))?;
    let metadata: Value = serde_json::from_str(&text).context("reading what cargo metadata prints")?;
    serde_json::from_value(metadata["packages"].clone()).context("reading what cargo metadata prints")
}

/// A member depends only on the crates that its layer may know, on test crates for tests alone, and on dfdx as allowed.
pub(super) fn violations(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let path = &package.manifest_path;
        let Some(layer) = LAYERS.iter().find(|(member, ..)| *member == package.name) else {
            found.push(format!("{path}: in no layer; see LAYERS in xtask/src/tidy"));
            continue;
        };
        let violations = package.dependencies.iter().filter_map(|of| violation(layer, of));
        found.extend(violations.map(|what| format!("{path}: {what}")));
    }
    found
}

fn violation(&(own, normal, tests): &Layer, dependency: &Dependency) -> Option<String> {
    let (name, is_for_tests) = (dependency.name.as_str(), dependency.kind.as_deref() == Some("dev"));
    if name == "dfdx" {
        let is_allowed = DFDX.split(' ').any(|member| member == own);
        return match own {
            OPTIONAL_DFDX if dependency.optional => None,
            OPTIONAL_DFDX => Some(format!("`{own}` must make dfdx optional")),
            _ => (!is_allowed).then(|| format!("`{own}` must not depend on dfdx")),
        };
    }
    if !name.starts_with("vds-") {
        return None;
    }
    let has = |members: &str| members.split(' ').any(|member| member == name);
    let for_tests = own != "xtask" && (has(TEST_CRATES) || has(tests) || name == own);
    let is_allowed = has(normal) || is_for_tests && for_tests;
    let where_ = if is_for_tests { "even in tests" } else { "outside tests" };
    (!is_allowed).then(|| format!("`{own}` must not depend on `{name}` {where_}"))
}

/// A member's manifest takes its lints, and the versions of what it depends on, from the workspace.
pub(super) fn manifest_violations(file: &File) -> Vec<String> {
    let Ok(manifest) = file.text.parse::<toml::Table>() else {
        return vec![format!("{}: is not TOML", file.path)];
    };
    let mut found = Vec::new();
    let is_shared = |of: &toml::Value| of.get("workspace").and_then(toml::Value::as_bool) == Some(true);
    if !manifest.get("lints").is_some_and(is_shared) {
        found.push(format!("{}: `[lints]` is not `workspace = true`", file.path));
    }
    let no_targets = toml::Table::new();
    let targets = manifest.get("target").and_then(toml::Value::as_table);
    let targets = targets
        .unwrap_or(&no_targets)
        .values()
        .filter_map(toml::Value::as_table);
    for table in targets.chain([&manifest]) {
        let kinds = ["dependencies", "dev-dependencies", "build-dependencies"];
        let dependencies = kinds.iter().filter_map(|kind| table.get(*kind)?.as_table()).flatten();
        let own = dependencies.filter(|(_, dependency)| !is_shared(dependency));
        found.extend(own.map(|(name, _)| format!("{}: `{name}` is not `workspace = true`", file.path)));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, dependency: &str, kind: Option<&str>, expected: Option<&str>) {
        let package = Package {
            name: name.to_owned(),
            manifest_path: "Cargo.toml".to_owned(),
            dependencies: vec![Dependency {
                name: dependency.to_owned(),
                kind: kind.map(str::to_owned),
                optional: false,
            }],
        };
        let expected: Vec<String> = expected.map(|what| format!("Cargo.toml: {what}")).into_iter().collect();
        assert_eq!(violations(&[package]), expected);
    }

    #[test]
    fn tidy_finds_dependencies_against_the_layers() {
        let expected = "`vds-model` must not depend on `vds-variational` outside tests";
        check("vds-model", "vds-variational", None, Some(expected));
        check("vds-model", "vds-variational", Some("dev"), None);
        check("vds-model", "vds-kernels", None, None);
        let expected = "`vds-datasets` must not depend on `vds-runner` even in tests";
        check("vds-datasets", "vds-runner", Some("dev"), Some(expected));
        let expected = "`vds-runner` must not depend on `vds-testkit` outside tests";
        check("vds-runner", "vds-testkit", None, Some(expected));
        check("new", "anyhow", None, Some("in no layer; see LAYERS in xtask/src/tidy"));
    }

    #[test]
    fn tidy_finds_dfdx_outside_its_crates() {
        check(
            "vds-datasets",
            "dfdx",
            Some("dev"),
            Some("`vds-datasets` must not depend on dfdx"),
        );
        check(
            "vds-variational",
            "dfdx",
            None,
            Some("`vds-variational` must make dfdx optional"),
        );
        check("vds-model", "dfdx", None, None);
    }

    #[test]
    fn tidy_finds_own_lints_and_own_versions() {
        let check = |text: &str, expected: &[&str]| {
            let expected: Vec<String> = expected
                .iter()
                .map(|what| format!("a/Cargo.toml: {what} is not `workspace = true`"))
                .collect();
            assert_eq!(manifest_violations(&File::new("a/Cargo.toml", text)), expected);
        };
        let lints = "[lints]\nworkspace = true\n";
        check(&format!("{lints}[dependencies]\na.workspace = true\n"), &[]);
        check("[lints.rust]\nunsafe_code = \"allow\"\n", &["`[lints]`"]);
        let text = "[dependencies]\na = \"1\"\n[target.'cfg(unix)'.dev-dependencies]\nb = { version = \"1\" }\n";
        check(&format!("{lints}{text}"), &["`b`", "`a`"]);
    }
}
