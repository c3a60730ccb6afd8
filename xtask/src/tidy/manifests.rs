//! Rules on the members' manifests: who may depend on whom.

use super::Violation;
use super::manifest::each_manifest;
use super::tree::Tree;

/// What a member may know of the workspace: normal dependencies, and further ones for its tests.
struct Layer {
    folder: &'static str,
    normal: &'static [&'static str],
    tests: &'static [&'static str],
}

/// The layers, lowest first. A member that is not listed is a violation.
const LAYERS: &[Layer] = &[
    Layer {
        folder: "crates/testkit",
        normal: &[],
        tests: &[],
    },
    Layer {
        folder: "crates/datasets",
        normal: &[],
        tests: &["vds-testkit"],
    },
    Layer {
        folder: "crates/checkpoint",
        normal: &[],
        tests: &["vds-testkit"],
    },
    Layer {
        folder: "crates/variational",
        normal: &[],
        tests: &["vds-testkit"],
    },
    Layer {
        folder: "crates/calibration",
        normal: &[],
        tests: &["vds-testkit"],
    },
    Layer {
        folder: "crates/kernels",
        normal: &[],
        tests: &["vds-testkit"],
    },
    Layer {
        folder: "crates/model",
        normal: &["vds-kernels"],
        tests: &["vds-testkit", "vds-variational", "vds-datasets", "vds-calibration"],
    },
    Layer {
        folder: "crates/runner",
        normal: &[
            "vds-datasets",
            "vds-variational",
            "vds-calibration",
            "vds-checkpoint",
            "vds-kernels",
            "vds-model",
        ],
        tests: &["vds-testkit"],
    },
    Layer {
        folder: "benches",
        normal: &[],
        tests: &[
            "vds-datasets",
            "vds-variational",
            "vds-calibration",
            "vds-kernels",
            "vds-model",
            "vds-runner",
            "vds-testkit",
        ],
    },
    Layer {
        folder: "xtask",
        normal: &[],
        tests: &[],
    },
];

/// How a member may use dfdx.
#[derive(PartialEq)]
enum Dfdx {
    Always,
    UnderItsFeature,
}

/// The members that may use dfdx.
const DFDX: &[(&str, Dfdx)] = &[
    ("crates/model", Dfdx::Always),
    ("crates/runner", Dfdx::Always),
    ("benches", Dfdx::Always),
    ("crates/variational", Dfdx::UnderItsFeature),
];

/// A member depends only on the crates that its layer may know, and on `vds-testkit` for tests alone.
pub(super) fn workspace_dependencies_follow_the_layers(tree: &Tree) -> Vec<Violation> {
    each_manifest(tree, |manifest| {
        let Some(layer) = LAYERS.iter().find(|layer| layer.folder == manifest.folder) else {
            return vec![manifest.violation(
                "name",
                "this member is in no layer; see LAYERS in xtask/src/tidy".to_owned(),
            )];
        };
        let own = manifest
            .dependencies()
            .filter(|dependency| dependency.name.starts_with("vds-"));
        own.filter(|dependency| {
            let for_tests = dependency.is_for_tests && layer.tests.contains(&dependency.name.as_str());
            !for_tests && !layer.normal.contains(&dependency.name.as_str())
        })
        .map(|dependency| {
            let kind = if dependency.is_for_tests {
                "even in its tests"
            } else {
                "outside its tests"
            };
            let what = format!("`{}` must not know `{}` {kind}", manifest.folder, dependency.name);
            manifest.violation(&dependency.name, what)
        })
        .collect()
    })
}

/// dfdx is known to `model`, `runner` and `benches`, and to `variational` under a feature.
pub(super) fn dfdx_stays_in_its_crates(tree: &Tree) -> Vec<Violation> {
    each_manifest(tree, |manifest| {
        let allowed = DFDX
            .iter()
            .find(|(folder, _)| *folder == manifest.folder)
            .map(|(_, how)| how);
        manifest
            .dependencies()
            .filter(|dependency| dependency.name == "dfdx")
            .filter_map(|dependency| match allowed {
                None => Some(format!("`{}` must not know dfdx", manifest.folder)),
                Some(Dfdx::UnderItsFeature) if !dependency.is_optional => Some(format!(
                    "`{}` may know dfdx only under a feature: make it optional",
                    manifest.folder
                )),
                Some(_) => None,
            })
            .map(|what| manifest.violation("dfdx", what))
            .collect()
    })
}

/// Every member has `[lints] workspace = true`.
pub(super) fn members_inherit_the_lints(tree: &Tree) -> Vec<Violation> {
    each_manifest(tree, |manifest| {
        if manifest.inherits_lints() {
            return Vec::new();
        }
        vec![manifest.violation("[lints]", "`[lints] workspace = true` is missing".to_owned())]
    })
}

