//! In which state an unfinished run is, and whether training may resume from there without anything being lost.
//!
//! docs/RUN_STATES.md has the table of states.

use std::path::Path;

use anyhow::Result;
use vds_files::Shown as _;
use vds_records::RunReader;
use vds_records::files::{CONFIG, ENVIRONMENT, SUMMARY, WEIGHTS};

use super::resume::SavedRun;
use crate::error::{Error, text_of};
use crate::output;
use crate::run_dir::{RunDir, StoredRun};

/// What is to be done about the environment of a run that resumes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Environment {
    /// It is there.
    Kept,
    /// It is lost; the checkpoint shows that the run was one of training, so it can be written again.
    Lost,
}

/// Refuses to train in a run directory whose content says that it is not one of training, or that would be lost.
pub(super) fn check(run: &StoredRun, run_dir: &RunDir) -> Result<Environment> {
    let refuse = |message: String| Error::input_with_hint(message, from_scratch(run.path())).into();
    let has_checkpoint = !run_dir.checkpoints().is_empty()?;
    let records = run.records();
    let environment = match records.environment() {
        Ok(environment) => environment,
        Err(error) if has_checkpoint => {
            let error = text_of(&error);
            output::warn(&format!("{error}; it is written again"));
            return Ok(Environment::Lost);
        }
        Err(error) => {
            let message = format!(
                "{} cannot be resumed: it has no checkpoint, and {} does not say what it is ({})",
                run.path().shown(),
                ENVIRONMENT,
                text_of(&error)
            );
            return Err(refuse(message));
        }
    };
    if let Some(parent) = environment.pruned_from {
        let (shown, quoted, parent) = (run.path().shown(), run.path().quoted(), parent.run);
        return Err(Error::input_with_hint(
            format!(
                "{shown} is not a run of `vds train`: `vds prune` was pruning it from {}",
                parent.shown()
            ),
            format!(
                "prune again with `vds prune {} --out {quoted} --overwrite`",
                parent.quoted()
            ),
        )
        .into());
    }
    if has_checkpoint {
        return Ok(Environment::Kept);
    }
    let text = records.config_text()?;
    if environment
        .config_sha256
        .is_some_and(|digest| digest != vds_files::digest(text.as_bytes()))
    {
        let message = format!(
            "{} was being overwritten when its process ended: {CONFIG} is not the configuration that {ENVIRONMENT} is for",
            run.path().shown()
        );
        return Err(refuse(message));
    }
    if run.path().join(WEIGHTS).symlink_metadata().is_ok() {
        let message = format!(
            "{} holds trained weights, but neither {SUMMARY} nor a checkpoint: to resume it would train them again from \
             scratch",
            run.path().shown()
        );
        return Err(refuse(message));
    }
    warn_of_lost_epochs(records);
    Ok(Environment::Kept)
}

/// A run that was killed before its first checkpoint begins again.
fn warn_of_lost_epochs(records: &RunReader) {
    let n_epochs = records.epochs().map_or(0, |epochs| epochs.len());
    if n_epochs > 0 {
        let run = records.path().shown();
        output::warn(&format!(
            "{run} has no checkpoint: it begins again, and {n_epochs} epochs are trained a second time"
        ));
    }
}

/// Writes the configuration again from the newest checkpoint, if it is lost and there is one.
pub(super) fn rescue_config(folder: &Path) -> Result<()> {
    let path = folder.join(CONFIG);
    if path.symlink_metadata().is_ok() || RunReader::new(folder).is_finished() {
        return Ok(());
    }
    let checkpoints = vds_checkpoint::CheckpointStore::open(folder.join(vds_records::files::CHECKPOINTS));
    if checkpoints.is_empty()? {
        return Ok(());
    }
    let run_dir = RunDir::reopen(folder)?;
    if let Some(saved) = SavedRun::newest(&run_dir)? {
        run_dir.write_config(&saved.config_text())?;
        output::warn(&format!(
            "{} was missing; it is written again from {}",
            path.shown(),
            saved.path().shown()
        ));
    }
    Ok(())
}

fn from_scratch(run: &Path) -> String {
    format!(
        "train it from scratch with `vds train {} --out {} --overwrite`",
        run.join(CONFIG).quoted(),
        run.quoted()
    )
}
