//! What must hold after a command.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use vds_records::files::{
    ALL, CHECKPOINTS, CONFIG, ENVIRONMENT, LOCK, METRICS, PREDICTIVE_GRID, SEALED, SUMMARY, WEIGHTS,
};

use super::steps::{Call, DIRS, End, Page};
use super::world::{Disk, Ended, Status, World, canonical, checkpoints};
use crate::sandbox::Entry;

/// Fails with a message unless something holds.
macro_rules! hold {
    ($holds:expr, $($message:tt)+) => {
        if !$holds {
            return Err(format!($($message)+));
        }
    };
}

/// What is known before a command.
struct Before {
    /// The directory that the command writes, and its real folder.
    target: Option<(usize, PathBuf, Status)>,
    /// The directory that the command reads.
    source: Option<(usize, Status)>,
    /// Whether the command may replace a run.
    overwrites: bool,
    was_damaged: bool,
    can_be_written: bool,
    has_checkpoint: bool,
    /// Where it writes a page.
    page: Option<PathBuf>,
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
                    within == Path::new(LOCK) || within.starts_with(CHECKPOINTS)
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
                path.to_string_lossy()
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
                    return Err(format!("{} is not that of an undisturbed run", path.to_string_lossy()));
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
            real.to_string_lossy()
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
            real.to_string_lossy()
        );
        Ok(())
    }

    /// The exit code is the one that the state of the directories calls for.
    fn check_code(&self, call: Call, before: &Before, ended: &Ended) -> Result<(), String> {
        let Some(code) = ended.code else { return Ok(()) };
        let is_free = |status: &Status| matches!(status, Status::Absent | Status::Empty);
        let is_run = |status: &Status| matches!(status, Status::Unfinished | Status::Finished(..));
        match call {
            Call::Train { overwrite, .. } => {
                let Some((_, _, status)) = &before.target else {
                    return Ok(());
                };
                if is_free(status) && before.can_be_written || overwrite && is_run(status) && !before.was_damaged {
                    hold!(code == 0, "it should train");
                } else if !overwrite && !is_free(status) {
                    hold!(code == 2, "it should refuse to replace what is there");
                }
            }
            Call::Resume(_) => match &before.source {
                Some((_, Status::Finished(_, wrong))) => {
                    if wrong.is_empty() && before.can_be_written {
                        hold!(code == 0, "it should find the run finished");
                    } else if before.can_be_written {
                        check_refusal(ended, wrong)?;
                    } else if !wrong.is_empty() {
                        hold!(code == 2, "it should refuse {wrong:?}");
                    }
                }
                Some((_, Status::Unfinished)) if !before.was_damaged && before.has_checkpoint => {
                    hold!(code == 0, "it should resume");
                }
                Some((_, Status::Absent | Status::Empty)) => hold!(code == 2, "there is nothing to resume"),
                _ => {}
            },
            Call::Prune { depth, overwrite, .. } => {
                let Some((_, _, target)) = &before.target else {
                    return Ok(());
                };
                let source = before.source.as_ref().map(|(_, status)| status);
                self.check_source(&[CONFIG, ENVIRONMENT, SUMMARY, WEIGHTS], before, ended, |truth| {
                    is_free(target)
                        && before.can_be_written
                        && truth.is_some_and(|truth| self.library.has_depth(truth, depth))
                })?;
                if !overwrite && !is_free(target)
                    || !source.is_some_and(|status| matches!(status, Status::Finished(..)))
                {
                    hold!(code == 2, "it should refuse");
                }
            }
            Call::Evaluate(_) => {
                self.check_source(&[CONFIG, ENVIRONMENT, SUMMARY, WEIGHTS], before, ended, |_| true)?;
            }
            Call::Predict(_) => self.check_source(&[CONFIG, SUMMARY, WEIGHTS], before, ended, |_| true)?,
            Call::Report(_, page) => {
                let used = [CONFIG, ENVIRONMENT, METRICS, PREDICTIVE_GRID, SUMMARY];
                let is_new = before.page.as_deref() == Some(&self.sandbox.path("page.html"));
                hold!(is_new || code == 2, "it should refuse to write {page:?}");
                if is_new {
                    self.check_source(&used, before, ended, |_| matches!(page, Page::New))?;
                }
            }
            Call::Verify(_) => self.check_source(&SEALED_AND_SUMMARY, before, ended, |_| true)?,
            Call::SweepPlan | Call::SweepRun | Call::SweepStatus => {}
            Call::DataList => hold!(code == 0, "it should list the data sets"),
        }
        Ok(())
    }

    /// A command that reads a run refuses it by name if a file that it uses is wrong, and else succeeds if it can.
    fn check_source(
        &self,
        used: &[&str],
        before: &Before,
        ended: &Ended,
        can_succeed: impl Fn(Option<usize>) -> bool,
    ) -> Result<(), String> {
        match &before.source {
            Some((_, Status::Finished(truth, wrong))) => {
                let all: &[&str] = wrong;
                let wrong: Vec<&str> = wrong.iter().copied().filter(|name| used.contains(name)).collect();
                match truth {
                    _ if !wrong.is_empty() && !can_succeed(*truth) => {
                        hold!(ended.code == Some(2), "it should refuse {wrong:?}");
                        Ok(())
                    }
                    _ if !wrong.is_empty() => check_refusal(ended, &wrong),
                    // It may look at more than it uses.
                    Some(_) if can_succeed(*truth) && ended.code == Some(2) => check_refusal(ended, all),
                    Some(_) if can_succeed(*truth) => {
                        hold!(ended.code == Some(0), "all files that it uses are whole");
                        Ok(())
                    }
                    _ => Ok(()),
                }
            }
            _ => {
                hold!(ended.code == Some(2), "there is no finished run");
                Ok(())
            }
        }
    }

    /// What was printed or stored is what an undisturbed run prints or stores.
    fn check_success(
        &mut self,
        call: Call,
        before: &Before,
        expected: Option<usize>,
        ended: &Ended,
    ) -> Result<(), String> {
        let truth = expected.map(|truth| self.library.get(truth));
        match call {
            Call::Evaluate(_) => hold!(truth.is_some_and(|truth| truth.scores == ended.stdout), "other scores"),
            Call::Predict(_) => hold!(
                truth.is_some_and(|truth| truth.predictions == ended.stdout),
                "other predictions"
            ),
            Call::Train { .. } | Call::Resume(_) | Call::Prune { .. } => {
                let Some((dir, _, _)) = before.target else {
                    return Ok(());
                };
                let status = self.status(dir);
                let is_whole = match &status {
                    Status::Finished(Some(truth), wrong) => {
                        wrong.is_empty() && expected.is_none_or(|expected| expected == *truth)
                    }
                    _ => false,
                };
                hold!(is_whole, "it is not the run that it should be: {status:?}");
                // What a command has written whole is whole.
                let real = self.real(dir);
                if !before.was_damaged {
                    check_names(&real, |name| name == LOCK || ALL.contains(&name))?;
                }
                if !matches!(before.target, Some((_, _, Status::Finished(..)))) || before.overwrites {
                    self.damaged.remove(&real);
                }
            }
            Call::Report(..) => check_names(&self.sandbox.path(""), |name| !name.ends_with(".partial"))?,
            _ => {}
        }
        Ok(())
    }
}

