//! Documents with a generated part, which stands between two lines that say so.

use std::fs;

use anyhow::{Context as _, Result, bail};

use crate::process::workspace_root;

/// A document of the repository.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Document {
    /// Relative to the root.
    pub(crate) path: &'static str,
    /// The lines around its generated part.
    pub(crate) markers: [&'static str; 2],
}

pub(crate) const PERFORMANCE: Document = Document {
    path: "docs/PERFORMANCE.md",
    markers: [
        "<!-- Begin: written by `cargo xtask bench --peer PYTHON`, not by hand. -->",
        "<!-- End of what is written by `cargo xtask bench`. -->",
    ],
};

pub(crate) const RELIABILITY: Document = Document {
    path: "docs/RELIABILITY.md",
    markers: [
        "<!-- Begin: written by `cargo xtask reliability`, not by hand. -->",
        "<!-- End of what is written by `cargo xtask reliability`. -->",
    ],
};

pub(crate) const NOTICES: Document = Document {
    path: "NOTICES.md",
    markers: [
        "<!-- The table is written by `cargo xtask notices`. -->",
        "<!-- End of the table. -->",
    ],
};

impl Document {
    /// Replaces the generated part.
    pub(crate) fn write(&self, generated: &str) -> Result<()> {
        let text = self.replaced(&self.read()?, generated)?;
        fs::write(workspace_root().join(self.path), text).with_context(|| format!("writing {}", self.path))
    }

    /// Fails if the generated part is not this one, with the first line that differs.
    pub(crate) fn check(&self, generated: &str) -> Result<()> {
        let found = self.read()?;
        let expected = self.replaced(&found, generated)?;
        if found == expected {
            return Ok(());
        }
        let mut lines = found.lines().zip(expected.lines());
        let (found, expected) = lines.find(|(found, expected)| found != expected).unwrap_or(("", ""));
        bail!("{} is out of date: found `{found}`, expected `{expected}`", self.path)
    }

    fn read(&self) -> Result<String> {
        fs::read_to_string(workspace_root().join(self.path)).with_context(|| format!("reading {}", self.path))
    }

    fn replaced(&self, text: &str, generated: &str) -> Result<String> {
        let [begin, end] = self.markers;
        let no_marker = |marker: &str| format!("{} has no line `{marker}`", self.path);
        let (before, rest) = text.split_once(begin).with_context(|| no_marker(begin))?;
        let (_, after) = rest.split_once(end).with_context(|| no_marker(end))?;
        Ok(format!("{before}{begin}\n\n{generated}\n{end}{after}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DOCUMENT: Document = Document {
        path: "none.md",
        markers: ["<!-- begin -->", "<!-- end -->"],
    };

    #[test]
    fn document_of_the_repository_has_each_marker_once() {
        for document in [PERFORMANCE, RELIABILITY, NOTICES] {
            let text = document.read().unwrap();
            for marker in document.markers {
                assert_eq!(text.matches(marker).count(), 1, "{marker}");
            }
        }
    }

    #[test]
    fn document_changes_only_between_the_markers() {
        let [begin, end] = DOCUMENT.markers;
        let expected = format!("before\n{begin}\n\ntable\n\n{end}\nafter\n");
        let replaced = DOCUMENT.replaced(&format!("before\n{begin}\nold\n{end}\nafter\n"), "table\n");
        assert_eq!(replaced.unwrap(), expected);
        assert_eq!(DOCUMENT.replaced(&expected, "table\n").unwrap(), expected);
        let error = DOCUMENT.replaced("text\n", "table").unwrap_err();
        assert_eq!(error.to_string(), "none.md has no line `<!-- begin -->`");
    }
}
