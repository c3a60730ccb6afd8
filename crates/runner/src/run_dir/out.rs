//! The directory that a command writes.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use vds_checkpoint::CheckpointStore;
use vds_files::{Lock, Shown as _, reach};
use vds_records::files::{
    ALL, CHECKPOINTS, CONFIG, ENVIRONMENT, JOURNAL, MAX_LONG, METRICS, NON_FINITE, PREDICTIVE_GRID, SEALED, SUMMARY,
    TEST_EXAMPLES, WEIGHTS,
};
use vds_records::{Environment, PredictiveGrid, RunReader, Summary};

use super::atomic::write_atomically;
use super::lock::{check, lock, signature};
use super::logs::{Journal, MetricsLog};
use crate::config::Config;
use crate::error::{Error, OrInput as _};

/// A directory for one run, held by this process. Until [`Self::begin`] nothing but folders is made, and dropping it removes empty
/// ones again.
#[derive(Debug)]
pub(crate) struct RunDir {
    path: PathBuf,
    lock: Lock,
    /// Folders that were made for it, outermost first.
    made: Vec<PathBuf>,
    has_begun: bool,
}

impl RunDir {
    /// Makes the folder, or checks one that is there: it must be empty, or, with `overwrite`, hold a run.
    ///
    /// # Errors
    /// [`Error::Input`] if there is something else, the folder cannot be made or written, or another process is writing it.
    pub(crate) fn create(path: &Path, overwrite: bool) -> Result<Self, Error> {
        check_content(path, overwrite)?;
        let missing = path
            .ancestors()
            .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists());
        let mut made: Vec<PathBuf> = missing.map(Path::to_path_buf).collect();
        made.reverse();
        fs::create_dir_all(path).or_input(|| format!("making the folder {}", path.shown()))?;
        let run_dir = Self {
            path: path.to_path_buf(),
            lock: lock(path)?,
            made,
            has_begun: false,
        };
        // Another process may have begun a run before the lock was taken.
        check_content(path, overwrite)?;
        let probe = vds_files::temporary_file(path).or_input(|| format!("writing into {}", path.shown()))?;
        reach("folder-probed");
        drop(probe);
        Ok(run_dir)
    }

    /// Opens the folder of a run that is there.
    pub(crate) fn reopen(path: &Path) -> Result<Self, Error> {
        Ok(Self {
            path: path.to_path_buf(),
            lock: lock(path)?,
            made: Vec::new(),
            has_begun: false,
        })
    }

    /// The folder.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Fails if the folder is not the one that this process holds.
    pub(crate) fn check_held(&self) -> Result<(), Error> {
        check(&self.lock)
    }

    /// The checkpoints.
    pub(crate) fn checkpoints(&self) -> CheckpointStore {
        CheckpointStore::open(self.path.join(CHECKPOINTS))
    }

    /// Removes the files of an earlier run and writes what is known before the first step.
    pub(crate) fn begin(&mut self, config: &Config, environment: &Environment) -> Result<(), Error> {
        self.check_held()?;
        self.has_begun = true;
        self.lock.sign(&signature());
        // A process that is killed in between leaves a run that can begin again: not one that passes for finished, nor one that
        // resumes from a checkpoint without the files beside it. The environment, which says where a pruned network comes
        // from and which configuration it belongs to, is there before the configuration, which makes the folder a run.
        self.remove(SUMMARY)?;
        let removing = || format!("removing the checkpoints in {}", self.path.shown());
        self.checkpoints().remove().or_input(removing)?;
        ALL.into_iter()
            .filter(|name| *name != CONFIG)
            .try_for_each(|name| self.remove(name))?;
        self.write_json(ENVIRONMENT, environment)?;
        reach("environment-written");
        self.write_config(&config.to_ron())
    }

    /// Writes the configuration.
    pub(crate) fn write_config(&self, text: &str) -> Result<(), Error> {
        write_atomically(&self.path.join(CONFIG), text.as_bytes())
    }

    /// Opens the logs: the metrics with the lines so far, the journal with what it holds. What a killed process has left
    /// unfinished is removed.
    pub(crate) fn open_logs(&mut self, metrics: Vec<u8>) -> Result<(MetricsLog, Journal), Error> {
        self.check_held()?;
        self.has_begun = true;
        self.lock.sign(&signature());
        self.remove_leftovers()?;
        // Of a failure that this process may get past, on another machine for instance; if not, it writes it again.
        self.remove(NON_FINITE)?;
        let metrics = MetricsLog::with(&self.path.join(METRICS), metrics)?;
        Ok((metrics, Journal::open(&self.path.join(JOURNAL))?))
    }

    /// Removes the temporary files that killed processes have left.
    pub(crate) fn remove_leftovers(&self) -> Result<(), Error> {
        let leftovers = || format!("removing unfinished files in {}", self.path.shown());
        vds_files::remove_leftovers(&self.path).or_input(leftovers)?;
        self.checkpoints().remove_leftovers().or_input(leftovers)?;
        Ok(())
    }

    /// Writes the weights.
    pub(crate) fn write_weights(&self, bytes: &[u8]) -> Result<(), Error> {
        write_atomically(&self.path.join(WEIGHTS), bytes)
    }

    /// Writes the predictions on the grid.
    pub(crate) fn write_grid(&self, grid: &PredictiveGrid) -> Result<(), Error> {
        self.write(PREDICTIVE_GRID, serde_json::to_string(grid))
    }

    /// Writes the scores of single test examples.
    pub(crate) fn write_test_examples(&self, bytes: &[u8]) -> Result<(), Error> {
        write_atomically(&self.path.join(TEST_EXAMPLES), bytes)
    }

    /// Writes the summary with the digests of the other files, which makes the run a finished one.
    pub(crate) fn write_summary(&self, mut summary: Summary) -> Result<(), Error> {
        summary.files.clear();
        for name in SEALED {
            let path = self.path.join(name);
            match vds_files::read(&path, MAX_LONG) {
                Ok(bytes) => {
                    summary.files.insert(name.to_owned(), vds_files::digest(&bytes));
                }
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error).or_input(|| format!("reading {}", path.shown())),
            }
        }
        self.write_json(SUMMARY, &summary.sealed())
    }

    fn remove(&self, name: &str) -> Result<(), Error> {
        let path = self.path.join(name);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(error).or_input(|| format!("removing {}", path.shown()))
            }
            _ => Ok(()),
        }
    }

    /// Writes a value as indented JSON.
    pub(crate) fn write_json(&self, name: &str, value: &impl Serialize) -> Result<(), Error> {
        self.write(name, serde_json::to_string_pretty(value))
    }

    fn write(&self, name: &str, json: serde_json::Result<String>) -> Result<(), Error> {
        let path = self.path.join(name);
        let text = json.or_input(|| format!("writing {}", path.shown()))?;
        write_atomically(&path, format!("{text}\n").as_bytes())
    }
}

