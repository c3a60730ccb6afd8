//! The stored form of a sweep: which cells there are, and where the files of each are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files::{SWEEP, SWEEP_SCHEMA};
use crate::read;
use crate::summary::NetworkKind;

/// The cells of a sweep, as stored in `sweep.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sweep {
    /// [`SWEEP_SCHEMA`].
    pub schema: u32,
    /// Name of the plan.
    pub name: String,
    /// The cells, in the order in which they run: costliest first.
    pub cells: Vec<Cell>,
}

/// One training run of a sweep.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Cell {
    /// First 16 hexadecimal digits of a SHA-256 digest of what decides the outcome: resolved configuration, checksums of the
    /// data, layout of the record. Equal cells have equal ids, wherever and whenever they are planned.
    pub id: String,
    /// The experiment that it belongs to.
    pub experiment: String,
    /// What sets it apart in its experiment: `ldn-D5-s1`.
    pub name: String,
    /// How it shares the machine with others.
    pub threads: ThreadSharing,
    /// Its place in the plan, by which tables and pages list the cells.
    #[serde(default)]
    pub place: usize,
    /// What its training takes; `None` in sweeps that were planned before this was counted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub work: Option<Work>,
}

/// What the training of a cell takes, as far as its configuration says.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Work {
    /// Kind of the network: each has a speed of its own.
    pub network: NetworkKind,
    /// Floating-point operations of all epochs; fewer if training stops early.
    pub train_flops: f64,
    /// Bytes that the process holds at most, estimated.
    pub memory: u64,
    /// Largest number of epochs.
    pub epochs: usize,
}

/// How the threads of the machine are shared among the cells of an experiment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ThreadSharing {
    /// The networks are too small to share one: as many cells at a time as there are threads.
    OnePerCell,
    /// One cell at a time, with all threads.
    AllForOneCell,
}

impl Sweep {
    /// Whether a folder holds a sweep.
    pub fn is_in(folder: &Path) -> bool {
        folder.join(SWEEP).exists()
    }

    /// Reads the sweep in a folder.
    ///
    /// # Errors
    /// If there is none, it cannot be read, or has another schema.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(SWEEP);
        let sweep: Self = read::json(&path)?;
        if sweep.schema != SWEEP_SCHEMA {
            return Err(Error::Schema {
                path,
                actual: sweep.schema,
                expected: SWEEP_SCHEMA,
            });
        }
        Ok(sweep)
    }

    /// The cells in the order of the plan.
    pub fn in_plan_order(&self) -> Vec<&Cell> {
        let mut cells: Vec<&Cell> = self.cells.iter().collect();
        cells.sort_by_key(|cell| cell.place);
        cells
    }
}

impl Cell {
    /// `spirals/ldn-D5-s1`.
    pub fn label(&self) -> String {
        format!("{}/{}", self.experiment, self.name)
    }

    /// Its resolved configuration, relative to the folder of the sweep.
    pub fn config(&self) -> PathBuf {
        Path::new("cells").join(format!("{}.ron", self.id))
    }

    /// Its run directory, relative to the folder of the sweep.
    pub fn run(&self) -> PathBuf {
        Path::new("runs").join(&self.experiment).join(&self.name)
    }

    /// What its process printed, relative to the folder of the sweep.
    pub fn log(&self) -> PathBuf {
        Path::new("logs")
            .join(&self.experiment)
            .join(format!("{}.log", self.name))
    }
}
