//! `vds sweep store`, and training cells again whose results are stored.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::{Cell, RunReader, Sweep, files, read};
use vds_sweeps::StoredCell;

use crate::error::ExitCode;
use crate::output;

/// Differences that are shown of a cell.
const MAX_SHOWN: usize = 10;

/// Keep compact records of the finished cells, from which `vds sweep run --results` takes cells instead of training them
#[derive(Clone, Debug, Args)]
pub(crate) struct Store {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    /// Folder of the records, a file per cell; those that are there stay
    #[arg(long, value_name = "DIR")]
    results: PathBuf,
}

impl Store {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let mut n_new = 0;
        for cell in sweep.in_plan_order() {
            let run = RunReader::new(&self.sweep.join(cell.run()));
            let is_trained_here = run.is_finished() && !run.path().join(files::STORED).exists();
            if is_trained_here && StoredCell::read(&self.results, &cell.id)?.is_none() {
                StoredCell::of_run(cell, &run)?.write(&self.results)?;
                n_new += 1;
            }
        }
        output::print_stored("records", &self.results, |out| {
            writeln!(out, "{n_new} records added to {}", self.results.shown())
        })?;
        Ok(ExitCode::Success)
    }
}

/// Makes the run directory of a cell from its stored record; false if there is none.
///
/// # Errors
/// If the record cannot be read or the run directory cannot be written.
pub(super) fn restore(folder: &Path, cell: &Cell, results: &Path) -> Result<bool> {
    let Some(stored) = StoredCell::read(results, &cell.id)? else {
        return Ok(false);
    };
    let config = read::config_text(&folder.join(cell.config()))?;
    stored.restore(&folder.join(cell.run()), &config)?;
    Ok(true)
}

/// `n` cells of a sweep with a stored record, chosen by `seed`.
pub(super) fn sample<'a>(cells: &[&'a Cell], results: &Path, n: usize, seed: &str) -> Result<Vec<&'a Cell>> {
    let mut stored = Vec::new();
    for cell in cells {
        if StoredCell::read(results, &cell.id)?.is_some() {
            stored.push(*cell);
        }
    }
    stored.sort_by_key(|cell| vds_files::digest(format!("{seed} {}", cell.id).as_bytes()));
    stored.truncate(n);
    Ok(stored)
}

/// What training a cell again does not reproduce of its stored record, for people; empty if all is reproduced.
pub(super) fn compare(cell: &Cell, run: &Path, results: &Path) -> Result<Vec<String>> {
    let Some(stored) = StoredCell::read(results, &cell.id)? else {
        return Ok(Vec::new());
    };
    let again = StoredCell::of_run(cell, &RunReader::new(run))?;
    let differences = stored.differences(&again).into_iter().take(MAX_SHOWN);
    Ok(differences
        .map(|one| format!("{}: stored {}, now {}", one.name, one.recorded, one.now))
        .collect())
}
