//! Where the files of a data set are looked for.

use std::path::{Path, PathBuf};

use crate::catalogue::{Dataset, DatasetFile};
use crate::error::{Error, Place, Result};
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
    /// If no place has all files: with every place looked at, what it lacks, and how to get the files.
    pub fn locate(&self, dataset: &'static Dataset) -> Result<Vec<Location>> {
        if dataset.is_embedded {
            return Ok(embedded(dataset));
        }
        let mut places = Vec::new();
        for folder in self.folders(dataset.name) {
            let found = files_in(&folder, dataset);
            if let Some(paths) = found.iter().cloned().collect::<Option<Vec<PathBuf>>>() {
                return Ok(paths.into_iter().map(Location::File).collect());
            }
            places.push(place(folder, dataset, &found));
        }
        Err(Error::NotFound {
            name: dataset.name,
            places,
            how_to_get: dataset.how_to_get,
        })
    }

    /// The files that are there in the place that [`Self::locate`] takes, else in the first one that has any.
    pub(crate) fn locate_some(&self, dataset: &'static Dataset) -> Vec<Option<Location>> {
        if let Ok(locations) = self.locate(dataset) {
            return locations.into_iter().map(Some).collect();
        }
        let found = self.folders(dataset.name).into_iter();
        let mut found = found.map(|folder| files_in(&folder, dataset));
        let some = found.find(|paths| paths.iter().any(Option::is_some));
        let paths = some.unwrap_or_else(|| vec![None; dataset.files.len()]);
        paths.into_iter().map(|path| path.map(Location::File)).collect()
    }

    fn folders(&self, name: &str) -> Vec<PathBuf> {
        let given = [&self.data_dir, &self.env_dir, &self.xdg_dir];
        let dirs = given.into_iter().flatten().chain(&self.system_dirs);
        dirs.flat_map(|dir| [dir.join(name), dir.clone()]).collect()
    }
}

fn embedded(dataset: &'static Dataset) -> Vec<Location> {
    let names = dataset.files.iter().map(|file| file.name);
    names.map(Location::Embedded).collect()
}

fn files_in(folder: &Path, dataset: &'static Dataset) -> Vec<Option<PathBuf>> {
    let files = dataset.files.iter();
    files.map(|file| file_in(folder, file)).collect()
}

/// A file of a data set in a folder, plain or compressed.
pub(crate) fn file_in(folder: &Path, file: &DatasetFile) -> Option<PathBuf> {
    let names = file.accepted_names().into_iter();
    names.map(|name| folder.join(name)).find(|path| path.is_file())
}

fn place(folder: PathBuf, dataset: &'static Dataset, found: &[Option<PathBuf>]) -> Place {
    let missing = dataset.files.iter().zip(found);
    Place {
        folder,
        missing: missing
            .filter(|(_, path)| path.is_none())
            .map(|(file, _)| file.name)
            .collect(),
        n_files: dataset.files.len(),
    }
}
