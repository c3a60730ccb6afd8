//! The process that trains a cell.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use vds_files::Shown as _;
use vds_records::{Cell, RunReader, Summary};
use vds_sweeps::{Failure, Here, Lease, RENEWAL, State, is_locked, state};

use super::store::restore;
use crate::clock::{Stopwatch, utc_now};
use crate::error::{self, ExitCode};
use crate::signals::{Interrupt, terminate};

/// Lines of a failed process's output that are shown.
const N_LINES_SHOWN: usize = 15;

/// How a cell is trained: what all cells of a call share.
#[derive(Debug)]
pub(super) struct Trainer<'a> {
    /// The folder of the sweep; processes start in it, so that no record holds its path.
    pub(super) folder: &'a Path,
    /// This program.
    pub(super) program: PathBuf,
    pub(super) data_dir: Option<PathBuf>,
    pub(super) interrupt: &'a Interrupt,
    /// Whether runs with another configuration are replaced.
    pub(super) overwrite: bool,
    pub(super) here: Here,
    /// Compact records from which cells are taken.
    pub(super) results: Option<PathBuf>,
    /// Since the command began.
    pub(super) stopwatch: Stopwatch,
    /// Time after which cells save their state and end.
    pub(super) time_limit: Option<Duration>,
}

/// What became of a cell.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was finished before.
    Kept(Box<Summary>),
    /// It was trained.
    Trained(Box<Summary>),
    /// A signal came, or the time was up, before it was finished.
    Interrupted,
    /// Another process is training it.
    InUse,
    /// It could not be trained.
    Failed(String),
    /// It could not be trained before.
    FailedBefore(String),
}

impl<'a> Trainer<'a> {
    /// The trainer for another folder, which takes nothing from stored results and tries what failed there before.
    pub(super) fn in_folder(&self, folder: &'a Path) -> Self {
        Self {
            folder,
            program: self.program.clone(),
            data_dir: self.data_dir.clone(),
            interrupt: self.interrupt,
            overwrite: self.overwrite,
            here: self.here.clone(),
            results: None,
            stopwatch: self.stopwatch,
            time_limit: None,
        }
    }

    /// Trains a cell to its end with `n_threads` threads, unless it is finished, another process trains it, or it failed before.
    pub(super) fn train(&self, cell: &Cell, n_threads: usize) -> Outcome {
        if let Some(outcome) = self.without_training(cell) {
            return outcome;
        }
        let mut lease = match Lease::take(self.folder, &cell.id, &self.here) {
            Ok(Some(lease)) => lease,
            Ok(None) => return Outcome::InUse,
            Err(error) => return Outcome::Failed(error::text(&error.into())),
        };
        // Another process may have finished it before it gave the lease back.
        if let Some(outcome) = self.without_training(cell) {
            return outcome;
        }
        let stored = self.results.as_ref().map(|results| restore(self.folder, cell, results));
        match stored.transpose() {
            Ok(Some(true)) => return self.summary(cell).map_or_else(Outcome::Failed, Outcome::Kept),
            Ok(None | Some(false)) => {}
            Err(error) => return Outcome::Failed(error::text(&error)),
        }
        let outcome = self.train_leased(cell, n_threads, &mut lease);
        if let Outcome::Failed(reason) = &outcome {
            let failure = Failure {
                label: cell.label(),
                error: reason.clone(),
                at: utc_now(),
            };
            if let Err(error) = failure.write(self.folder, cell) {
                return Outcome::Failed(format!("{reason}\n    {}", error::text(&error.into())));
            }
        }
        outcome
    }

    /// What is known of a cell without training it; `None` if it is to be trained.
    fn without_training(&self, cell: &Cell) -> Option<Outcome> {
        let state = match state(self.folder, cell, &self.here) {
            Ok(state) => state,
            Err(error) => return Some(Outcome::Failed(error::text(&error.into()))),
        };
        match state {
            State::InUse => Some(Outcome::InUse),
            State::Finished => Some(self.summary(cell).map_or_else(Outcome::Failed, Outcome::Kept)),
            State::Changed if !self.overwrite => Some(Outcome::Failed(format!(
                "{} has another configuration than the plan; --overwrite trains it again",
                cell.run().shown()
            ))),
            State::Failed => {
                let failure = Failure::read(self.folder, cell);
                let reason = failure.ok().flatten().map_or_else(String::new, |failure| failure.error);
                Some(Outcome::FailedBefore(reason))
            }
            _ if self.is_to_stop() => Some(Outcome::Interrupted),
            State::New | State::Begun | State::Changed => None,
        }
    }

