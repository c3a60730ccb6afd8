//! Files that are there whole or not at all.

use std::path::Path;

use vds_files::Shown as _;

use crate::error::{Error, OrInput as _};

/// Writes a file under a temporary name, syncs it, gives it its name and syncs the folder.
///
/// # Errors
/// [`Error::Input`] naming the file: its place cannot take it.
pub(crate) fn write_atomically(path: &Path, bytes: &[u8]) -> Result<(), Error> {
    vds_files::write_atomically(path, bytes).or_input(|| format!("writing {}", path.shown()))
}
