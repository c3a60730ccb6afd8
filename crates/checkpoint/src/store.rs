//! The folder of a run's checkpoints.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use crate::atomic::{folder_of, remove_leftovers, sync_folder, temporary_file};
use crate::{Checkpoint, Error, Result};

/// So many checkpoints are kept: the newest may turn out to be damaged.
const N_KEPT: usize = 2;

/// A folder of numbered checkpoints. One process at a time may use it; who that is, is the caller's to see to.
#[derive(Clone, Debug)]
pub struct Store {
    folder: PathBuf,
}

/// A checkpoint that was read.
#[derive(Debug)]
pub struct Found {
    /// Its file.
    pub path: PathBuf,
    /// What it holds.
    pub checkpoint: Checkpoint,
    /// Newer files that could not be used, newest first.
    pub damaged: Vec<Damaged>,
}

/// A file that is not what was written.
#[derive(Debug)]
pub struct Damaged {
    /// Its name.
    pub path: PathBuf,
    /// What is wrong.
    pub error: Error,
}

impl Store {
    /// A store in a folder, which is made by the first write.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the next checkpoint and removes all but the last two. Returns its file.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Format`] if the format cannot hold the tensors. Older checkpoints are still there then.
    pub fn write(&mut self, checkpoint: &Checkpoint) -> Result<PathBuf> {
        let bytes = checkpoint.to_bytes()?;
        self.make_folder()?;
        let number = self.numbers()?.last().map_or(1, |last| last + 1);
        let path = self.path(number);
        self.write_file(&path, &bytes).map_err(Error::io("writing", &path))?;
        self.remove_old()?;
        Ok(path)
    }

    /// The newest checkpoint that is whole; nothing if there is no file at all. Nothing is changed.
    ///
    /// # Errors
    /// [`Error::Unusable`] if the newest one has another schema, or none is whole; [`Error::Io`].
    pub fn newest(&self) -> Result<Option<Found>> {
        let mut damaged: Vec<Damaged> = Vec::new();
        for number in self.numbers()?.into_iter().rev() {
            let path = self.path(number);
            match read(&path) {
                Ok(checkpoint) => {
                    return Ok(Some(Found {
                        path,
                        checkpoint,
                        damaged,
                    }));
                }
                // A file on a bad sector cannot be read. Going on from an older one costs time only.
                Err(error) if error.is_damage() || matches!(error, Error::Io { .. }) => {
                    damaged.push(Damaged { path, error });
                }
                Err(error) => {
                    let source = Box::new(error);
                    return Err(Error::Unusable { path, source });
                }
            }
        }
        match damaged.into_iter().next() {
            None => Ok(None),
            Some(Damaged { error, .. }) if !error.is_damage() => Err(error),
            Some(Damaged { path, error }) => Err(Error::Unusable {
                path,
                source: Box::new(error),
            }),
        }
    }

    /// Gives damaged files the name `NAME.damaged`, so that they neither count as checkpoints nor are lost.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_aside(&self, damaged: &[Damaged]) -> Result<()> {
        for Damaged { path, .. } in damaged {
            fs::rename(path, path.with_extension("damaged")).map_err(Error::io("setting aside", path))?;
        }
        Ok(())
    }

    /// Whether there is any file of a checkpoint.
    ///
    /// # Errors
    /// [`Error::Io`] if the folder cannot be listed.
    pub fn is_empty(&self) -> Result<bool> {
        Ok(self.numbers()?.is_empty())
    }

    /// Removes the folder and everything in it.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove(self) -> Result<()> {
        match fs::remove_dir_all(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io("removing", &self.folder)(error)),
            _ => Ok(()),
        }
    }

    /// Removes what a writer that was killed has left.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn remove_leftovers(&self) -> Result<()> {
        match remove_leftovers(&self.folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(Error::io("removing unfinished files in", &self.folder)(error))
            }
            _ => Ok(()),
        }
    }

    /// Only the folder itself: if the one around it is gone, somebody has taken the run away.
    fn make_folder(&self) -> Result<()> {
        match fs::create_dir(&self.folder) {
            Ok(()) => sync_folder(folder_of(&self.folder)).map_err(Error::io("making the folder", &self.folder)),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(Error::io("making the folder", &self.folder)(error)),
        }
    }

    fn path(&self, number: u64) -> PathBuf {
        self.folder.join(file_name(number))
    }

    /// Numbers of the checkpoints, ascending.
    fn numbers(&self) -> Result<Vec<u64>> {
        let entries = match fs::read_dir(&self.folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Error::io("listing", &self.folder))?,
        };
        let mut numbers = Vec::new();
        for entry in entries {
            let name = entry.map_err(Error::io("listing", &self.folder))?.file_name();
            numbers.extend(name.to_str().and_then(number_of));
        }
        numbers.sort_unstable();
        Ok(numbers)
    }

    fn write_file(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let mut file = temporary_file(&self.folder)?;
        let (first, second) = bytes.split_at(bytes.len() / 2);
        file.write_all(first)?;
        reach("half-written");
        file.write_all(second)?;
        reach("written");
        file.as_file().sync_all()?;
        reach("synced");
        file.persist(path).map_err(|error| error.error)?;
        reach("renamed");
        sync_folder(&self.folder)?;
        reach("folder-synced");
        Ok(())
    }

    fn remove_old(&self) -> Result<()> {
        let numbers = self.numbers()?;
        for &number in &numbers[..numbers.len().saturating_sub(N_KEPT)] {
            let path = self.path(number);
            fs::remove_file(&path).map_err(Error::io("removing", path))?;
            reach("removing");
        }
        Ok(())
    }
}

fn read(path: &Path) -> Result<Checkpoint> {
    let bytes = fs::read(path).map_err(Error::io("reading", path))?;
    Checkpoint::from_bytes(&bytes)
}

fn file_name(number: u64) -> String {
    format!("checkpoint-{number:08}.safetensors")
}

/// The number in a file's name, if it is one that is written and another can follow it.
fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("checkpoint-")?.strip_suffix(".safetensors")?;
    let number = digits.parse().ok()?;
    (name == file_name(number) && number < u64::MAX).then_some(number)
}

#[cfg(feature = "faults")]
use crate::fault::reach;

/// A place where tests end the process.
#[cfg(not(feature = "faults"))]
fn reach(_place: &str) {}