    /// Whether a signal came or the time is up.
    fn is_to_stop(&self) -> bool {
        let is_over = |limit: Duration| self.stopwatch.seconds() >= limit.as_secs_f64();
        self.interrupt.came() || self.time_limit.is_some_and(is_over)
    }

    fn train_leased(&self, cell: &Cell, n_threads: usize, lease: &mut Lease) -> Outcome {
        let run = cell.run();
        let mut arguments: Vec<OsString> = vec!["train".into()];
        let is_begun = matches!(state(self.folder, cell, &self.here), Ok(State::Begun));
        if is_begun {
            arguments.extend(["--resume".into(), run.clone().into_os_string()]);
        } else {
            arguments.push(cell.config().into_os_string());
            arguments.extend(self.overwrite.then(|| "--overwrite".into()));
            arguments.extend(["--out".into(), run.clone().into_os_string()]);
        }
        arguments.extend(["--threads".into(), n_threads.to_string().into()]);
        if let Some(folder) = &self.data_dir {
            arguments.extend(["--data-dir".into(), folder.clone().into_os_string()]);
        }
        let status = match self.process(cell, &arguments, !is_begun, lease) {
            Ok(status) => status,
            Err(error) => return Outcome::Failed(format!("starting {}: {error}", self.program.shown())),
        };
        if status.success() {
            return self.summary(cell).map_or_else(Outcome::Failed, Outcome::Trained);
        }
        if status.code() == Some(i32::from(ExitCode::Interrupted.number())) {
            return match self.is_to_stop() {
                true => Outcome::Interrupted,
                // The lease was lost.
                false => Outcome::InUse,
            };
        }
        if is_locked(&self.folder.join(&run)) {
            // Somebody trains it without a lease, by `vds train` for instance.
            return Outcome::InUse;
        }
        let log = self.folder.join(cell.log());
        let printed = fs::read_to_string(&log).unwrap_or_default();
        Outcome::Failed(format!(
            "vds train ended with {status}; {} ends so:\n{}",
            log.shown(),
            last_lines(&printed)
        ))
    }

    fn summary(&self, cell: &Cell) -> Result<Box<Summary>, String> {
        let summary = RunReader::new(&self.folder.join(cell.run())).summary();
        summary.map(Box::new).map_err(|error| error::text(&error.into()))
    }

    /// Runs `vds` with its output in the cell's log, which a resumed run extends, passes a signal on, and renews the lease.
    fn process(
        &self,
        cell: &Cell,
        arguments: &[OsString],
        is_new: bool,
        lease: &mut Lease,
    ) -> std::io::Result<ExitStatus> {
        let path = self.folder.join(cell.log());
        fs::create_dir_all(path.parent().unwrap_or(self.folder))?;
        let mut options = File::options();
        options.create(true);
        match is_new {
            true => options.write(true).truncate(true),
            false => options.append(true),
        };
        let log = options.open(&path)?;
        let mut command = Command::new(&self.program);
        command.current_dir(self.folder).args(arguments);
        command.stdin(Stdio::null()).stdout(log.try_clone()?).stderr(log);
        if let Some(folder) = std::env::var_os("VDS_DATA_DIR").filter(|folder| !folder.is_empty()) {
            // The process starts in another folder.
            command.env("VDS_DATA_DIR", std::path::absolute(folder)?);
        }
        let mut child = command.spawn()?;
        let (mut is_notified, mut is_held) = (false, true);
        let mut renewed = Stopwatch::start();
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if renewed.seconds() >= RENEWAL.as_secs_f64() {
                // A file server that is away for a moment takes no lease.
                is_held = lease.renew(&utc_now()).unwrap_or(true);
                renewed = Stopwatch::start();
            }
            if (!is_held || self.is_to_stop()) && !is_notified {
                // Whoever sent the signal may have sent it to this process alone.
                terminate(&child);
                is_notified = true;
            }
            thread::sleep(Duration::from_millis(20));
        }
    }
}

fn last_lines(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let first = lines.len().saturating_sub(N_LINES_SHOWN);
    lines[first..]
        .iter()
        .map(|line| format!("    {}\n", line.shown()))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweep_shows_only_the_end_of_a_long_output() {
        let text: String = (0..20).map(|number| format!("{number}\n")).collect();
        let shown = last_lines(&text);
        assert_eq!((shown.lines().count(), shown.lines().next()), (15, Some("    5")));
    }
}
