//! No circle of imports: of two files of a crate, one can be read without the other.
//!
//! A file imports another if it names something in it by `crate::`, `super::` or `self::`, or by the name of a module that it
//! declares. A name that a module only re-exports by `pub use` counts for the file that defines it, so that a `mod.rs` which
//! re-exports its children imports none of them.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::File;

/// Files that all others may know while they name the others' types: the errors of a crate.
const LEAVES: [&str; 1] = ["error.rs"];

/// The modules of one crate: files by their paths from the crate's root, `a::b`.
type Modules<'a> = BTreeMap<String, Module<'a>>;

struct Module<'a> {
    file: &'a File,
    paths: Vec<Named>,
}

/// A path in a module.
struct Named {
    /// What `use` binds it to; nothing elsewhere.
    name: String,
    /// From the crate's root.
    target: String,
    /// Whether `pub use` re-exports it.
    is_public: bool,
}

/// A violation for each group of files that import each other.
pub(super) fn violations(files: &[File]) -> Vec<String> {
    let mut crates: BTreeMap<&str, Modules<'_>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_test_file()) {
        if let Some((folder, path)) = file.path.split_once("/src/") {
            let is_program = path == "main.rs" && files.iter().any(|file| file.path == format!("{folder}/src/lib.rs"));
            if !is_program {
                let parts = path.trim_end_matches(".rs").split('/');
                let parts: Vec<&str> = parts.filter(|part| !matches!(*part, "mod" | "lib" | "main")).collect();
                let own = parts.join("::");
                let paths = paths(file, &own);
                crates.entry(folder).or_default().insert(own, Module { file, paths });
            }
        }
    }
    crates.values().flat_map(circles).collect()
}

fn circles(modules: &Modules<'_>) -> Vec<String> {
    let is_leaf = |name: &str| LEAVES.iter().any(|leaf| modules[name].file.path.ends_with(leaf));
    let mut reached: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, module) in modules.iter().filter(|(name, _)| !is_leaf(name)) {
        let imported = module.paths.iter().filter(|path| !path.is_public);
        let imported = imported.map(|path| definition(modules, &path.target, 0));
        let imported = imported.filter(|target| target != name && !is_leaf(target));
        reached.insert(name, imported.collect());
    }
    // Whatever is reached by one more step, until nothing is new.
    loop {
        let further =
            |targets: &BTreeSet<&'_ str>| targets.iter().flat_map(|target| &reached[target]).copied().collect();
        let next: BTreeMap<_, BTreeSet<_>> = reached
            .iter()
            .map(|(name, targets)| (*name, targets | &further(targets)))
            .collect();
        if next == reached {
            break;
        }
        reached = next;
    }
    let in_circles = reached.iter().filter(|(name, others)| others.contains(*name));
    let groups: BTreeSet<String> = in_circles
        .map(|(name, others)| {
            let group = others.iter().filter(|other| reached[**other].contains(name));
            let files: Vec<&str> = group.map(|name| modules[*name].file.path.as_str()).collect();
            format!("{}: these files import each other", files.join(", "))
        })
        .collect();
    groups.into_iter().collect()
}

/// The module that defines what a path names.
fn definition<'a>(modules: &'a Modules<'_>, path: &str, n_steps: usize) -> &'a str {
    let (mut name, mut item, mut rest) = (path, "", String::new());
    while !modules.contains_key(name) {
        if !item.is_empty() {
            rest = format!("::{item}{rest}");
        }
        (name, item) = name.rsplit_once("::").unwrap_or(("", name));
    }
    let (name, module) = modules.get_key_value(name).expect("a crate has a root");
    match module.paths.iter().find(|path| !item.is_empty() && path.name == item) {
        Some(path) if n_steps < 8 => definition(modules, &format!("{}{rest}", path.target), n_steps + 1),
        _ => name,
    }
}

/// The paths into the crate that stand in a file whose own path is `own`.
fn paths(file: &File, own: &str) -> Vec<Named> {
    let lines: Vec<&str> = file.code().map(|(_, line)| line).collect();
    let children: Vec<&str> = lines.iter().filter_map(|line| child(line)).collect();
    let mut found = Vec::new();
    let mut statement = String::new();
    for line in lines {
        let start = line.trim_start();
        if statement.is_empty() && !start.split_whitespace().take(2).any(|word| word == "use") {
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let paths = line.split(|c| !is_word(c)).filter(|path| path.contains("::"));
            // `pub(in crate::a)` names no item.
            let paths = paths.filter(|path| !line.contains(&format!("(in {path})")));
            let named = |target| Named {
                name: String::new(),
                target,
                is_public: false,
            };
            found.extend(paths.filter_map(|path| absolute(path, own, &children).map(named)));
            continue;
        }
        statement += start;
        if start.ends_with(';') {
            let (head, tree) = statement.trim_end_matches(';').split_once("use ").unwrap_or_default();
            let is_public = head.starts_with("pub");
            found.extend(expanded(tree).iter().filter_map(|path| {
                let (path, name) = path.split_once(" as ").unwrap_or((path, ""));
                let path = path.trim_end_matches("::self");
                let name = if name.is_empty() {
                    path.rsplit("::").next()?
                } else {
                    name
                };
                let (name, target) = (name.to_owned(), absolute(path, own, &children)?);
                Some(Named {
                    name,
                    target,
                    is_public,
                })
            }));
            statement.clear();
        }
    }
    found
}

