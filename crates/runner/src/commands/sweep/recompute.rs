//! `vds sweep run --recompute`: stored cells are trained again and compared.

use std::fs;
use std::path::Path;

use anyhow::Result;
use vds_files::Shown as _;
use vds_records::{Cell, ThreadSharing};

use super::cell::{Outcome, Trainer};
use super::store::{compare, sample};
use crate::clock::utc_now;
use crate::error::{ExitCode, OrInput as _};
use crate::output;

/// Folder of the runs, a sweep of its own in that of the sweep.
const RECOMPUTED: &str = "recomputed";

/// Trains `n` cells again, one after another, and prints what is not reproduced.
pub(super) fn recompute(
    trainer: &Trainer<'_>,
    cells: &[&Cell],
    results: &Path,
    n: usize,
    n_threads: usize,
) -> Result<ExitCode> {
    let chosen = sample(cells, results, n, &utc_now())?;
    let folder = trainer.folder.join(RECOMPUTED);
    for cell in &chosen {
        let config = folder.join(cell.config());
        let cells = vds_files::folder_of(&config);
        fs::create_dir_all(cells).or_input(|| format!("making the folder {}", cells.shown()))?;
        let run = folder.join(cell.run());
        if run.exists() {
            fs::remove_dir_all(&run).or_input(|| format!("removing {}", run.shown()))?;
        }
        fs::copy(trainer.folder.join(cell.config()), &config).or_input(|| format!("writing {}", config.shown()))?;
    }
    let elsewhere = trainer.in_folder(&folder);
    let mut code = ExitCode::Success;
    for cell in chosen {
        let n_threads = match cell.threads {
            ThreadSharing::OnePerCell => 1,
            ThreadSharing::AllForOneCell => n_threads,
        };
        let label = cell.label();
        let lines = match elsewhere.train(cell, n_threads) {
            Outcome::Trained(_) => compare(cell, &folder.join(cell.run()), results)?,
            Outcome::Interrupted => return Ok(ExitCode::Interrupted),
            Outcome::Failed(reason) | Outcome::FailedBefore(reason) => vec![reason],
            Outcome::Kept(_) | Outcome::InUse => vec!["another process trains it again".to_owned()],
        };
        if !lines.is_empty() {
            code = ExitCode::Failure;
        }
        output::print(|out| match lines.is_empty() {
            true => writeln!(out, "{}: reproduced", label.shown()),
            false => writeln!(out, "{}: NOT reproduced\n    {}", label.shown(), lines.join("\n    ")),
        })?;
    }
    Ok(code)
}
