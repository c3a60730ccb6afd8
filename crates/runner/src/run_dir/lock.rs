//! One process per run directory.

use std::fs::{self, File, TryLockError};
use std::io::{self, Read as _, Seek as _, Write as _};
use std::path::{Path, PathBuf};
use std::process;

use vds_files::Shown as _;
use vds_records::files::LOCK;

use crate::error::{Error, OrInput as _};

/// The right to write into a run directory, as long as it lives. The system gives it back when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
    path: PathBuf,
    is_new: bool,
}

impl Lock {
    /// Takes the lock of a folder.
    pub(super) fn take(folder: &Path) -> Result<Self, Error> {
        let path = folder.join(LOCK);
        loop {
            let is_new = !path.exists();
            let mut options = File::options();
            options.read(true).write(true).create(true).truncate(false);
            let opened = vds_files::open_unlinked(&path, &mut options);
            let mut file = opened.or_input(|| format!("opening {}", path.shown()))?;
            match file.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(in_use(folder, &mut file)),
                Err(TryLockError::Error(error)) => {
                    return Err(error).or_input(|| format!("locking {}", path.shown()));
                }
            }
            // Whoever had it may have removed the file in between; then somebody else can lock a new one.
            if is_same_file(&file, &path) {
                return Ok(Self { file, path, is_new });
            }
        }
    }

    /// Fails if the file has been removed: whatever is under the folder's name then may be another process's.
    pub(super) fn check(&self) -> Result<(), Error> {
        if is_same_file(&self.file, &self.path) {
            return Ok(());
        }
        Err(Error::input_with_hint(
            format!(
                "{} is no longer the file that this process has locked",
                self.path.shown()
            ),
            "something has moved, removed or replaced the run directory; this process writes nothing more into it",
        ))
    }

    /// Says who writes into the folder. It is information only, so a disk that is full does not matter here.
    pub(super) fn sign(&mut self) {
        let text = format!("process {} on {}\n", process::id(), host());
        let file = &mut self.file;
        let _ = file
            .set_len(0)
            .and_then(|()| file.rewind())
            .and_then(|()| file.write_all(text.as_bytes()));
    }

    /// Removes the file if this lock made it: the folder is left as it was found.
    pub(super) fn undo(&self) {
        if self.is_new && is_same_file(&self.file, &self.path) {
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Whether a process holds the lock of a folder.
pub(crate) fn is_in_use(folder: &Path) -> bool {
    // Read-only: nothing is made in a folder that is only looked at.
    let file = vds_files::open(&folder.join(LOCK));
    file.is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

fn in_use(folder: &Path, file: &mut File) -> Error {
    let mut text = String::new();
    let _ = file.rewind().and_then(|()| file.take(300).read_to_string(&mut text));
    // Whoever has the lock signs it only when it begins to write.
    let last = match text.trim() {
        "" => String::new(),
        process => format!(" (the last one to write there was {process})"),
    };
    Error::input_with_hint(
        format!("{} is in use by another process{last}", folder.shown()),
        "wait for it to end, or choose another folder",
    )
}

fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let name = name.trim();
    if name.is_empty() { "this machine" } else { name }.to_owned()
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
