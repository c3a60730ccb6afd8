//! What must hold after a command.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use vds_files::Shown as _;
use vds_records::files::{CHECKPOINTS, CONFIG, LOCK, SUMMARY, WEIGHTS};

use super::execute::Ended;
use super::outcomes::check_end;
use super::steps::{Call, DIRS, End};
use super::world::{Disk, Status, World, canonical, checkpoints};
use crate::sandbox::Entry;

/// What is known before a command.
pub(super) struct Before {
    /// The directory that the command writes, and its real folder.
    pub(super) target: Option<(usize, PathBuf, Status)>,
    /// The directory that the command reads.
    pub(super) source: Option<(usize, Status)>,
    /// Whether the command may replace a run.
    pub(super) overwrites: bool,
    pub(super) was_damaged: bool,
    pub(super) can_be_written: bool,
    pub(super) has_checkpoint: bool,
    /// Where it writes a page.
    pub(super) page: Option<PathBuf>,
}

impl World {
    /// Runs a command and says what does not hold after it.
    pub(super) fn run(&mut self, call: Call, end: End) -> Result<(), String> {
        let before = self.before(call);
        // A pruned network is known as soon as what it is pruned from is.
        let expected = self.expected(call, &before);
        let ended = self.execute(call, end);
        self.counts.commands += 1;
        self.counts.kills += usize::from(ended.signal.is_some());
        check_end(&ended, end)?;

        let old = std::mem::take(&mut self.disk);
        self.disk = self.sandbox.everything();
        let changed = changes(&old, &self.disk);
        let context = |problem: String| {
            format!(
                "{problem}\nexit code {:?}\n{}{}",
                ended.code, ended.stdout, ended.stderr
            )
        };
        self.check_places(call, &before, &ended, &changed).map_err(context)?;
        self.register(&changed).map_err(context)?;
        let targets: Vec<PathBuf> = match call {
            Call::SweepRun | Call::SweepPlan => (0..DIRS.len()).map(|dir| self.real(dir)).collect(),
            _ => before.target.iter().map(|(_, real, _)| real.clone()).collect(),
        };
        if !before.overwrites {
            targets
                .iter()
                .try_for_each(|real| self.check_losses(real, &old))
                .map_err(context)?;
        }
        self.check_code(call, &before, &ended).map_err(context)?;
        if ended.code == Some(0) {
            self.check_success(call, &before, expected, &ended).map_err(context)?;
        }
        Ok(())
    }

    fn before(&self, call: Call) -> Before {
        let (target, source, overwrites) = match call {
            Call::Train { out, overwrite, .. } => (Some(out), None, overwrite),
            Call::Resume(dir) => (Some(dir), Some(dir), false),
            Call::Prune {
                run, out, overwrite, ..
            } => (Some(out), Some(run), overwrite),
            Call::Evaluate(dir) | Call::Predict(dir) | Call::Report(dir, _) | Call::Verify(dir) => {
                (None, Some(dir), false)
            }
            Call::SweepPlan | Call::SweepRun | Call::SweepStatus | Call::DataList => (None, None, false),
        };
        Before {
            source: source.map(|dir| (dir, self.status(dir))),
            overwrites,
            was_damaged: target.is_some_and(|dir| self.damaged.contains(&self.real(dir))),
            can_be_written: target.is_none_or(|dir| self.can_be_written(dir)),
            has_checkpoint: target.is_some_and(|dir| !checkpoints(&self.path(dir)).is_empty()),
            target: target.map(|dir| (dir, self.real(dir), self.status(dir))),
            page: match call {
                Call::Report(_, page) => Some(self.page(page)),
                _ => None,
            },
        }
    }

    /// The run that a command must store, as far as it is known.
    fn expected(&mut self, call: Call, before: &Before) -> Option<usize> {
        match (call, &before.source) {
            (Call::Train { config, .. }, _) => Some(config),
            (Call::Prune { depth, .. }, Some((_, Status::Finished(Some(truth), _)))) => {
                self.library.pruned(*truth, depth)
            }
            (_, Some((_, Status::Finished(truth, _)))) => *truth,
            _ => None,
        }
    }