impl Drop for RunDir {
    fn drop(&mut self) {
        if self.has_begun {
            return;
        }
        self.lock.undo();
        for folder in self.made.iter().rev() {
            // Somebody else may have put something there since; then it stays.
            if fs::remove_dir(folder).is_err() {
                return;
            }
        }
    }
}

fn check_content(path: &Path, overwrite: bool) -> Result<(), Error> {
    let shown = path.shown();
    let looking = || format!("looking into the output folder {shown}");
    let entries = match fs::read_dir(path) {
        Ok(entries) => entries,
        Err(error) => {
            let blocking = path.ancestors().find(|folder| folder.symlink_metadata().is_ok());
            return match blocking.filter(|folder| !folder.is_dir()) {
                Some(blocking) => Err(Error::input_with_hint(
                    format!(
                        "the output folder {shown} cannot be made: {} is not a folder",
                        blocking.shown()
                    ),
                    "choose another --out",
                )),
                None if error.kind() == io::ErrorKind::NotFound => Ok(()),
                None => Err(error).or_input(looking),
            };
        }
    };
    let names: io::Result<Vec<_>> = entries.map(|entry| Ok(entry?.file_name())).collect();
    // A process that was killed before its run began leaves no more than these.
    let is_leftover = |name: &OsString| {
        name.to_string_lossy().starts_with(".vds-") || name == ENVIRONMENT && RunReader::new(path).environment().is_ok()
    };
    let is_empty = names.or_input(looking)?.iter().all(is_leftover);
    if is_empty || overwrite && path.join(CONFIG).exists() {
        return Ok(());
    }
    let replace = "choose another folder, or replace the run with --overwrite";
    if RunReader::new(path).is_finished() {
        Err(Error::input_with_hint(format!("{shown} holds a finished run"), replace))
    } else if path.join(CONFIG).exists() {
        Err(Error::input_with_hint(
            format!("{shown} holds an unfinished run"),
            format!(
                "continue it with `vds train --resume {}`, choose another folder, or replace it with --overwrite",
                path.quoted()
            ),
        ))
    } else {
        Err(Error::input_with_hint(
            format!("{shown} is not empty and does not hold a run"),
            "choose another folder",
        ))
    }
}
