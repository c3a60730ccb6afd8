//! A file that one process at a time holds.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};

use crate::read::{open, open_unlinked};

/// A lock on a file, as long as it lives. The system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub struct Lock {
    file: File,
    path: PathBuf,
    is_new: bool,
}

/// Why a lock was not taken.
#[derive(Debug)]
pub enum LockError {
    /// The system does not open the file, or it is not a regular file.
    Open(io::Error),
    /// The file cannot be locked.
    Lock(io::Error),
    /// Another process has it.
    InUse {
        /// What the last process that signed it has written.
        signature: String,
    },
}

impl Lock {
    /// Takes the lock of a file, which is made if it is missing.
    ///
    /// # Errors
    /// [`LockError`].
    pub fn take(path: &Path) -> Result<Self, LockError> {
        loop {
            let is_new = !path.exists();
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            let mut file = open_unlinked(path, &mut options).map_err(LockError::Open)?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::Error(error)) => return Err(LockError::Lock(error)),
                Err(TryLockError::WouldBlock) => {
                    let mut signature = String::new();
                    let _ = file
                        .rewind()
                        .and_then(|()| file.take(300).read_to_string(&mut signature));
                    return Err(LockError::InUse { signature });
                }
            }
            // Whoever had it may have removed the file in between; then somebody else can lock a new one.
            if is_same_file(&file, path) {
                let path = path.to_path_buf();
                return Ok(Self { file, path, is_new });
            }
        }
    }

    /// Whether a process holds the lock of a file, which is not made for that.
    pub fn is_taken(path: &Path) -> bool {
        open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the file is still the one that was locked: if not, it has been moved, removed or replaced.
    pub fn is_held(&self) -> bool {
        is_same_file(&self.file, &self.path)
    }

    /// Writes who holds it. It is information only, so a disk that is full does not matter here.
    pub fn sign(&mut self, signature: &str) {
        let file = &mut self.file;
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(signature.as_bytes()));
    }

    /// Removes the file if this lock made it: the folder is left as it was found.
    pub fn undo(&self) {
        if self.is_new && self.is_held() {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(unix)]
fn is_same_file(file: &File, path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let identity = |metadata: io::Result<fs::Metadata>| metadata.ok().map(|metadata| (metadata.dev(), metadata.ino()));
    let opened = identity(file.metadata());
    opened.is_some() && opened == identity(fs::metadata(path))
}

/// Elsewhere a file that is open cannot be removed.
#[cfg(not(unix))]
fn is_same_file(_file: &File, _path: &Path) -> bool {
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lock_is_held_by_one_until_it_is_dropped() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        assert!(!Lock::is_taken(&path) && !path.exists());
        let mut lock = Lock::take(&path).unwrap();
        lock.sign("process 7\n");
        assert!(lock.is_held() && Lock::is_taken(&path));
        match Lock::take(&path) {
            Err(LockError::InUse { signature }) => assert_eq!(signature, "process 7\n"),
            other => panic!("{other:?}"),
        }
        drop(lock);
        assert!(!Lock::is_taken(&path));
        let again = Lock::take(&path).unwrap();
        again.undo();
        assert!(path.exists(), "it was there before");
    }

    #[cfg(unix)]
    #[test]
    fn lock_of_a_file_that_was_replaced_is_not_held() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lock");
        let lock = Lock::take(&path).unwrap();
        fs::remove_file(&path).unwrap();
        assert!(!lock.is_held());
        fs::write(&path, "another").unwrap();
        assert!(!lock.is_held());
        lock.undo();
        assert!(path.exists(), "it is somebody else's");
    }
}