    /// Nothing outside of what the command is to write has changed.
    fn check_places(&self, call: Call, before: &Before, ended: &Ended, changed: &[PathBuf]) -> Result<(), String> {
        let home = self.sandbox.path("");
        let temporary = home.ancestors().nth(2).map(|top| top.join("tmp")).unwrap_or_default();
        let real = before.target.as_ref().map(|(dir, real, _)| (self.path(*dir), real));
        let is_finished = matches!(before.target, Some((_, _, Status::Finished(..))));
        for path in changed {
            let within = real
                .as_ref()
                .and_then(|(given, real)| path.strip_prefix(real).or(path.strip_prefix(given)).ok());
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let is_leftover = name.starts_with(".vds-") && name.ends_with(".partial");
            let is_allowed = match (call, within) {
                (Call::Resume(_), Some(within)) if is_finished => {
                    within == Path::new(LOCK) || within.starts_with(CHECKPOINTS) || is_leftover
                }
                (Call::Resume(_), Some(within)) if within == Path::new(CONFIG) => {
                    // It is written again if it was lost.
                    !matches!(before.target, Some((_, _, Status::Unfinished)))
                }
                // Who refuses leaves everything as it is; a folder in the place of a file is found late.
                (_, Some(within)) if ended.code == Some(2) && !before.was_damaged => within == Path::new(LOCK),
                (_, Some(_)) => true,
                // The folders above it are made with it.
                (_, None) if real.as_ref().is_some_and(|(given, _)| given.starts_with(path)) => true,
                (Call::SweepPlan | Call::SweepRun, None) => path.starts_with(home.join("s")),
                (Call::Report(..), None) => is_leftover || Some(path) == before.page.as_ref() && ended.code != Some(2),
                _ => false,
            };
            hold!(
                is_allowed || path.starts_with(&temporary),
                "{} has changed",
                path.shown()
            );
        }
        Ok(())
    }

    /// Remembers the checkpoints and summaries that a command has written; the latter must be those of an undisturbed run.
    fn register(&mut self, changed: &[PathBuf]) -> Result<(), String> {
        for path in changed {
            let Some(Entry::File(bytes)) = self.disk.get(path) else {
                continue;
            };
            let name = path.file_name().unwrap_or_default();
            if path.parent().is_some_and(|folder| folder.ends_with(CHECKPOINTS)) {
                self.checkpoints.insert(vds_files::digest(bytes));
            } else if name == SUMMARY {
                let truth = self.library.find(bytes);
                let text = canonical(bytes);
                let value: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
                let (Some(truth), Some(text)) = (truth, text) else {
                    return Err(format!("{} is not that of an undisturbed run", path.shown()));
                };
                let files = serde_json::from_value(value["files"].clone()).map_err(|error| error.to_string())?;
                self.summaries.insert(text, (truth, files));
            }
        }
        Ok(())
    }

    /// Neither weights nor checkpoints are lost, unless the run is finished.
    fn check_losses(&self, real: &Path, old: &Disk) -> Result<(), String> {
        let summary = |disk: &Disk| match disk.get(&real.join(SUMMARY)) {
            Some(Entry::File(bytes)) => {
                canonical(bytes).and_then(|text| self.summaries.get(&text).map(|known| known.0))
            }
            _ => None,
        };
        let is_finished = summary(&self.disk).is_some();
        let weights = |disk: &Disk| match disk.get(&real.join(WEIGHTS)) {
            Some(Entry::File(bytes)) => Some(vds_files::digest(bytes)),
            _ => None,
        };
        let had = weights(old);
        hold!(
            had.is_none() || had == weights(&self.disk) || is_finished,
            "{} has lost its weights",
            real.shown()
        );
        let newest = |disk: &Disk| {
            let folder = real.join(CHECKPOINTS);
            let files = disk
                .range(folder.clone()..)
                .take_while(|(path, _)| path.starts_with(&folder));
            let whole = files.filter(|(path, entry)| {
                let Entry::File(bytes) = entry else { return false };
                path.extension().is_some_and(|ending| ending == "safetensors")
                    && self.checkpoints.contains(&vds_files::digest(bytes))
            });
            whole.last().map(|(path, _)| path.clone())
        };
        let (had, has) = (newest(old), newest(&self.disk));
        hold!(
            has >= had || is_finished,
            "{} has lost a checkpoint: {had:?}, {has:?}",
            real.shown()
        );
        Ok(())
    }
}

fn changes(old: &Disk, new: &Disk) -> Vec<PathBuf> {
    let paths: BTreeSet<&PathBuf> = old.keys().chain(new.keys()).collect();
    let changed = paths.into_iter().filter(|&path| old.get(path) != new.get(path));
    changed.cloned().collect()
}
