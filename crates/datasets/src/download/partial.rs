//! A file that is not complete.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use super::error::{Error, Result};
use crate::error::Error as DatasetError;

/// `NAME.partial`, locked, and its number of bytes. What is appended is with the system at once, so that it outlives this process.
#[derive(Debug)]
pub(super) struct Partial {
    path: PathBuf,
    target: PathBuf,
    file: File,
    n_bytes: u64,
}

impl Partial {
    /// Opens or makes the partial file of `name` in `folder`.
    pub(super) fn open(folder: &Path, name: &str) -> Result<Self> {
        let path = folder.join(format!("{name}.partial"));
        let mut options = OpenOptions::new();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(&path).map_err(DatasetError::write(&path))?;
        lock(&file, &path)?;
        let n_bytes = file.seek(SeekFrom::End(0)).map_err(DatasetError::write(&path))?;
        Ok(Self {
            target: folder.join(name),
            path,
            file,
            n_bytes,
        })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn len(&self) -> u64 {
        self.n_bytes
    }

    pub(super) fn append(&mut self, bytes: &[u8]) -> Result<()> {
        let written = self.file.write_all(bytes);
        written.map_err(DatasetError::write(&self.path))?;
        self.n_bytes += bytes.len() as u64;
        Ok(())
    }

    pub(super) fn clear(&mut self) -> Result<()> {
        let cleared = self.file.set_len(0).and_then(|()| self.file.rewind());
        cleared.map_err(DatasetError::write(&self.path))?;
        self.n_bytes = 0;
        Ok(())
    }

    /// The open file for reading; whoever has it moves the place where bytes are appended.
    pub(super) fn reader(&self) -> Result<File> {
        Ok(self.file.try_clone().map_err(DatasetError::read(&self.path))?)
    }

    /// Gives the file its name, once it is on disk.
    pub(super) fn finish(self) -> Result<PathBuf> {
        let renamed = self
            .file
            .sync_all()
            .and_then(|()| fs::rename(&self.path, &self.target))
            .and_then(|()| vds_files::sync_folder(vds_files::folder_of(&self.target)));
        renamed.map_err(DatasetError::write(&self.target))?;
        Ok(self.target)
    }

    /// Removes the file. That it stays is not a failure: the next call resumes from it or overwrites it.
    pub(super) fn remove(self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Two processes that append to one file would spoil it. Where the file system has no locks, the check of the content remains.
fn lock(file: &File, path: &Path) -> Result<()> {
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(Error::Busy { path: path.to_owned() }),
        Ok(()) | Err(TryLockError::Error(_)) => Ok(()),
    }
}
