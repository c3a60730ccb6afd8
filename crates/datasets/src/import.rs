//! Copying a data set into a data folder.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::dataset::{Dataset, EntryFile};
use crate::error::{Error, Result};
use crate::load::read_entry_file;
use crate::lookup::Lookup;
use crate::provenance::Location;

/// Copies the files of a data set from `source` (or its folder of the data set's name) to the folder of that name in
/// `data_dir`, and returns their new paths.
///
/// All files are read and verified before anything is written; each is complete on disk before it gets its name, and none
/// gets its name before all are.
///
/// # Errors
/// If the data set is built in or not of the catalogue, files are missing or wrong, or cannot be written; or if a file with other
/// content would be found in place of an imported one, or the other way around: `NAME` beside `NAME.gz`. It stays, as it is not
/// known to be worthless.
pub fn import(dataset: &Dataset, source: &Path, data_dir: &Path) -> Result<Vec<PathBuf>> {
    if dataset.entry()?.is_embedded {
        return Err(Error::NothingToImport {
            name: dataset.name.clone(),
        });
    }
    let files = verified_files(dataset, source)?;
    let folder = data_dir.join(&dataset.name);
    for (file, original) in &files {
        refuse_shadowed(dataset, file, original, &folder)?;
    }
    fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
    vds_files::remove_leftovers(&folder).map_err(Error::write(&folder))?;
    let copies: Vec<(NamedTempFile, PathBuf)> = files
        .iter()
        .map(|(_, original)| temporary_copy(original, &folder))
        .collect::<Result<_>>()?;
    copies
        .into_iter()
        .map(|(copy, target)| match copy.persist(&target) {
            Ok(_) => Ok(target),
            Err(error) => Err(Error::write(&target)(error.error)),
        })
        .collect()
}

/// A file to import, and the digest of its content.
struct Original {
    path: PathBuf,
    sha256: String,
}

impl Original {
    /// Where it is copied to.
    fn target(&self, folder: &Path) -> PathBuf {
        folder.join(self.path.file_name().unwrap_or_default())
    }
}

/// Refuses a file that is in the target folder under another accepted name, unless its content is the imported one.
fn refuse_shadowed(dataset: &Dataset, file: &EntryFile, original: &Original, folder: &Path) -> Result<()> {
    let imported = original.target(folder);
    let others = file.accepted_names().into_iter().map(|name| folder.join(name));
    for existing in others.filter(|path| *path != imported && path.symlink_metadata().is_ok()) {
        let content = read_entry_file(dataset, file, &Location::File(existing.clone()));
        let source = match content {
            Ok(content) if content.sha256 == original.sha256 => continue,
            Ok(_) => None,
            Err(error) => Some(Box::new(error)),
        };
        return Err(Error::Shadowed {
            existing,
            imported,
            source,
        });
    }
    Ok(())
}

fn verified_files<'a>(dataset: &'a Dataset, source: &Path) -> Result<Vec<(&'a EntryFile, Original)>> {
    let lookup = Lookup {
        data_dir: Some(source.to_owned()),
        ..Lookup::default()
    };
    let mut files = Vec::new();
    for (file, location) in dataset.entry()?.files.iter().zip(lookup.locate(dataset)?) {
        let sha256 = read_entry_file(dataset, file, &location)?.sha256;
        if let Location::File(path) = location {
            files.push((file, Original { path, sha256 }));
        }
    }
    Ok(files)
}

/// A copy of a file in `folder` under a temporary name, on disk, and the name that it is to get.
fn temporary_copy(original: &Original, folder: &Path) -> Result<(NamedTempFile, PathBuf)> {
    let (path, target) = (&original.path, original.target(folder));
    let mut original = vds_files::open(path).map_err(Error::read(path))?;
    let metadata = original.metadata().map_err(Error::read(path))?;
    let mut copy = vds_files::temporary_file(folder).map_err(Error::write(&target))?;
    io::copy(&mut original, &mut copy).map_err(Error::write(&target))?;
    let file = copy.as_file();
    file.set_permissions(metadata.permissions())
        .map_err(Error::write(&target))?;
    file.sync_all().map_err(Error::write(&target))?;
    Ok((copy, target))
}
