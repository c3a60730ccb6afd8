//! No circle of imports: of two files of a crate, one can be read without the other.
//!
//! A file imports another if it names something in it by `crate::`, `super::` or `self::`, or by the name of a module that it
//! declares. A name that a module only hands on by `use` counts for the file that defines it, so that a `mod.rs` which
//! re-exports its children imports none of them.

use std::collections::{BTreeMap, BTreeSet};

use super::tree::File;

/// Files that all others may know while they name the others' types: the errors of a crate.
const LEAVES: [&str; 1] = ["error.rs"];

/// The modules of one crate: files by their module paths.
type Modules<'a> = BTreeMap<Vec<String>, Module<'a>>;

struct Module<'a> {
    file: &'a File,
    /// What `use` binds: name, path from the crate's root, and whether the module only hands it on.
    bindings: Vec<Binding>,
    /// Further paths from the crate's root.
    mentions: Vec<Vec<String>>,
}

struct Binding {
    name: String,
    target: Vec<String>,
    is_public: bool,
}

/// A violation for each group of files that import each other.
pub(super) fn violations(files: &[File]) -> Vec<String> {
    let mut crates: BTreeMap<&str, Modules<'_>> = BTreeMap::new();
    for file in files.iter().filter(|file| file.is_rust() && !file.is_test_file()) {
        if let Some((folder, path)) = file.path.split_once("/src/") {
            let is_program = path == "main.rs" && files.iter().any(|file| file.path == format!("{folder}/src/lib.rs"));
            if !is_program {
                let name = module_path(path);
                let module = Module::read(file, &name);
                crates.entry(folder).or_default().insert(name, module);
            }
        }
    }
    crates.values().flat_map(circles).collect()
}

/// `["a", "b"]` for `a/b.rs` and `a/b/mod.rs`.
fn module_path(path: &str) -> Vec<String> {
    let path = path.trim_end_matches(".rs");
    let parts = path.split('/').filter(|part| !matches!(*part, "mod" | "lib" | "main"));
    parts.map(str::to_owned).collect()
}

fn circles(modules: &Modules<'_>) -> Vec<String> {
    let is_leaf = |name: &[String]| LEAVES.iter().any(|leaf| modules[name].file.path.ends_with(leaf));
    let edges: BTreeMap<&[String], BTreeSet<&[String]>> = modules
        .keys()
        .filter(|name| !is_leaf(name))
        .map(|name| {
            let mut targets = imported(modules, name);
            targets.retain(|target| *target != &name[..] && !is_leaf(target));
            (&name[..], targets)
        })
        .collect();
    let reachable = |start: &[String]| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&[String]> = edges[start].iter().copied().collect();
        while let Some(name) = open.pop() {
            if seen.insert(name) {
                open.extend(&edges[name]);
            }
        }
        seen
    };
    let reached: BTreeMap<&[String], BTreeSet<&[String]>> = edges.keys().map(|&name| (name, reachable(name))).collect();
    let groups: BTreeSet<Vec<&str>> = reached
        .iter()
        .filter(|(name, others)| others.contains(*name))
        .map(|(name, others)| {
            let group = others.iter().filter(|other| reached[**other].contains(name));
            group.map(|name| modules[*name].file.path.as_str()).collect()
        })
        .collect();
    groups
        .iter()
        .map(|group| format!("{}: these files import each other", group.join(", ")))
        .collect()
}

/// The modules that a module imports.
fn imported<'a>(modules: &'a Modules<'_>, name: &[String]) -> BTreeSet<&'a [String]> {
    let module = &modules[name];
    let bound = module
        .bindings
        .iter()
        .filter(|binding| !binding.is_public)
        .map(|binding| &binding.target);
    bound
        .chain(&module.mentions)
        .map(|path| definition(modules, path, 0))
        .collect()
}

/// The module that defines what a path names.
fn definition<'a>(modules: &'a Modules<'_>, path: &[String], n_steps: usize) -> &'a [String] {
    let length = (0..=path.len())
        .rev()
        .find(|&length| modules.contains_key(&path[..length]));
    let (name, module) = modules
        .get_key_value(&path[..length.unwrap_or(0)])
        .expect("a crate has a root");
    let Some(item) = path.get(name.len()).filter(|_| n_steps < 8) else {
        return name;
    };
    let binding = module.bindings.iter().find(|binding| binding.name == *item);
    binding.map_or(name, |binding| {
        let target = [&binding.target[..], &path[name.len() + 1..]].concat();
        definition(modules, &target, n_steps + 1)
    })
}

