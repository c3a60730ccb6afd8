//! Documents with a generated part, which stands between two lines that say so.

use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

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
        let path = workspace_root().join(self.path);
        self.replace(&path, generated)
            .with_context(|| format!("writing {}", self.path))
    }

    fn replace(&self, path: &Path, generated: &str) -> Result<()> {
        let text = fs::read_to_string(path)?;
        let [begin, end] = self.markers;
        let no_marker = |marker: &str| format!("there is no line `{marker}`");
        let (before, rest) = text.split_once(begin).with_context(|| no_marker(begin))?;
        let (_, after) = rest.split_once(end).with_context(|| no_marker(end))?;
        let text = format!("{before}{begin}\n\n{generated}\n{end}{after}");
        Ok(fs::write(path, text)?)
    }
}

/// A Markdown table.
pub(crate) fn markdown(header: &[&str], rows: &[Vec<String>]) -> String {
    let rule: Vec<&str> = header.iter().map(|_| "---").collect();
    let mut text = format!("| {} |\n| {} |\n", header.join(" | "), rule.join(" | "));
    for row in rows {
        text += &format!("| {} |\n", row.join(" | "));
    }
    text
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
        let file = tempfile::NamedTempFile::new().unwrap();
        let [begin, end] = DOCUMENT.markers;
        fs::write(file.path(), format!("before\n{begin}\nold\n{end}\nafter\n")).unwrap();
        let table = markdown(&["a", "b"], &[vec!["1".to_owned(), "2".to_owned()]]);
        for _ in 0..2 {
            DOCUMENT.replace(file.path(), &table).unwrap();
            let text = fs::read_to_string(file.path()).unwrap();
            let expected = format!("before\n{begin}\n\n| a | b |\n| --- | --- |\n| 1 | 2 |\n\n{end}\nafter\n");
            assert_eq!(text, expected);
        }
    }

    #[test]
    fn document_without_markers_is_left_alone() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), "text\n").unwrap();
        assert!(DOCUMENT.replace(file.path(), "table").is_err());
        assert_eq!(fs::read_to_string(file.path()).unwrap(), "text\n");
    }
}
