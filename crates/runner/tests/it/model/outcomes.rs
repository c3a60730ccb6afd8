//! Exit codes, and what is printed or stored where a command succeeds.

use std::fs;
use std::path::Path;

use vds_records::files::{ALL, CONFIG, ENVIRONMENT, LOCK, METRICS, PREDICTIVE_GRID, SEALED, SUMMARY, WEIGHTS};

use super::checks::Before;
use super::execute::Ended;
use super::steps::{Call, End, Page};
use super::world::{Status, World};

impl World {
    /// The exit code is the one that the state of the directories calls for.
    pub(super) fn check_code(&self, call: Call, before: &Before, ended: &Ended) -> Result<(), String> {
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
                } else if !overwrite && is_run(status) {
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
                if !overwrite && is_run(target) || !source.is_some_and(|status| matches!(status, Status::Finished(..)))
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
    pub(super) fn check_success(
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
                self.counts.resumed += usize::from(matches!(before.source, Some((_, Status::Unfinished))));
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
pub(super) fn check_end(ended: &Ended, end: End) -> Result<(), String> {
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