impl<'a> Module<'a> {
    fn read(file: &'a File, own: &[String]) -> Self {
        let lines: Vec<&str> = file.code().map(|(_, line)| line).collect();
        let children: Vec<&str> = lines.iter().filter_map(|line| child(line)).collect();
        let mut module = Self {
            file,
            bindings: Vec::new(),
            mentions: Vec::new(),
        };
        let mut rest = Vec::new();
        let mut statement = String::new();
        for line in lines {
            let start = line.trim_start();
            let begins_use = start.split_whitespace().take(2).any(|word| word == "use");
            if statement.is_empty() && !begins_use {
                rest.push(line);
                continue;
            }
            statement += start;
            if start.ends_with(';') {
                let (head, tree) = statement.trim_end_matches(';').split_once("use ").unwrap_or_default();
                for (path, name) in expanded(tree) {
                    if let Some(target) = absolute(&path, own, &children) {
                        let is_public = head.starts_with("pub");
                        module.bindings.push(Binding {
                            name,
                            target,
                            is_public,
                        });
                    }
                }
                statement.clear();
            }
        }
        for line in rest {
            let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
            let paths = line.split(|c| !is_word(c)).filter(|path| path.contains("::"));
            // `pub(in crate::a)` names no item.
            let paths = paths.filter(|path| !line.contains(&format!("(in {path})")));
            module
                .mentions
                .extend(paths.filter_map(|path| absolute(path, own, &children)));
        }
        module
    }
}

/// The name of a module that a line declares.
fn child(line: &str) -> Option<&str> {
    let (head, name) = line.split_once("mod ")?;
    (head.is_empty() || head.starts_with("pub"))
        .then(|| name.strip_suffix(';'))
        .flatten()
}

/// A path from the crate's root; nothing for a path into another crate.
fn absolute(path: &str, own: &[String], children: &[&str]) -> Option<Vec<String>> {
    let mut parts = path
        .split("::")
        .map(str::trim)
        .filter(|part| *part != "self" && *part != "*")
        .peekable();
    let mut root = own.to_vec();
    let first = *parts.peek()?;
    match first {
        "crate" => root.clear(),
        "super" => {}
        _ if path.starts_with("self::") || children.contains(&first) => {}
        _ => return None,
    }
    for part in parts {
        match part {
            "crate" => {}
            "super" => drop(root.pop()),
            part => root.push(part.to_owned()),
        }
    }
    Some(root)
}

/// The single paths of a `use` tree, each with the name that it binds.
fn expanded(tree: &str) -> Vec<(String, String)> {
    let tree = tree.trim();
    if let Some((prefix, rest)) = tree.split_once('{') {
        let inside = &rest[..rest.rfind('}').unwrap_or(rest.len())];
        let (mut depth, mut start, mut parts) = (0, 0, Vec::new());
        for (offset, c) in inside.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    parts.push(&inside[start..offset]);
                    start = offset + 1;
                }
                _ => {}
            }
        }
        parts.push(&inside[start..]);
        let parts = parts.into_iter().filter(|part| !part.trim().is_empty());
        return parts
            .flat_map(|part| expanded(&format!("{prefix}{}", part.trim())))
            .collect();
    }
    let (path, name) = tree.split_once(" as ").unwrap_or((tree, ""));
    let path = path.trim().trim_end_matches("::self");
    let name = if name.is_empty() {
        path.rsplit("::").next().unwrap_or(path)
    } else {
        name.trim()
    };
    vec![(path.to_owned(), name.to_owned())]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(files: &[(&str, &str)], expected: &[&str]) {
        let files: Vec<File> = files
            .iter()
            .map(|(path, text)| File::new(&format!("c/src/{path}"), *text))
            .collect();
        assert_eq!(violations(&files), expected);
    }

    #[test]
    fn tidy_finds_files_that_import_each_other() {
        let expected = ["c/src/a.rs, c/src/b/mod.rs: these files import each other"];
        let [a, b] = ["use crate::{b::{B, C}, d};\n", "fn f() -> super::a::A {}\n"];
        check(
            &[
                ("lib.rs", "mod a;\nmod b;\nmod d;\n"),
                ("a.rs", a),
                ("b/mod.rs", b),
                ("d.rs", ""),
            ],
            &expected,
        );
        check(
            &[("lib.rs", "mod a;\nmod b;\n"), ("a.rs", a), ("b/mod.rs", "fn f() {}\n")],
            &[],
        );
    }

    #[test]
    fn tidy_finds_a_parent_and_a_child_that_import_each_other() {
        let child = ("a/b.rs", "use super::A;\n");
        let expected = ["c/src/a/mod.rs, c/src/a/b.rs: these files import each other"];
        check(
            &[("lib.rs", "mod a;\n"), ("a/mod.rs", "mod b;\nstruct A(b::B);\n"), child],
            &expected,
        );
    }

    #[test]
    fn tidy_allows_a_parent_that_only_re_exports() {
        let lib = (
            "lib.rs",
            "mod a;\nmod b;\npub use a::A;\npub use b::{B as D};\npub use error::Error;\n",
        );
        let (a, b) = (("a.rs", "use crate::{D, Error};\n"), ("b.rs", "use crate::error;\n"));
        check(&[lib, a, b, ("error.rs", "use crate::{A, D};\n")], &[]);
        let expected = ["c/src/a.rs, c/src/b.rs: these files import each other"];
        check(&[lib, a, ("b.rs", "fn f(a: &crate::A) {}\n")], &expected);
    }
}
