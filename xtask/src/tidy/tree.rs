//! The files that the rules look at.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use crate::process::output;

/// One file.
#[derive(Debug)]
pub(super) struct File {
    /// Relative to the root, with `/`.
    pub(super) path: String,
    pub(super) n_bytes: usize,
    /// The content, empty if it is not text.
    pub(super) text: String,
}

/// The files that git tracks or would track, in order of their paths.
pub(super) fn read(root: &Path) -> Result<Vec<File>> {
    let arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
    let names = output(Command::new("git").args(arguments).current_dir(root))?;
    let mut names: Vec<&str> = names.split('\0').filter(|name| root.join(name).is_file()).collect();
    names.sort_unstable();
    names.dedup();
    let read = |name: &str| {
        let bytes = fs::read(root.join(name)).with_context(|| format!("reading {name}"))?;
        Ok(File::new(name, bytes))
    };
    names.into_iter().map(read).collect()
}

impl File {
    pub(super) fn new(path: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        let n_bytes = bytes.len();
        let text = String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'));
        Self {
            path: path.to_owned(),
            n_bytes,
            text: text.unwrap_or_default(),
        }
    }

    pub(super) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Whether the whole file is tests, benchmarks or examples.
    pub(super) fn is_test_file(&self) -> bool {
        let folders = ["/tests/", "/benches/", "/examples/", "fuzz/"];
        self.path.ends_with("tests.rs") || folders.iter().any(|folder| self.path.contains(folder))
    }

    /// The lines without comments and without the test module that ends the file, numbered from 1.
    pub(super) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let is_start = |line: &str, next: Option<&str>| {
            line == "#[cfg(test)]" && next.is_some_and(|next| next.contains("mod ") && next.ends_with('{'))
        };
        let lines: Vec<&str> = self.text.lines().collect();
        let end = (0..lines.len()).find(|&index| is_start(lines[index], lines.get(index + 1).copied()));
        let lines = lines.into_iter().take(end.unwrap_or(usize::MAX)).enumerate();
        lines.filter_map(|(index, line)| (!line.trim_start().starts_with("//")).then_some((index + 1, line)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_looks_past_comments_and_the_test_module() {
        let file = File::new(
            "a.rs",
            "//! A.\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn b() {}\n}\n",
        );
        assert_eq!(file.code().collect::<Vec<_>>(), [(2, "fn a() {}")]);
        let file = File::new("a.rs", "#[cfg(test)]\nmod tests;\nfn a() {}\n");
        assert_eq!(file.code().count(), 3);
    }
}
