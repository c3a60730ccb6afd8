//! One process per run directory.

use std::fs;
use std::path::Path;
use std::process;

use vds_files::{Lock, LockError, Shown as _};
use vds_records::files::LOCK;

use crate::error::{Error, OrInput as _};

/// Takes the lock of a folder: the right to write into it.
pub(super) fn lock(folder: &Path) -> Result<Lock, Error> {
    let path = folder.join(LOCK);
    match Lock::take(&path) {
        Ok(lock) => Ok(lock),
        Err(LockError::Open(error)) => Err(error).or_input(|| format!("opening {}", path.shown())),
        Err(LockError::Lock(error)) => Err(error).or_input(|| format!("locking {}", path.shown())),
        Err(LockError::InUse { signature }) => {
            // Whoever has the lock signs it only when it begins to write.
            let last = match signature.trim() {
                "" => String::new(),
                process => format!(" (the last one to write there was {process})"),
            };
            Err(Error::input_with_hint(
                format!("{} is in use by another process{last}", folder.shown()),
                "wait for it to end, or choose another folder",
            ))
        }
    }
}

/// Fails if the file has been removed: whatever is under the folder's name then may be another process's.
pub(super) fn check(lock: &Lock) -> Result<(), Error> {
    match lock.is_held() {
        true => Ok(()),
        false => Err(Error::input_with_hint(
            format!(
                "{} is no longer the file that this process has locked",
                lock.path().shown()
            ),
            "something has moved, removed or replaced the run directory; this process writes nothing more into it",
        )),
    }
}

/// Who writes into a folder.
pub(super) fn signature() -> String {
    format!("process {} on {}\n", process::id(), host())
}

/// Name of this machine.
pub(crate) fn host() -> String {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    match name.trim() {
        "" => "this machine".to_owned(),
        name => name.to_owned(),
    }
}
