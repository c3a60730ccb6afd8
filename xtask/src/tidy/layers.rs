//! Rules on the members' manifests: who may depend on whom.

use anyhow::{Context as _, Result};
use serde::Deserialize;

use crate::process::{cargo, output};

/// What a member may know of the workspace.
struct Layer {
    name: &'static str,
    normal: &'static [&'static str],
    /// In its tests beside those, and beside [`TEST_CRATES`].
    tests: &'static [&'static str],
    dfdx: Dfdx,
}

/// How a member may use dfdx.
#[derive(Clone, Copy, PartialEq)]
enum Dfdx {
    Never,
    UnderItsFeature,
    Always,
}

/// Crates that only tests depend on; every library's tests may.
const TEST_CRATES: [&str; 2] = ["vds-testkit", "vds-fuzz-checks"];

const LIBRARIES: &[&str] = &[
    "vds-calibration",
    "vds-checkpoint",
    "vds-datasets",
    "vds-files",
    "vds-kernels",
    "vds-model",
    "vds-records",
    "vds-report",
    "vds-training",
    "vds-variational",
];

/// The layers, lowest first. A member that is not listed is a violation.
#[rustfmt::skip]
const LAYERS: &[Layer] = &[
    layer("vds-testkit", &[], &[], Dfdx::Never),
    layer("vds-files", &[], &[], Dfdx::Never),
    layer("vds-datasets", &["vds-files"], &[], Dfdx::Never),
    layer("vds-calibration", &[], &[], Dfdx::Never),
    layer("vds-checkpoint", &["vds-files"], &[], Dfdx::Never),
    layer("vds-kernels", &[], &[], Dfdx::Never),
    layer("vds-variational", &[], &[], Dfdx::UnderItsFeature),
    layer("vds-records", &["vds-calibration", "vds-files", "vds-variational", "vds-kernels"], &[], Dfdx::Never),
    layer("vds-report", &["vds-records", "vds-calibration"], &[], Dfdx::Never),
    layer("vds-model", &["vds-kernels"], &["vds-variational", "vds-datasets", "vds-calibration"], Dfdx::Always),
    layer("vds-training",
        &["vds-datasets", "vds-model", "vds-variational", "vds-calibration", "vds-checkpoint", "vds-files", "vds-records"],
        &[], Dfdx::Always),
    layer("vds-runner", LIBRARIES, &[], Dfdx::Always),
    layer("vds-fuzz-checks", RUNNABLE, &[], Dfdx::Always),
    layer("vds-benches", &[], RUNNABLE, Dfdx::Always),
    layer("xtask", &[], &[], Dfdx::Never),
];

/// The libraries and the program.
const RUNNABLE: &[&str] = &[
    "vds-calibration",
    "vds-checkpoint",
    "vds-datasets",
    "vds-files",
    "vds-kernels",
    "vds-model",
    "vds-records",
    "vds-report",
    "vds-runner",
    "vds-training",
    "vds-variational",
];

const fn layer(
    name: &'static str,
    normal: &'static [&'static str],
    tests: &'static [&'static str],
    dfdx: Dfdx,
) -> Layer {
    Layer {
        name,
        normal,
        tests,
        dfdx,
    }
}

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
    #[derive(Deserialize)]
    struct Metadata {
        packages: Vec<Package>,
    }
    let text = output(cargo().args(["metadata", "--no-deps", "--offline", "--format-version", "1"]))?;
    let metadata: Metadata = serde_json::from_str(&text).context("reading what cargo metadata prints")?;
    Ok(metadata.packages)
}

/// A member depends only on the crates that its layer may know, on test crates for tests alone, and on dfdx as allowed.
pub(super) fn violations(packages: &[Package]) -> Vec<String> {
    let mut found = Vec::new();
    for package in packages {
        let Some(layer) = LAYERS.iter().find(|layer| layer.name == package.name) else {
            found.push(format!(
                "{}: in no layer; see LAYERS in xtask/src/tidy",
                package.manifest_path
            ));
            continue;
        };
        let violations = package
            .dependencies
            .iter()
            .filter_map(|dependency| layer.violation(dependency));
        found.extend(violations.map(|what| format!("{}: {what}", package.manifest_path)));
    }
    found
}

impl Layer {
    fn violation(&self, dependency: &Dependency) -> Option<String> {
        let (own, name) = (self.name, dependency.name.as_str());
        let is_for_tests = dependency.kind.as_deref() == Some("dev");
        if name == "dfdx" {
            return match self.dfdx {
                Dfdx::Never => Some(format!("`{own}` must not depend on dfdx")),
                Dfdx::UnderItsFeature if !dependency.optional => Some(format!("`{own}` must make dfdx optional")),
                _ => None,
            };
        }
        if !name.starts_with("vds-") {
            return None;
        }
        let for_tests = own != "xtask" && (TEST_CRATES.contains(&name) || self.tests.contains(&name) || name == own);
        let is_allowed = self.normal.contains(&name) || is_for_tests && for_tests;
        let where_ = if is_for_tests { "even in tests" } else { "outside tests" };
        (!is_allowed).then(|| format!("`{own}` must not depend on `{name}` {where_}"))
    }
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
}
