//! Copying a data set into a data folder.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use crate::dataset::Dataset;
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
/// If the data set is built in or not of the catalogue, files are missing or wrong, or cannot be written.
pub fn import(dataset: &Dataset, source: &Path, data_dir: &Path) -> Result<Vec<PathBuf>> {
    if dataset.entry()?.is_embedded {
        return Err(Error::NothingToImport {
            name: dataset.name.clone(),
        });
    }
    let paths = verified_files(dataset, source)?;
    let folder = data_dir.join(&dataset.name);
    fs::create_dir_all(&folder).map_err(Error::write(&folder))?;
    vds_files::remove_leftovers(&folder).map_err(Error::write(&folder))?;
    let copies: Vec<(NamedTempFile, PathBuf)> = paths
        .iter()
        .map(|path| temporary_copy(path, &folder))
        .collect::<Result<_>>()?;
    copies
        .into_iter()
        .map(|(copy, target)| match copy.persist(&target) {
            Ok(_) => Ok(target),
            Err(error) => Err(Error::write(&target)(error.error)),
        })
        .collect()
}

fn verified_files(dataset: &Dataset, source: &Path) -> Result<Vec<PathBuf>> {
    let lookup = Lookup {
        data_dir: Some(source.to_owned()),
        ..Lookup::default()
    };
    let mut paths = Vec::new();
    for (file, location) in dataset.entry()?.files.iter().zip(lookup.locate(dataset)?) {
        read_entry_file(dataset, file, &location)?;
        if let Location::File(path) = location {
            paths.push(path);
        }
    }
    Ok(paths)
}

/// A copy of `path` in `folder` under a temporary name, on disk, and the name that it is to get.
fn temporary_copy(path: &Path, folder: &Path) -> Result<(NamedTempFile, PathBuf)> {
    let target = folder.join(path.file_name().unwrap_or_default());
    let mut original = File::open(path).map_err(Error::read(path))?;
    let metadata = original.metadata().map_err(Error::read(path))?;
    let mut copy = vds_files::temporary_file(folder).map_err(Error::write(&target))?;
    io::copy(&mut original, &mut copy).map_err(Error::write(&target))?;
    let file = copy.as_file();
    file.set_permissions(metadata.permissions())
        .map_err(Error::write(&target))?;
    file.sync_all().map_err(Error::write(&target))?;
    Ok((copy, target))
}
