//! Writing `metrics.jsonl`: one object per epoch.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use vds_files::Shown as _;
use vds_records::EpochMetrics;

use super::atomic::write_atomically;
use crate::error::{Error, OrInput as _};

/// An open `metrics.jsonl`, and its content.
#[derive(Debug)]
pub(crate) struct MetricsLog {
    path: PathBuf,
    file: File,
    content: Vec<u8>,
}

impl MetricsLog {
    /// A log with the given lines and nothing else; what the file held before is replaced.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be made.
    pub(crate) fn with(path: &Path, content: Vec<u8>) -> Result<Self, Error> {
        write_atomically(path, &content)?;
        let file = vds_files::open_unlinked(path, File::options().append(true));
        Ok(Self {
            path: path.to_path_buf(),
            file: file.or_input(|| format!("writing {}", path.shown()))?,
            content,
        })
    }

    /// Adds a line in one write, so that a reader sees whole lines.
    ///
    /// # Errors
    /// [`Error::Input`] if the file does not take it, or has been removed.
    pub(crate) fn append(&mut self, metrics: &EpochMetrics) -> Result<(), Error> {
        let writing = || format!("writing {}", self.path.shown());
        let mut line = serde_json::to_vec(metrics).or_input(writing)?;
        line.push(b'\n');
        // A file that has lost its name would take lines that nobody can read.
        fs::metadata(&self.path).or_input(writing)?;
        self.file.write_all(&line).or_input(writing)?;
        self.content.extend(line);
        Ok(())
    }

    /// Waits until all lines are on the disk.
    ///
    /// # Errors
    /// [`Error::Input`] if the disk fails.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        let synced = self.file.sync_all();
        synced.or_input(|| format!("writing {}", self.path.shown()))
    }

    /// All lines.
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }
}