const SEALED_AND_SUMMARY: [&str; 6] = [SEALED[0], SEALED[1], SEALED[2], SEALED[3], SEALED[4], SUMMARY];

/// How a process ended, and what it wrote to the terminal.
fn check_end(ended: &Ended, end: End) -> Result<(), String> {
    let Ended {
        code,
        signal,
        stdout,
        stderr,
        hung,
    } = ended;
    hold!(!hung, "it does not end");
    let is_expected = matches!(
        (code, signal, end),
        (Some(0 | 1 | 2 | 75), None, _) | (None, Some(9), End::Killed(_)) | (None, Some(6), End::Fault(..))
    );
    hold!(is_expected, "exit code {code:?}, signal {signal:?}\n{stdout}{stderr}");
    for text in [stdout, stderr] {
        let is_panic = text.contains("panicked") || text.contains("RUST_BACKTRACE");
        hold!(!is_panic, "a panic:\n{stdout}{stderr}");
        let control = text.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t'));
        hold!(control.is_none(), "a control character: {control:?}\n{stdout}{stderr}");
    }
    Ok(())
}

fn check_refusal(ended: &Ended, wrong: &[&str]) -> Result<(), String> {
    hold!(
        ended.code == Some(2) && !wrong.is_empty(),
        "it should refuse only {wrong:?}"
    );
    let is_named = wrong
        .iter()
        .any(|name| ended.stdout.contains(name) || ended.stderr.contains(name));
    hold!(is_named, "it should name {wrong:?}");
    Ok(())
}

/// Nothing else is left in a folder.
fn check_names(folder: &Path, is_expected: impl Fn(&str) -> bool) -> Result<(), String> {
    for entry in fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        hold!(is_expected(&name), "{name} is left");
    }
    Ok(())
}

fn changes(old: &Disk, new: &Disk) -> Vec<PathBuf> {
    let paths: BTreeSet<&PathBuf> = old.keys().chain(new.keys()).collect();
    let changed = paths.into_iter().filter(|&path| old.get(path) != new.get(path));
    changed.cloned().collect()
}
