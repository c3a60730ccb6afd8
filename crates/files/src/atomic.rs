//! Atomic replacement of files of any kind: checkpoints, records, pages.
//!
//! A reader, and a machine that comes back from a crash, sees the old content or the new, never a part of either.

use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::Path;

use tempfile::NamedTempFile;

/// Start and end of the names of files that are being written.
const PREFIX: &str = ".vds-";
const SUFFIX: &str = ".partial";

/// Writes a file under a temporary name, syncs it, renames it and syncs the folder. Until the renaming a file that had the
/// name before is untouched.
///
/// # Errors
/// If the file or its folder fails; the temporary file is removed.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_in_stages(path, bytes, |_| {})
}

/// Writes a file as [`write_atomically`] does, and reports each stage that is complete.
///
/// # Errors
/// As [`write_atomically`].
pub fn write_in_stages(path: &Path, bytes: &[u8], reached: impl Fn(&str)) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = temporary_file(folder)?;
    let (first, second) = bytes.split_at(bytes.len() / 2);
    // Through the file itself: errors of the wrapper name the temporary file, which the user has not asked for.
    file.as_file_mut().write_all(first)?;
    reached("half-written");
    file.as_file_mut().write_all(second)?;
    reached("written");
    file.as_file().sync_all()?;
    reached("synced");
    file.persist(path).map_err(|error| error.error)?;
    reached("renamed");
    sync_folder(folder)?;
    reached("folder-synced");
    Ok(())
}

/// Removes the temporary files that killed writers have left in a folder; those of writers that are alive stay.
///
/// # Errors
/// If the folder cannot be listed, or a file cannot be removed.
pub fn remove_leftovers(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name();
        let is_leftover = name
            .to_str()
            .is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        if is_leftover && entry.file_type()?.is_file() && is_abandoned(&entry.path()) {
            match fs::remove_file(entry.path()) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether no process holds a temporary file.
fn is_abandoned(path: &Path) -> bool {
    let held = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
    !crate::open(path).is_ok_and(held)
}

/// The folder that a path lies in; `.` for a bare name.
pub fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

/// A file to be written in a folder and then to get its name. If the process is killed before, [`remove_leftovers`] removes it.
///
/// # Errors
/// If the folder does not take it.
pub fn temporary_file(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PREFIX).suffix(SUFFIX);
    // The permissions of any new file; temporary files are private by default.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    // The error would name the temporary file, which the user has not asked for.
    let file = builder
        .tempfile_in(folder)
        .map_err(|error| io::Error::from(error.kind()))?;
    // Held until the file has its name: whoever removes leftovers leaves a file alone that somebody is writing.
    let _ = file.as_file().try_lock();
    Ok(file)
}

/// Syncs a folder: a new name survives a crash only after that.
///
/// # Errors
/// If the folder fails.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        fs::metadata(folder).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn atomic_writes_replace_a_file_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        write_atomically(&path, b"first").unwrap();
        write_atomically(&path, b"second").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"second");
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn atomic_leftovers_are_removed_but_not_files_that_are_being_written() {
        let folder = tempfile::tempdir().unwrap();
        let leftover = folder.path().join(".vds-abc.partial");
        fs::write(&leftover, "half").unwrap();
        write_in_stages(&folder.path().join("file"), b"text", |stage| {
            if stage == "written" {
                remove_leftovers(folder.path()).unwrap();
            }
        })
        .unwrap();
        assert!(!leftover.exists());
        assert_eq!(fs::read(folder.path().join("file")).unwrap(), b"text");
    }
}
