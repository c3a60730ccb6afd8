//! `cargo xtask tidy`: the repository's own rules, each a function from the tree to its violations.
//!
//! The rules are those that neither the compiler nor clippy can know: which crate may know which,
//! where the outside world may enter, what the text of a file looks like. The same check is a test of this
//! package, so that plain `cargo test` runs it.

mod code;
mod manifest;
mod manifests;
mod sources;
mod text;
mod tree;

use std::fmt;

use anyhow::{Result, bail};

use crate::process::workspace_root;
use tree::Tree;

type Rule = fn(&Tree) -> Vec<Violation>;

/// Every rule by name.
const RULES: &[(&str, Rule)] = &[
    ("layering", manifests::workspace_dependencies_follow_the_layers),
    ("dfdx", manifests::dfdx_stays_in_its_crates),
    ("lints", manifests::members_inherit_the_lints),
    ("versions", manifests::versions_are_named_once),
    ("unsafe", sources::unsafe_stays_in_kernels),
    ("printing", sources::printing_stays_at_the_edge),
    ("ambient", sources::environment_time_and_randomness_enter_at_the_edge),
    ("module-docs", sources::modules_say_what_they_are),
    ("unfinished", sources::nothing_is_left_unfinished),
    ("reasons", sources::lint_exceptions_have_reasons),
    ("length", text::rust_files_are_short),
    ("whitespace", text::lines_and_files_end_cleanly),
    ("machine-paths", text::no_path_of_one_machine),
    ("size", text::files_are_small),
];

/// One place that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Violation {
    path: String,
    /// From 1.
    line: usize,
    what: String,
}

impl Violation {
    fn new(path: &str, line: usize, what: impl Into<String>) -> Self {
        Self {
            path: path.to_owned(),
            line,
            what: what.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.path, self.line, self.what)
    }
}

/// Checks the workspace and prints every violation.
pub(crate) fn run() -> Result<()> {
    let tree = Tree::read(&workspace_root())?;
    let report = report(&tree);
    for line in &report {
        println!("{line}");
    }
    if !report.is_empty() {
        bail!("{} violations of the repository's rules", report.len());
    }
    println!("{} rules hold in {} files", RULES.len(), tree.files.len());
    Ok(())
}

fn report(tree: &Tree) -> Vec<String> {
    RULES
        .iter()
        .flat_map(|(name, rule)| rule(tree).into_iter().map(move |found| format!("{found} [{name}]")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_repository_follows_its_rules() {
        let tree = Tree::read(&workspace_root()).unwrap();
        let report = report(&tree);
        assert!(report.is_empty(), "\n{}\n", report.join("\n"));
    }

    #[test]
    fn a_violation_is_reported_with_file_line_and_rule() {
        let tree = Tree::of(&[("crates/model/src/lib.rs", "//! Model.\n\nfn f() { println!(); }\n")]);
        let expected = "crates/model/src/lib.rs:3: `println!` prints in a library; return the text instead [printing]";
        assert_eq!(report(&tree), [expected]);
    }
}
