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
        let lines = found.lines().chain(std::iter::repeat("")).zip(expected.lines());
        let difference = lines.into_iter().find(|(found, expected)| found != expected);
        let (found, expected) = match difference {
            Some(lines) => lines,
            None if found == expected => return Ok(()),
            None => ("further lines", "no further lines"),
        };
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
pub(crate) mod tests {
    use super::*;

    const DOCUMENT: Document = Document {
        path: "none.md",
        markers: ["<!-- begin -->", "<!-- end -->"],
    };

    /// A document of the repository has each marker once.
    pub(crate) fn check_markers(document: &Document) {
        let text = fs::read_to_string(workspace_root().join(document.path)).unwrap();
        for marker in document.markers {
            assert_eq!(text.matches(marker).count(), 1, "{marker}");
        }
    }

    #[test]
    fn only_the_part_between_the_markers_changes() {
        let [begin, end] = DOCUMENT.markers;
        let expected = format!("before\n{begin}\n\ntable\n\n{end}\nafter\n");
        let replaced = DOCUMENT.replaced(&format!("before\n{begin}\nold\n{end}\nafter\n"), "table\n");
        assert_eq!(replaced.unwrap(), expected);
        assert_eq!(DOCUMENT.replaced(&expected, "table\n").unwrap(), expected);
    }

    #[test]
    fn document_without_markers_is_an_error() {
        let error = DOCUMENT.replaced("text\n", "table").unwrap_err();
        assert_eq!(error.to_string(), "none.md has no line `<!-- begin -->`");
    }
}
