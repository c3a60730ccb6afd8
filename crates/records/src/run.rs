//! A run directory that is read.

use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::environment::Environment;
use crate::epoch::EpochMetrics;
use crate::error::{Error, Result};
use crate::files::{CONFIG, ENVIRONMENT, METRICS, PREDICTIVE_GRID, SUMMARY, SUMMARY_SCHEMA};
use crate::grid::PredictiveGrid;
use crate::read;
use crate::summary::{Method, Summary};

/// Everything that a finished run stores but its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct RunRecord {
    /// Name by which tables and pages call the run.
    pub name: String,
    /// Directory it was read from, as the reader should see it; `None` if there is none.
    pub folder: Option<String>,
    /// `summary.json`.
    pub summary: Summary,
    /// `metrics.jsonl`, in order of epochs; may be empty.
    pub epochs: Vec<EpochMetrics>,
    /// `predictive_grid.json`, for two-dimensional inputs.
    pub grid: Option<PredictiveGrid>,
    /// `environment.json`.
    pub environment: Environment,
    /// `config.ron`, the resolved configuration.
    pub config_text: String,
}

impl RunRecord {
    /// Whether the run learnt its depth.
    pub fn is_ldn(&self) -> bool {
        self.summary.method == Method::Ldn
    }

    /// The method as text shows it, with the depth from which the network was pruned.
    pub fn method_label(&self) -> String {
        let method = self.summary.method.label();
        match self.summary.pruned_from {
            Some(depth) => format!("{method} pruned from D = {depth}"),
            None => method.to_owned(),
        }
    }

    /// Whether the run was trained at its maximum depth. One that was pruned to it says nothing about training there, so
    /// that comparisons over depth leave it out.
    pub fn is_trained(&self) -> bool {
        self.summary.pruned_from.is_none()
    }
}

/// Reads the files of a run directory.
#[derive(Clone, Debug)]
pub struct RunReader {
    path: PathBuf,
}

impl RunReader {
    /// A reader of the files in `path`; nothing is read yet.
    pub fn new(path: &Path) -> Self {
        Self {
            path: path.to_path_buf(),
        }
    }

    /// The folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The last two parts of the path: `spirals/ldn-D5-s1`.
    pub fn name(&self) -> String {
        let parts = self.path.components();
        let parts: Vec<String> = parts
            .map(|part| part.as_os_str().to_string_lossy().into_owned())
            .collect();
        parts[parts.len().saturating_sub(2)..].join("/")
    }

    /// Whether there is nothing left to train: the summary is written last.
    pub fn is_finished(&self) -> bool {
        self.path.join(SUMMARY).exists()
    }

    /// The summary.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if there is none; if it cannot be read, has another schema, or contradicts itself.
    pub fn summary(&self) -> Result<Summary> {
        if !self.is_finished() {
            return Err(Error::Unfinished { run: self.path.clone() });
        }
        let path = self.path.join(SUMMARY);
        // Before the rest: another schema has other fields.
        let Versioned { schema } = self.json(SUMMARY)?;
        if schema != SUMMARY_SCHEMA {
            return Err(Error::Schema {
                path,
                actual: schema,
                expected: SUMMARY_SCHEMA,
            });
        }
        let summary: Summary = self.json(SUMMARY)?;
        consistent(path, summary.contradiction())?;
        Ok(summary)
    }

    /// The environment in which the run was made.
    ///
    /// # Errors
    /// If there is none, or it cannot be read.
    pub fn environment(&self) -> Result<Environment> {
        self.json(ENVIRONMENT)
    }

    /// The epochs, in order.
    ///
    /// # Errors
    /// If there is no log, or a line of it cannot be read.
    pub fn epochs(&self) -> Result<Vec<EpochMetrics>> {
        read::json_lines(&self.path.join(METRICS))
    }

    /// The predictions on a grid, if the run has any.
    ///
    /// # Errors
    /// If they cannot be read, or contradict themselves.
    pub fn grid(&self) -> Result<Option<PredictiveGrid>> {
        let path = self.path.join(PREDICTIVE_GRID);
        if !path.exists() {
            return Ok(None);
        }
        let grid: PredictiveGrid = read::json(&path)?;
        consistent(path, grid.contradiction())?;
        Ok(Some(grid))
    }

    /// One of the JSON files, as the type that is asked for.
    ///
    /// # Errors
    /// If it is missing, or cannot be read as that type.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        read::json(&self.path.join(name))
    }

    /// Everything that the report shows.
    ///
    /// # Errors
    /// If a file is missing or cannot be read.
    pub fn record(&self) -> Result<RunRecord> {
        Ok(RunRecord {
            name: self.name(),
            folder: Some(self.path.display().to_string()),
            summary: self.summary()?,
            epochs: self.epochs()?,
            grid: self.grid()?,
            environment: self.environment()?,
            config_text: read::text(&self.path.join(CONFIG))?,
        })
    }
}

/// The one field that every schema has.
#[derive(Deserialize)]
struct Versioned {
    schema: u32,
}

fn consistent(path: PathBuf, contradiction: Option<String>) -> Result<()> {
    match contradiction {
        None => Ok(()),
        Some(problem) => Err(Error::Contradiction { path, problem }),
    }
}
