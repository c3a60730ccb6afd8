//! `metrics.jsonl`: an object an epoch.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::error::{Error, OrInput as _};
use crate::record::EpochMetrics;
use crate::text::{json, read_text};

/// An open `metrics.jsonl`.
#[derive(Debug)]
pub struct MetricsLog {
    path: PathBuf,
    file: File,
}

impl MetricsLog {
    /// A new, empty log.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be made.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let file = File::create(path).or_input(|| format!("writing {}", path.display()))?;
        Ok(Self {
            path: path.to_path_buf(),
            file,
        })
    }

    /// Adds a line in one write, so that a reader sees whole lines.
    ///
    /// # Errors
    /// [`Error::Input`] if the file does not take it.
    pub fn append(&mut self, metrics: &EpochMetrics) -> Result<(), Error> {
        let writing = || format!("writing {}", self.path.display());
        let mut line = serde_json::to_vec(metrics).or_input(writing)?;
        line.push(b'\n');
        self.file.write_all(&line).or_input(writing)
    }
}

/// Reads all lines of a log.
///
/// # Errors
/// [`Error::Input`] naming the line that is no record.
pub fn read_metrics(path: &Path) -> Result<Vec<EpochMetrics>, Error> {
    let text = read_text(path)?;
    let lines = text.lines().enumerate();
    lines.map(|(index, line)| json(line, path, index + 1)).collect()
}
