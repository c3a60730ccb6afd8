//! Writing the files that grow by a line of JSON: `metrics.jsonl`, one object per epoch, and `journal.jsonl`, what happened to
//! a run, and when.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use vds_files::Shown as _;
use vds_records::files::MAX_LONG;
use vds_records::{EpochMetrics, Event};

use super::atomic::write_atomically;
use super::environment::program;
use crate::clock::utc_now;
use crate::error::{Error, OrInput as _};

/// An open `metrics.jsonl`, and its content.
#[derive(Debug)]
pub(crate) struct MetricsLog {
    log: Log,
    content: Vec<u8>,
}

impl MetricsLog {
    /// A log with the given lines and nothing else; what the file held before is replaced.
    pub(super) fn with(path: &Path, content: Vec<u8>) -> Result<Self, Error> {
        write_atomically(path, &content)?;
        let file = vds_files::open_unlinked(path, File::options().append(true));
        Ok(Self {
            log: Log::new(path, file)?,
            content,
        })
    }

    /// Adds a line; fails if the file has been removed.
    pub(crate) fn append(&mut self, metrics: &EpochMetrics) -> Result<(), Error> {
        // A file that has lost its name would take lines that nobody can read.
        fs::metadata(&self.log.path).or_input(|| self.log.writing())?;
        self.content.extend(self.log.add(metrics)?);
        Ok(())
    }

    /// Waits until all lines are on the disk.
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.log.file.sync_all().or_input(|| self.log.writing())
    }

    /// All lines.
    pub(crate) fn content(&self) -> &[u8] {
        &self.content
    }
}

/// An open `journal.jsonl`.
#[derive(Debug)]
pub(crate) struct Journal(Log);

impl Journal {
    /// Opens a journal to add to it; an unfinished line of a killed process is truncated.
    pub(super) fn open(path: &Path) -> Result<Self, Error> {
        Ok(Self(Log::new(path, open_to_append(path))?))
    }

    /// Adds a line.
    pub(crate) fn add(&mut self, event: &Event) -> Result<(), Error> {
        self.0.add(event).map(drop)
    }
}

/// The line of a process that begins or resumes a run.
pub(crate) fn session_begins(command_line: &[String], epochs: usize, steps: usize) -> Event {
    Event::Session {
        at: utc_now(),
        program: program(),
        command_line: command_line.to_vec(),
        threads: rayon::current_num_threads(),
        epochs,
        steps,
    }
}

/// The line of a process that ends by itself.
pub(crate) fn session_ends(reason: &str, seconds: f64) -> Event {
    Event::End {
        at: utc_now(),
        reason: reason.to_owned(),
        seconds,
    }
}

#[derive(Debug)]
struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    fn new(path: &Path, file: io::Result<File>) -> Result<Self, Error> {
        let file = file.or_input(|| format!("writing {}", path.shown()))?;
        let path = path.to_path_buf();
        Ok(Self { path, file })
    }

    /// Adds a line in one write, so that a reader sees whole lines, and returns it.
    fn add(&mut self, value: &impl Serialize) -> Result<Vec<u8>, Error> {
        let mut line = serde_json::to_vec(value).or_input(|| self.writing())?;
        line.push(b'\n');
        let written = self.file.write_all(&line);
        written.or_input(|| self.writing())?;
        Ok(line)
    }

    fn writing(&self) -> String {
        format!("writing {}", self.path.shown())
    }
}

fn open_to_append(path: &Path) -> io::Result<File> {
    let bytes = match vds_files::read(path, MAX_LONG) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        bytes => bytes.unwrap_or_default(),
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let file = vds_files::open_unlinked(path, File::options().append(true).create(true))?;
    file.set_len(whole as u64)?;
    Ok(file)
}
