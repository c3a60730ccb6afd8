//! Cells that could not be trained, with their error: they are not trained again before somebody asks for it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use vds_records::{Cell, read};

use crate::error::{Result, at};

/// Why a cell could not be trained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// The cell, for people who look into the file.
    pub label: String,
    /// What its process printed last.
    pub error: String,
    /// Time of day.
    pub at: String,
}

impl Failure {
    /// Whether a cell has failed.
    pub fn is_of(folder: &Path, cell: &Cell) -> bool {
        path(folder, cell).exists()
    }

    /// The failure of a cell; `None` if it has not failed.
    ///
    /// # Errors
    /// If its file cannot be read.
    pub fn read(folder: &Path, cell: &Cell) -> Result<Option<Self>> {
        match Self::is_of(folder, cell) {
            true => Ok(Some(read::json(&path(folder, cell))?)),
            false => Ok(None),
        }
    }

    /// Keeps it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, folder: &Path, cell: &Cell) -> Result<()> {
        let path = path(folder, cell);
        let parent = vds_files::folder_of(&path);
        at(fs::create_dir_all(parent), "making the folder", parent)?;
        let text = serde_json::to_string_pretty(self).unwrap_or_default() + "\n";
        at(vds_files::write_atomically(&path, text.as_bytes()), "writing", &path)
    }

    /// Forgets that a cell has failed.
    ///
    /// # Errors
    /// If the file cannot be removed.
    pub fn forget(folder: &Path, cell: &Cell) -> Result<()> {
        let path = path(folder, cell);
        match fs::remove_file(&path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            removed => at(removed, "removing", &path),
        }
    }
}

fn path(folder: &Path, cell: &Cell) -> PathBuf {
    folder.join("failures").join(format!("{}.json", cell.id))
}
