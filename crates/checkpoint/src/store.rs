//! The folder of a run's checkpoints.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use vds_files::{folder_of, reach, remove_leftovers, sync_folder, write_in_stages};

use crate::{Checkpoint, Error, Result};

/// Number of checkpoints that are kept: the newest may turn out to be damaged.
const N_KEPT: usize = 2;

/// A folder of numbered checkpoints. The caller makes sure that one process at a time uses it.
#[derive(Clone, Debug)]
pub struct CheckpointStore {
    folder: PathBuf,
}

/// A checkpoint that was read.
#[derive(Debug)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// The checkpoint.
    pub checkpoint: Checkpoint,
    /// Newer files that could not be used, newest first.
    pub damaged: Vec<Damaged>,
}

/// A file that is not what was written.
#[derive(Debug)]
pub struct Damaged {
    /// The file.
    pub path: PathBuf,
    /// What is wrong with it.
    pub error: Error,
}

impl CheckpointStore {
    /// A store in a folder, which the first write makes.
    pub fn open(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes the next checkpoint, removes all but the last two, and returns the file.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Format`] if the format cannot hold the arrays. Older checkpoints are still there then.
    pub fn write(&mut self, checkpoint: &Checkpoint) -> Result<PathBuf> {
        let bytes = checkpoint.to_bytes()?;
        self.make_folder()?;
        let number = self.numbers()?.last().map_or(1, |last| last + 1);
        let path = self.path(number);
        write_in_stages(&path, &bytes, reach).map_err(Error::io("writing", &path))?;
        self.remove_old()?;
        Ok(path)
    }

    /// The newest intact checkpoint of at most `max_len` bytes, whose content must have the version `schema`; `None` if there is
    /// no file at all. What has the name of a checkpoint and is not a file, a folder for instance, counts as damaged. The
    /// folder is left as it is.
    ///
    /// # Errors
    /// [`Error::Unusable`] if the newest intact one has another schema, or none is intact; [`Error::Io`].
    pub fn newest(&self, schema: u32, max_len: u64) -> Result<Option<Found>> {
        let mut damaged: Vec<Damaged> = Vec::new();
        let mut numbers = self.numbers()?;
        while let Some(number) = numbers.pop() {
            let path = self.path(number);
            match read(&path, schema, max_len) {
                Ok(checkpoint) => {
                    // One that is older would be in the way when it is to be removed.
                    let older = numbers.into_iter().rev().map(|number| self.path(number));
                    damaged.extend(older.filter_map(not_a_file));
                    return Ok(Some(Found {
                        path,
                        checkpoint,
                        damaged,
                    }));
                }
                // A file on a bad sector cannot be read. Resuming from an older one costs time only.
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

    /// Renames damaged files to `NAME.damaged`, so that they neither count as checkpoints nor are lost.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn set_aside(&self, damaged: &[Damaged]) -> Result<()> {
        for Damaged { path, .. } in damaged {
            fs::rename(path, path.with_extension("damaged")).map_err(Error::io("setting aside", path))?;
        }
        Ok(())
    }

    /// Whether the folder has no file of a checkpoint.
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

    /// Removes the temporary files that a killed writer has left.
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

    /// Makes the folder but not its parents: if the parent is gone, somebody has moved the run away.
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

    /// Numbers of the checkpoints in ascending order. A link in the place of the folder is refused.
    fn numbers(&self) -> Result<Vec<u64>> {
        // Through a link the checkpoints of another run would be replaced and removed.
        if self
            .folder
            .symlink_metadata()
            .is_ok_and(|metadata| metadata.is_symlink())
        {
            let source = io::Error::new(io::ErrorKind::InvalidInput, "it is a symbolic link, expected a folder");
            return Err(Error::io("listing", &self.folder)(source));
        }
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

/// A name of a checkpoint that is not one of a regular file.
fn not_a_file(path: PathBuf) -> Option<Damaged> {
    let source = vds_files::open(&path).err()?;
    let error = Error::io("reading", &path)(source);
    Some(Damaged { path, error })
}

fn read(path: &Path, schema: u32, max_len: u64) -> Result<Checkpoint> {
    let bytes = vds_files::read(path, max_len).map_err(Error::io("reading", path))?;
    let checkpoint = Checkpoint::from_bytes(&bytes)?;
    checkpoint.check_schema(schema)?;
    Ok(checkpoint)
}

fn file_name(number: u64) -> String {
    format!("checkpoint-{number:08}.safetensors")
}

/// The number in the name of a checkpoint's file, if such a name is ever written and another number can follow.
fn number_of(name: &str) -> Option<u64> {
    let digits = name.strip_prefix("checkpoint-")?.strip_suffix(".safetensors")?;
    let number = digits.parse().ok()?;
    (name == file_name(number) && number < u64::MAX).then_some(number)
}
