//! Files that are there whole or not at all.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::Path;

use crate::error::{Error, OrInput as _};

/// Writes a file under a temporary name, syncs it, gives it its name and syncs the folder.
///
/// # Errors
/// [`Error::Input`] naming the file: it is its place that cannot take it.
pub fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    try_write(path, bytes).or_input(|| format!("writing {}", path.display()))
}

fn try_write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut builder = tempfile::Builder::new();
    builder.prefix(".vds-").suffix(".partial");
    // What any new file would get; temporary files are private by default.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    let mut file = builder.tempfile_in(folder).map_err(without_temporary_name)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// The error of making a temporary file names that file, of which nobody has heard.
pub(super) fn without_temporary_name(error: io::Error) -> io::Error {
    io::Error::from(error.kind())
}

/// The new name survives a crash only once its folder is synced.
fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        fs::metadata(folder).map(drop)
    }
}
