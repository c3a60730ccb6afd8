//! The stored form of a sweep: which cells there are, and where the files of each are.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::files::{SWEEP, SWEEP_SCHEMA};
use crate::read;

/// The cells of a sweep, as stored in `sweep.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sweep {
    /// [`SWEEP_SCHEMA`].
    pub schema: u32,
    /// Name of the plan.
    pub name: String,
    /// The cells, in the order in which they run.
    pub cells: Vec<Cell>,
}

/// One training run of a sweep.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cell {
    /// First 16 hexadecimal digits of the SHA-256 digest of the resolved configuration: equal cells have equal ids.
    pub id: String,
    /// The experiment that it belongs to.
    pub experiment: String,
    /// What sets it apart in its experiment: `ldn-D5-s1`.
    pub name: String,
    /// How it shares the machine with others.
    pub threads: ThreadSharing,
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