/// Members take their dependencies from the workspace's table, so that a version stands in one place.
pub(super) fn versions_are_named_once(tree: &Tree) -> Vec<Violation> {
    each_manifest(tree, |manifest| {
        manifest
            .dependencies()
            .filter(|dependency| !dependency.is_inherited)
            .map(|dependency| {
                let what = format!("`{}` is not taken from [workspace.dependencies]", dependency.name);
                manifest.violation(&dependency.name, what)
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rule: fn(&Tree) -> Vec<Violation>, path: &str, text: &str, expected: &[&str]) {
        let found: Vec<String> = rule(&Tree::of(&[(path, text)]))
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn model_that_knows_the_posterior_is_found() {
        let text = "[dependencies]\nvds-kernels.workspace = true\nvds-variational.workspace = true\n";
        let expected = "crates/model/Cargo.toml:3: `crates/model` must not know `vds-variational` outside its tests";
        check(
            workspace_dependencies_follow_the_layers,
            "crates/model/Cargo.toml",
            text,
            &[expected],
        );
        let text = text.replace("[dependencies]", "[dev-dependencies]");
        check(
            workspace_dependencies_follow_the_layers,
            "crates/model/Cargo.toml",
            &text,
            &[],
        );
    }

    #[test]
    fn renamed_and_target_dependencies_are_found() {
        let text = "[target.'cfg(unix)'.dependencies]\nm = { package = \"vds-model\", workspace = true }\n";
        let expected =
            "crates/calibration/Cargo.toml:1: `crates/calibration` must not know `vds-model` outside its tests";
        check(
            workspace_dependencies_follow_the_layers,
            "crates/calibration/Cargo.toml",
            text,
            &[expected],
        );
    }

    #[test]
    fn testkit_outside_tests_is_found() {
        let text = "[dependencies]\nvds-testkit.workspace = true\n";
        let expected = "crates/runner/Cargo.toml:2: `crates/runner` must not know `vds-testkit` outside its tests";
        check(
            workspace_dependencies_follow_the_layers,
            "crates/runner/Cargo.toml",
            text,
            &[expected],
        );
    }

    #[test]
    fn xtask_that_knows_any_crate_is_found() {
        let text = "[dev-dependencies]\nvds-testkit.workspace = true\n";
        let expected = "xtask/Cargo.toml:2: `xtask` must not know `vds-testkit` even in its tests";
        check(
            workspace_dependencies_follow_the_layers,
            "xtask/Cargo.toml",
            text,
            &[expected],
        );
    }

    #[test]
    fn member_without_a_layer_is_found() {
        let text = "[package]\nname = \"vds-plots\"\n";
        let expected = "crates/plots/Cargo.toml:2: this member is in no layer; see LAYERS in xtask/src/tidy";
        check(
            workspace_dependencies_follow_the_layers,
            "crates/plots/Cargo.toml",
            text,
            &[expected],
        );
    }

    #[test]
    fn dfdx_below_the_model_is_found() {
        let text = "[dependencies]\ndfdx.workspace = true\n";
        for folder in [
            "crates/datasets",
            "crates/calibration",
            "crates/kernels",
            "crates/testkit",
            "xtask",
        ] {
            let path = format!("{folder}/Cargo.toml");
            check(
                dfdx_stays_in_its_crates,
                &path,
                text,
                &[&format!("{path}:2: `{folder}` must not know dfdx")],
            );
        }
        check(dfdx_stays_in_its_crates, "crates/model/Cargo.toml", text, &[]);
    }

    #[test]
    fn dfdx_without_the_feature_is_found_in_variational() {
        let path = "crates/variational/Cargo.toml";
        let expected = format!("{path}:2: `crates/variational` may know dfdx only under a feature: make it optional");
        check(
            dfdx_stays_in_its_crates,
            path,
            "[dependencies]\ndfdx.workspace = true\n",
            &[&expected],
        );
        let optional = "[dependencies]\ndfdx = { workspace = true, optional = true }\n";
        check(dfdx_stays_in_its_crates, path, optional, &[]);
    }

    #[test]
    fn missing_lints_are_found() {
        let expected = "xtask/Cargo.toml:1: `[lints] workspace = true` is missing";
        check(
            members_inherit_the_lints,
            "xtask/Cargo.toml",
            "[package]\n",
            &[expected],
        );
        check(
            members_inherit_the_lints,
            "xtask/Cargo.toml",
            "[lints]\nworkspace = false\n",
            &[expected],
        );
        check(
            members_inherit_the_lints,
            "xtask/Cargo.toml",
            "[lints]\nworkspace = true\n",
            &[],
        );
    }

    #[test]
    fn version_in_a_member_is_found() {
        let text = "[dependencies]\nserde.workspace = true\nrayon = \"1.12\"\n";
        let expected = "crates/kernels/Cargo.toml:3: `rayon` is not taken from [workspace.dependencies]";
        check(versions_are_named_once, "crates/kernels/Cargo.toml", text, &[expected]);
    }

    #[test]
    fn broken_manifest_is_found() {
        let found = members_inherit_the_lints(&Tree::of(&[("xtask/Cargo.toml", "[lints\n")]));
        assert!(found[0].what.starts_with("not TOML: "), "{found:?}");
    }
}
