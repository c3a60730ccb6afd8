//! The files that the rules look at, as plain data.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use super::code;

/// Folders that hold generated or foreign files; `.gitignore` names the same ones.
const SKIPPED_FOLDERS: &[&str] = &[
    ".git",
    "target",
    "runs",
    "reproduction",
    "fuzz/target",
    "fuzz/corpus",
    "fuzz/artifacts",
    "fuzz/coverage",
];

/// The repository's files in order of their paths.
#[derive(Debug, Default)]
pub(super) struct Tree {
    pub(super) files: Vec<File>,
}

/// One file.
#[derive(Debug)]
pub(super) struct File {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) n_bytes: usize,
    /// The content, empty if it is not text.
    pub(super) text: String,
    /// The content of a Rust file with comments and literals blanked; empty for other files.
    pub(super) code: String,
}

impl Tree {
    /// Reads everything below `root` but generated folders.
    pub(super) fn read(root: &Path) -> Result<Self> {
        let mut tree = Self::default();
        tree.add_folder(root, "")?;
        tree.files.sort_by(|a, b| a.path.cmp(&b.path));
        Ok(tree)
    }

    fn add_folder(&mut self, folder: &Path, prefix: &str) -> Result<()> {
        let context = || format!("reading the folder {}", folder.display());
        for entry in fs::read_dir(folder).with_context(context)? {
            let entry = entry.with_context(context)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            let kind = entry.file_type().with_context(context)?;
            // `.git` is a folder in a clone and a file in a worktree.
            if is_generated(&format!("{prefix}{name}")) {
                continue;
            }
            if kind.is_dir() {
                self.add_folder(&entry.path(), &format!("{prefix}{name}/"))?;
            } else if kind.is_file() {
                let bytes = fs::read(entry.path()).with_context(|| format!("reading {prefix}{name}"))?;
                self.files.push(File::new(format!("{prefix}{name}"), bytes));
            }
        }
        Ok(())
    }

    /// Rust files.
    pub(super) fn rust_files(&self) -> impl Iterator<Item = &File> {
        self.files.iter().filter(|file| file.is_rust())
    }

    /// Manifests of the members: `crates/*`, `benches`, `xtask`.
    pub(super) fn manifests(&self) -> impl Iterator<Item = &File> {
        self.files
            .iter()
            .filter(|file| match file.path.strip_suffix("/Cargo.toml") {
                Some("benches" | "xtask") => true,
                Some(folder) => folder.strip_prefix("crates/").is_some_and(|name| !name.contains('/')),
                None => false,
            })
    }
}

fn is_generated(folder: &str) -> bool {
    SKIPPED_FOLDERS.contains(&folder) || folder.starts_with(".venv")
}

impl File {
    fn new(path: String, bytes: Vec<u8>) -> Self {
        let n_bytes = bytes.len();
        let text = match String::from_utf8(bytes) {
            Ok(text) if !text.contains('\0') => text,
            _ => String::new(),
        };
        let code = if is_rust(&path) {
            code::without_comments_and_literals(&text)
        } else {
            String::new()
        };
        Self {
            path,
            n_bytes,
            text,
            code,
        }
    }

    pub(super) fn is_rust(&self) -> bool {
        is_rust(&self.path)
    }

    /// Whether the whole file is tests, benchmarks or examples.
    pub(super) fn is_test_file(&self) -> bool {
        self.path.ends_with("/tests.rs")
            || ["/tests/", "/benches/", "/examples/"]
                .iter()
                .any(|folder| self.path.contains(folder))
    }

    /// Lines of [`Self::code`], numbered from 1, without the test module that ends the file.
    pub(super) fn lines_outside_tests(&self) -> impl Iterator<Item = (usize, &str)> {
        let end = if self.is_test_file() {
            0
        } else {
            code::start_of_test_module(&self.code)
        };
        self.code
            .lines()
            .take(end)
            .enumerate()
            .map(|(index, line)| (index + 1, line))
    }
}

fn is_rust(path: &str) -> bool {
    path.ends_with(".rs")
}

#[cfg(test)]
impl Tree {
    /// A made-up tree.
    pub(super) fn of(files: &[(&str, &str)]) -> Self {
        let files = files
            .iter()
            .map(|&(path, text)| File::new(path.to_owned(), text.as_bytes().to_vec()))
            .collect();
        Self { files }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_are_those_of_the_members() {
        let paths = [
            "Cargo.toml",
            "crates/model/Cargo.toml",
            "crates/model/tests/x/Cargo.toml",
            "xtask/Cargo.toml",
        ];
        let tree = Tree::of(&paths.map(|path| (path, "")));
        let found: Vec<&str> = tree.manifests().map(|file| file.path.as_str()).collect();
        assert_eq!(found, ["crates/model/Cargo.toml", "xtask/Cargo.toml"]);
    }

    #[test]
    fn binary_file_has_a_size_but_no_text() {
        let file = File::new("data.gz".to_owned(), vec![0x1f, 0x8b, 0, 0]);
        assert_eq!((file.n_bytes, file.text.as_str()), (4, ""));
    }

    #[test]
    fn lines_of_the_test_module_are_left_out() {
        let tree = Tree::of(&[(
            "crates/a/src/lib.rs",
            "fn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n",
        )]);
        let lines: Vec<_> = tree.files[0].lines_outside_tests().collect();
        assert_eq!(lines, [(1, "fn a() {}")]);
    }
}
