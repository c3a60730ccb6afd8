//! One cell: how far it is, and the process that trains it.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use vds_files::Shown as _;
use vds_records::files::CONFIG;
use vds_records::{Cell, RunReader, Summary, read};

use crate::error::{self, ExitCode};
use crate::run_dir::is_in_use;
use crate::signals::{Interrupt, terminate};

/// Lines of a failed process's output that are shown.
const N_LINES_SHOWN: usize = 15;

/// How far a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// There is no run.
    New,
    /// There is a run that can be resumed.
    Begun,
    /// The run is finished.
    Finished,
    /// A process is training it.
    InUse,
    /// The run has another configuration: the plan was changed since.
    Changed,
}

impl State {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Begun => "begun",
            Self::Finished => "finished",
            Self::InUse => "in use",
            Self::Changed => "other configuration",
        }
    }
}

/// How far a cell is, in the folder of its sweep.
pub(super) fn state(folder: &Path, cell: &Cell) -> Result<State, vds_records::Error> {
    let run = folder.join(cell.run());
    if is_in_use(&run) {
        return Ok(State::InUse);
    }
    if !run.join(CONFIG).exists() {
        return Ok(State::New);
    }
    let [wanted, found] = [folder.join(cell.config()), run.join(CONFIG)].map(|path| read::config_text(&path));
    Ok(match (wanted? == found?, RunReader::new(&run).is_finished()) {
        (false, _) => State::Changed,
        (true, true) => State::Finished,
        (true, false) => State::Begun,
    })
}

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
}

/// What became of a cell.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It was finished before.
    Kept(Box<Summary>),
    /// It was trained.
    Trained(Box<Summary>),
    /// A signal came before it was finished.
    Interrupted,
    /// Another process is training it.
    InUse,
    /// It could not be trained.
    Failed(String),
}

impl Trainer<'_> {
    /// Trains a cell to its end with `n_threads` threads, unless it is finished.
    pub(super) fn train(&self, cell: &Cell, n_threads: usize) -> Outcome {
        let run = cell.run();
        let state = match state(self.folder, cell) {
            Ok(state) => state,
            Err(error) => return Outcome::Failed(error::text(&error.into())),
        };
        let mut arguments: Vec<OsString> = vec!["train".into()];
        match state {
            State::InUse => return Outcome::InUse,
            State::Finished => {
                return self.summary(cell).map_or_else(Outcome::Failed, Outcome::Kept);
            }
            State::Changed if !self.overwrite => {
                return Outcome::Failed(format!(
                    "{} has another configuration than the plan; --overwrite trains it again",
                    run.shown()
                ));
            }
            _ if self.interrupt.came() => return Outcome::Interrupted,
            State::Begun => arguments.extend(["--resume".into(), run.into_os_string()]),
            State::New | State::Changed => {
                arguments.push(cell.config().into_os_string());
                arguments.extend((state == State::Changed).then(|| "--overwrite".into()));
                arguments.extend(["--out".into(), run.into_os_string()]);
            }
        }
        arguments.extend(["--threads".into(), n_threads.to_string().into()]);
        if let Some(folder) = &self.data_dir {
            arguments.extend(["--data-dir".into(), folder.clone().into_os_string()]);
        }
        let is_new = state != State::Begun;
        let status = match self.process(cell, &arguments, is_new) {
            Ok(status) => status,
            Err(error) => return Outcome::Failed(format!("starting {}: {error}", self.program.shown())),
        };
        if status.success() {
            self.summary(cell).map_or_else(Outcome::Failed, Outcome::Trained)
        } else if status.code() == Some(i32::from(ExitCode::Interrupted.number())) {
            Outcome::Interrupted
        } else {
            let log = self.folder.join(cell.log());
            let printed = fs::read_to_string(&log).unwrap_or_default();
            Outcome::Failed(format!(
                "vds train ended with {status}; {} ends so:\n{}",
                log.shown(),
                last_lines(&printed)
            ))
        }
    }

    fn summary(&self, cell: &Cell) -> Result<Box<Summary>, String> {
        let summary = RunReader::new(&self.folder.join(cell.run())).summary();
        summary.map(Box::new).map_err(|error| error::text(&error.into()))
    }

    /// Runs `vds` with its output in the cell's log, which a resumed run extends, and passes a signal on.
    fn process(&self, cell: &Cell, arguments: &[OsString], is_new: bool) -> std::io::Result<ExitStatus> {
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
        let mut is_notified = false;
        loop {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            if self.interrupt.came() && !is_notified {
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
