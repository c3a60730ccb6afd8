//! Where the files of a catalogue's data set are looked for.

use std::path::{Path, PathBuf};

use crate::dataset::{Dataset, Entry, EntryFile};
use crate::error::{Error, Result, SearchedFolder};
use crate::provenance::Location;

/// Folders to look in, in this order. The caller finds them out; nothing here reads the environment.
///
/// In each folder a data set's files may stand in a folder of the data set's name, or in the folder itself. The first place
/// that has all of them is taken.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lookup {
    /// Named by the user for this run.
    pub data_dir: Option<PathBuf>,
    /// Named by the environment variable `VDS_DATA_DIR`.
    pub env_dir: Option<PathBuf>,
    /// The folder `vds` in the XDG data folder.
    pub xdg_dir: Option<PathBuf>,
    /// Folders of the system: [`Lookup::SYSTEM_DIR`].
    pub system_dirs: Vec<PathBuf>,
}

impl Lookup {
    /// Where Debian's packages put data sets.
    pub const SYSTEM_DIR: &'static str = "/usr/share/datasets";

    /// The place of each file of `dataset`, in the catalogue's order; built-in data sets are found anywhere.
    ///
    /// # Errors
    /// If the data set is not of the catalogue, or no folder has all files: with every folder searched, what it lacks, and how
    /// to get the files.
    pub fn locate(&self, dataset: &Dataset) -> Result<Vec<Location>> {
        let entry = dataset.entry()?;
        if entry.is_embedded {
            let names = entry.files.iter().map(|file| file.name.clone());
            return Ok(names.map(Location::Embedded).collect());
        }
        let mut searched = Vec::new();
        for folder in self.folders(&dataset.name) {
            let found = files_in(&folder, entry);
            if let Some(paths) = found.iter().cloned().collect::<Option<Vec<PathBuf>>>() {
                return Ok(paths.into_iter().map(Location::File).collect());
            }
            let missing = entry.files.iter().zip(&found).filter(|(_, path)| path.is_none());
            searched.push(SearchedFolder {
                folder,
                missing: missing.map(|(file, _)| file.name.clone()).collect(),
                n_files: entry.files.len(),
            });
        }
        Err(Error::NotFound {
            name: dataset.name.clone(),
            searched,
            how_to_get: entry.how_to_get.clone(),
        })
    }

    /// The files that are there in the folder that [`Self::locate`] takes, else in the first one that has any.
    pub(crate) fn locate_some(&self, dataset: &Dataset) -> Result<Vec<Option<Location>>> {
        let entry = dataset.entry()?;
        if let Ok(locations) = self.locate(dataset) {
            return Ok(locations.into_iter().map(Some).collect());
        }
        let found = self.folders(&dataset.name).into_iter();
        let mut found = found.map(|folder| files_in(&folder, entry));
        let some = found.find(|paths| paths.iter().any(Option::is_some));
        let paths = some.unwrap_or_else(|| vec![None; entry.files.len()]);
        Ok(paths.into_iter().map(|path| path.map(Location::File)).collect())
    }

    fn folders(&self, name: &str) -> Vec<PathBuf> {
        let given = [&self.data_dir, &self.env_dir, &self.xdg_dir];
        let dirs = given.into_iter().flatten().chain(&self.system_dirs);
        dirs.flat_map(|dir| [dir.join(name), dir.clone()]).collect()
    }
}

fn files_in(folder: &Path, entry: &Entry) -> Vec<Option<PathBuf>> {
    entry.files.iter().map(|file| file_in(folder, file)).collect()
}

/// A file of a data set in a folder, plain or compressed.
pub(crate) fn file_in(folder: &Path, file: &EntryFile) -> Option<PathBuf> {
    let names = file.accepted_names().into_iter();
    names.map(|name| folder.join(name)).find(|path| path.is_file())
}
