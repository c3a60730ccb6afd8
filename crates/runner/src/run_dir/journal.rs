//! `journal.jsonl`: what happened to a run, and when. Of two equal runs it is the only file that differs.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::clock::utc_now;
use crate::error::{Error, OrInput as _};

/// An open `journal.jsonl`.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    file: File,
}

/// A line of the journal.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// A process took the run up.
    Session {
        /// Time of day.
        at: String,
        /// Name and version of the program, and its commit.
        program: String,
        /// The arguments as typed.
        command_line: Vec<String>,
        /// Threads; they do not change the results.
        threads: usize,
        /// Epochs that were complete.
        epochs: usize,
        /// Steps done in the epoch after those.
        steps: usize,
    },
    /// A checkpoint could not be used and was set aside.
    Damaged {
        /// Its file.
        file: String,
        /// What is wrong with it.
        problem: String,
    },
    /// An epoch was completed.
    Epoch {
        /// The epoch, from 1.
        epoch: usize,
        /// Its wall time in this process, evaluation included.
        seconds: f64,
    },
    /// A checkpoint was written.
    Checkpoint {
        /// Its file.
        file: String,
        /// Epochs completed.
        epochs: usize,
        /// Steps done in the epoch after those.
        steps: usize,
        /// Wall time of the writing.
        seconds: f64,
    },
    /// The process ended by itself.
    End {
        /// Time of day.
        at: String,
        /// Why: as in the summary, or `interrupted`, or `failed`.
        reason: String,
        /// Wall time of the process.
        seconds: f64,
    },
}

impl Event {
    /// The present process takes a run up.
    pub fn session(command_line: &[String], epochs: usize, steps: usize) -> Self {
        Self::Session {
            at: utc_now(),
            program: super::environment::program(),
            command_line: command_line.to_vec(),
            threads: rayon::current_num_threads(),
            epochs,
            steps,
        }
    }

    /// The present process ends.
    pub fn end(reason: &str, seconds: f64) -> Self {
        Self::End {
            at: utc_now(),
            reason: reason.to_owned(),
            seconds,
        }
    }
}

impl Journal {
    /// Opens a journal to add to it; a line that a killed process left unfinished is cut off.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be written.
    pub fn open(path: &Path) -> Result<Self, Error> {
        let file = try_open(path).or_input(|| format!("writing {}", path.display()))?;
        let path = path.to_path_buf();
        Ok(Self { path, file })
    }

    /// Adds a line in one write.
    ///
    /// # Errors
    /// [`Error::Input`] if the file does not take it.
    pub fn add(&mut self, event: &Event) -> Result<(), Error> {
        let writing = || format!("writing {}", self.path.display());
        let mut line = serde_json::to_vec(event).or_input(writing)?;
        line.push(b'\n');
        self.file.write_all(&line).or_input(writing)
    }
}

fn try_open(path: &Path) -> io::Result<File> {
    let bytes = match fs::read(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        bytes => bytes.unwrap_or_default(),
    };
    let whole = bytes.iter().rposition(|&byte| byte == b'\n').map_or(0, |last| last + 1);
    let file = File::options().append(true).create(true).open(path)?;
    file.set_len(whole as u64)?;
    Ok(file)
}
