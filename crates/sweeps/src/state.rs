//! How far a cell is.

use std::path::Path;

use vds_files::Lock;
use vds_records::files::{CONFIG, LOCK, METRICS};
use vds_records::{Cell, RunReader, read};

use crate::error::Result;
use crate::failure::Failure;
use crate::lease::{self, Here};

/// How far a cell is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// There is no run.
    New,
    /// There is a run that can be resumed.
    Begun,
    /// The run is finished.
    Finished,
    /// A process is training it.
    InUse,
    /// It could not be trained, and nobody has asked for it since.
    Failed,
    /// The run has another configuration: the plan was changed since.
    Changed,
}

impl State {
    /// All, in the order of lists.
    pub const ALL: [Self; 6] = [
        Self::Finished,
        Self::InUse,
        Self::Begun,
        Self::New,
        Self::Failed,
        Self::Changed,
    ];

    /// The name as text shows it.
    pub fn name(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Begun => "begun",
            Self::Finished => "finished",
            Self::InUse => "in use",
            Self::Failed => "failed",
            Self::Changed => "other configuration",
        }
    }

    /// Whether a process that is started for it has something to do.
    pub fn is_to_do(self) -> bool {
        matches!(self, Self::New | Self::Begun)
    }
}

/// How far a cell is, in the folder of its sweep. The summary in its run directory, which is given its name last, is the only mark of
/// success; the lock of the run directory and the lease of the cell say that a process is at it.
///
/// # Errors
/// If a configuration cannot be read.
pub fn state(folder: &Path, cell: &Cell, here: &Here) -> Result<State> {
    let run = folder.join(cell.run());
    if is_locked(&run) {
        return Ok(State::InUse);
    }
    if run.join(CONFIG).exists() {
        let [wanted, found] = [folder.join(cell.config()), run.join(CONFIG)].map(|path| read::config_text(&path));
        if wanted? != found? {
            return Ok(State::Changed);
        }
        if RunReader::new(&run).is_finished() {
            return Ok(State::Finished);
        }
    }
    Ok(if lease::holder(folder, &cell.id, here).is_some() {
        State::InUse
    } else if Failure::is_of(folder, cell) {
        State::Failed
    } else if run.join(CONFIG).exists() {
        State::Begun
    } else {
        State::New
    })
}

/// Whether a process of this host, or of any where the file system has locks, holds a run directory.
pub fn is_locked(run: &Path) -> bool {
    Lock::is_taken(&run.join(LOCK))
}

/// Epochs of a cell that are logged.
pub fn n_epochs(folder: &Path, cell: &Cell) -> usize {
    let log = folder.join(cell.run()).join(METRICS);
    let bytes = vds_files::read(&log, vds_records::files::MAX_LONG).unwrap_or_default();
    bytes.iter().filter(|&&byte| byte == b'\n').count()
}