/// The name of a module that a line declares.
fn child(line: &str) -> Option<&str> {
    let (head, name) = line.split_once("mod ")?;
    let is_item = head.is_empty() || head.starts_with("pub");
    is_item.then(|| name.strip_suffix(';')).flatten()
}

/// A path from the crate's root; nothing for a path into another crate.
fn absolute(path: &str, own: &str, children: &[&str]) -> Option<String> {
    let mut parts: Vec<&str> = own.split("::").filter(|part| !part.is_empty()).collect();
    let first = path.split("::").next()?;
    if !matches!(first, "crate" | "super" | "self") && !children.contains(&first) {
        return None;
    }
    for part in path.split("::") {
        match part {
            "crate" => parts.clear(),
            "super" => drop(parts.pop()),
            "self" | "*" => {}
            part => parts.push(part),
        }
    }
    Some(parts.join("::"))
}

/// The single paths of a `use` tree.
fn expanded(tree: &str) -> Vec<String> {
    let Some((prefix, (inside, _))) = tree
        .split_once('{')
        .and_then(|(prefix, rest)| Some((prefix, rest.rsplit_once('}')?)))
    else {
        return vec![tree.trim().to_owned()];
    };
    let mut depth = 0;
    let parts = inside.split(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        c == ',' && depth == 0
    });
    let parts = parts.filter(|part| !part.trim().is_empty());
    parts
        .flat_map(|part| expanded(&format!("{}{}", prefix.trim(), part.trim())))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let file = |(path, text): &(&str, &str)| File::new(&format!("c/src/{path}"), *text);
        let files: Vec<File> = files.iter().map(file).collect();
        let expected: Vec<String> = expected
            .iter()
            .map(|group| format!("{group}: these files import each other"))
            .collect();
        assert_eq!(violations(&files), expected);
    }

    #[test]
    fn tidy_finds_files_that_import_each_other() {
        let (lib, d) = (("lib.rs", "mod a;\nmod b;\nmod d;\n"), ("d.rs", ""));
        let a = ("a.rs", "use crate::{b::{B, C}, d};\n");
        check(
            &[lib, a, ("b/mod.rs", "fn f() -> super::a::A {}\n"), d],
            &["c/src/a.rs, c/src/b/mod.rs"],
        );
        check(&[lib, a, ("b/mod.rs", "fn f() {}\n"), d], &[]);
    }

    #[test]
    fn tidy_finds_a_longer_circle_of_files() {
        let lib = ("lib.rs", "mod a;\nmod b;\nmod d;\nmod e;\n");
        let (a, b) = (("a.rs", "use crate::b::B;\n"), ("b.rs", "use crate::d::D;\n"));
        let (d, e) = (("d.rs", "use crate::a::A;\n"), ("e.rs", "use crate::a::A;\n"));
        check(&[lib, a, b, d, e], &["c/src/a.rs, c/src/b.rs, c/src/d.rs"]);
    }

    #[test]
    fn tidy_finds_a_parent_and_a_child_that_import_each_other() {
        let (lib, child) = (("lib.rs", "mod a;\n"), ("a/b.rs", "use super::A;\n"));
        let parent = ("a/mod.rs", "mod b;\nstruct A(b::B);\n");
        check(&[lib, parent, child], &["c/src/a/mod.rs, c/src/a/b.rs"]);
    }

    #[test]
    fn tidy_allows_a_parent_that_only_re_exports() {
        let lib = "mod a;\nmod b;\npub use a::A;\npub use b::{B as D};\npub use error::Error;\n";
        let (lib, a) = (("lib.rs", lib), ("a.rs", "use crate::{D, Error};\n"));
        check(
            &[
                lib,
                a,
                ("b.rs", "use crate::error;\n"),
                ("error.rs", "use crate::{A, D};\n"),
            ],
            &[],
        );
        check(
            &[lib, a, ("b.rs", "fn f(a: &crate::A) {}\n")],
            &["c/src/a.rs, c/src/b.rs"],
        );
    }
}
