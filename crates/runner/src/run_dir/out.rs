//! The directory that a command writes.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::atomic::without_temporary_name;
use super::{CONFIG, ENVIRONMENT, FILES, METRICS, MetricsLog, PLANE, SUMMARY, WEIGHTS, write_atomically};
use crate::config::Config;
use crate::error::{Error, OrInput as _};
use crate::record::{Plane, Summary};
use crate::run_dir::Environment;

/// A directory for one run. Until [`Self::begin`] nothing but folders is made, and dropping it takes empty ones away again.
#[derive(Debug)]
pub struct RunDir {
    path: PathBuf,
    /// Folders that were made for it, outermost first.
    made: Vec<PathBuf>,
    has_begun: bool,
}

impl RunDir {
    /// Makes the folder, or checks one that is there: it must be empty, or, with `overwrite`, hold a run.
    ///
    /// # Errors
    /// [`Error::Input`] if there is something else, or the folder cannot be made or written.
    pub fn create(path: &Path, overwrite: bool) -> Result<Self, Error> {
        check_content(path, overwrite)?;
        let missing = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut made: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        made.reverse();
        let run_dir = Self {
            path: path.to_path_buf(),
            made,
            has_begun: false,
        };
        fs::create_dir_all(path).or_input(|| format!("making the folder {}", path.display()))?;
        let probe = tempfile::Builder::new().prefix(".vds-").tempfile_in(path);
        probe
            .map_err(without_temporary_name)
            .or_input(|| format!("writing into {}", path.display()))?;
        Ok(run_dir)
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the files of an earlier run away and writes what is known before the first step.
    ///
    /// # Errors
    /// [`Error::Input`] if a file cannot be written or removed.
    pub fn begin(&mut self, config: &Config, environment: &Environment) -> Result<MetricsLog, Error> {
        self.has_begun = true;
        for name in FILES {
            let path = self.path.join(name);
            match fs::remove_file(&path) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(error).or_input(|| format!("removing {}", path.display()));
                }
                _ => {}
            }
        }
        write_atomically(&self.path.join(CONFIG), config.to_ron().as_bytes())?;
        self.write_json(ENVIRONMENT, environment)?;
        MetricsLog::create(&self.path.join(METRICS))
    }

    /// Writes the weights.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be written.
    pub fn write_weights(&self, bytes: &[u8]) -> Result<(), Error> {
        write_atomically(&self.weights_path(), bytes)
    }

    /// Where the weights are written.
    pub fn weights_path(&self) -> PathBuf {
        self.path.join(WEIGHTS)
    }

    /// Writes the predictive over the plane.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be written.
    pub fn write_plane(&self, plane: &Plane) -> Result<(), Error> {
        let path = self.path.join(PLANE);
        let text = serde_json::to_string(plane).or_input(|| format!("writing {}", path.display()))?;
        write_atomically(&path, format!("{text}\n").as_bytes())
    }

    /// Writes the summary, which makes the run a finished one.
    ///
    /// # Errors
    /// [`Error::Input`] if the file cannot be written.
    pub fn write_summary(&self, summary: &Summary) -> Result<(), Error> {
        self.write_json(SUMMARY, summary)
    }

    fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), Error> {
        let path = self.path.join(name);
        let text = serde_json::to_string_pretty(value).or_input(|| format!("writing {}", path.display()))?;
        write_atomically(&path, format!("{text}\n").as_bytes())
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if self.has_begun {
            return;
        }
        for folder in self.made.iter().rev() {
            // Somebody else may have put something there since; then it stays.
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

fn check_content(path: &Path, overwrite: bool) -> Result<(), Error> {
    let shown = path.display();
    let mut entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            let blocking = path.ancestors().find(|folder| folder.symlink_metadata().is_ok());
            return match blocking.filter(|folder| !folder.is_dir()) {
                Some(blocking) => Err(Error::input_with_hint(
                    format!(
                        "the output folder {shown} cannot be made: {} is no folder",
                        blocking.display()
                    ),
                    "choose another --out",
                )),
                None if error.kind() == io::ErrorKind::NotFound => Ok(()),
                None => Err(error).or_input(|| format!("looking into the output folder {shown}")),
            };
        }
    };
    if entries.next().is_none() || overwrite && path.join(CONFIG).exists() {
        return Ok(());
    }
    let hint = "choose another folder, or replace the run with --overwrite";
    if path.join(SUMMARY).exists() {
        let state = if is_interrupted(path) {
            "an interrupted"
        } else {
            "a finished"
        };
        Err(Error::input_with_hint(format!("{shown} holds {state} run"), hint))
    } else if path.join(CONFIG).exists() {
        Err(Error::input_with_hint(format!("{shown} holds an unfinished run"), hint))
    } else {
        Err(Error::input_with_hint(
            format!("{shown} is not empty and holds no run"),
            "choose another folder",
        ))
    }
}

/// Whether the summary says that the run was interrupted; one that cannot be read says nothing.
fn is_interrupted(path: &Path) -> bool {
    let text = fs::read_to_string(path.join(SUMMARY)).unwrap_or_default();
    serde_json::from_str::<serde_json::Value>(&text).is_ok_and(|summary| summary["stopped_by"] == "interrupted")
}
