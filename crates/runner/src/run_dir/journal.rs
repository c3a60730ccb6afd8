//! Writing `journal.jsonl`: what happened to a run, and when.

use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use vds_files::Shown as _;
use vds_records::Event;
use vds_records::files::MAX_LONG;

use super::environment::program;
use crate::clock::utc_now;
use crate::error::{Error, OrInput as _};

/// An open `journal.jsonl`.
#[derive(Debug)]
pub(crate) struct Journal {
    path: PathBuf,
    file: File,
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

impl Journal {
    /// Opens a journal to add to it; an unfinished line of a killed process is truncated.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be written.
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let file = try_open(path).or_input(|| format!("writing {}", path.shown()))?;
        let path = path.to_path_buf();
        Ok(Self { path, file })
    }

    /// Adds a line in one write.
    ///
    /// # Errors
    /// [`Error::Input`] if the file does not take it.
    pub(crate) fn add(&mut self, event: &Event) -> Result<(), Error> {
        let writing = || format!("writing {}", self.path.shown());
        let mut line = serde_json::to_vec(event).or_input(writing)?;
        line.push(b'\n');
        self.file.write_all(&line).or_input(writing)
    }
}

fn try_open(path: &Path) -> io::Result<File> {
    let bytes = match vds_files::read(path, MAX_LONG) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        bytes => bytes.unwrap_or_default(),
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let file = vds_files::open_unlinked(path, File::options().append(true).create(true))?;
    file.set_len(whole as u64)?;
    Ok(file)
}
