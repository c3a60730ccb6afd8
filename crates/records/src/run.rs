//! A run directory that is read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::environment::Environment;
use crate::epoch::{EpochMetrics, NonFiniteStep};
use crate::error::{Error, Result};
use crate::examples::ExampleScores;
use crate::files::{
    CONFIG, ENVIRONMENT, JOURNAL, MAX_LONG, MAX_TEXT, METRICS, NON_FINITE, PREDICTIVE_GRID, SEALED, STORED, SUMMARY,
    SUMMARY_SCHEMA, TEST_EXAMPLES,
};
use crate::grid::PredictiveGrid;
use crate::journal::Event;
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
    /// `test_examples.safetensors`, to compare runs example by example.
    pub examples: Option<ExampleScores>,
    /// Wall time of the epochs in `journal.jsonl`, seconds; `None` if it has none.
    pub train_seconds: Option<f64>,
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

/// How long a training took, by its journal.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Timing {
    /// Wall time of the epochs.
    pub seconds: f64,
    /// Threads of the last process.
    pub threads: usize,
}

/// A run that ended because a number became NaN or infinite.
#[derive(Clone, Debug, PartialEq)]
pub struct DivergedRun {
    /// Name by which tables and pages call the run.
    pub name: String,
    /// The step in which it happened.
    pub step: NonFiniteStep,
    /// The epochs before, in order; may be empty.
    pub epochs: Vec<EpochMetrics>,
    /// `config.ron`, the resolved configuration.
    pub config_text: String,
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

    /// Whether there is nothing left to train: the summary is written last. A broken link in its place counts, so that nobody
    /// takes the run for an unfinished one.
    pub fn is_finished(&self) -> bool {
        self.path.join(SUMMARY).symlink_metadata().is_ok()
    }

    /// The summary.
    ///
    /// # Errors
    /// [`Error::Unfinished`] if there is none; if it cannot be read, has another schema, is damaged, or contradicts itself.
    pub fn summary(&self) -> Result<Summary> {
        if !self.is_finished() {
            return Err(Error::Unfinished { run: self.path.clone() });
        }
        let path = self.path.join(SUMMARY);
        let text = read::to_text(&path, self.read(SUMMARY, MAX_TEXT)?)?;
        // Before the rest: another schema has other fields.
        let Versioned { schema } = read::json_text(&text, &path, 1)?;
        if schema != SUMMARY_SCHEMA {
            return Err(Error::Schema {
                path,
                actual: schema,
                expected: SUMMARY_SCHEMA,
            });
        }
        let summary: Summary = read::json_text(&text, &path, 1)?;
        if !summary.is_intact() {
            return Err(Error::SummaryDigest { path });
        }
        consistent(path, summary.contradiction())?;
        Ok(summary)
    }

    /// The content of one of the run's files; that of a finished run must be what it was then.
    ///
    /// # Errors
    /// If it is missing, not a regular file, longer than `limit` bytes, or damaged.
    pub fn file(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let expected = match self.is_finished() {
            true => Some(self.summary()?.files.remove(name)),
            false => None,
        };
        let path = self.path.join(name);
        let is_there = path.symlink_metadata().is_ok();
        match expected {
            Some(Some(_)) if !is_there => return Err(Error::Missing { path }),
            Some(None) if is_there => return Err(Error::Foreign { path }),
            _ => {}
        }
        let bytes = self.read(name, limit)?;
        match expected.flatten() {
            Some(expected) if vds_files::digest(&bytes) != expected => Err(Error::Digest { path }),
            _ => Ok(bytes),
        }
    }

    /// Checks every file of a finished run against the summary's digests.
    ///
    /// # Errors
    /// As [`Self::file`], for the first file that does not fit.
    pub fn check_files(&self) -> Result<()> {
        let summary = self.summary()?;
        let unknown = SEALED.iter().filter(|name| !summary.files.contains_key(**name));
        if let Some(name) = unknown
            .into_iter()
            .find(|name| self.path.join(name).symlink_metadata().is_ok())
        {
            return Err(Error::Foreign {
                path: self.path.join(name),
            });
        }
        summary
            .files
            .keys()
            .try_for_each(|name| self.file(name, MAX_LONG).map(drop))
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
    /// If there is no log, a line of it cannot be read, or it does not have one line per epoch in order.
    pub fn epochs(&self) -> Result<Vec<EpochMetrics>> {
        let path = self.path.join(METRICS);
        let text = read::to_text(&path, self.file(METRICS, MAX_LONG)?)?;
        let lines = text.lines().enumerate();
        let epochs: Result<Vec<EpochMetrics>> = lines
            .map(|(index, line)| read::json_text(line, &path, index + 1))
            .collect();
        let epochs = epochs?;
        let has_gaps = self.path.join(STORED).exists();
        let odd = epochs
            .iter()
            .zip(1..)
            .find(|(metrics, line)| !has_gaps && metrics.epoch != *line);
        let problem = odd.map(|(metrics, line)| format!("line {line} is that of epoch {}", metrics.epoch));
        consistent(path, problem)?;
        Ok(epochs)
    }

    /// The predictions on a grid, if the run has any.
    ///
    /// # Errors
    /// If they cannot be read, or contradict themselves.
    pub fn grid(&self) -> Result<Option<PredictiveGrid>> {
        let path = self.path.join(PREDICTIVE_GRID);
        if path.symlink_metadata().is_err() && !self.is_sealed(PREDICTIVE_GRID)? {
            return Ok(None);
        }
        let grid: PredictiveGrid = self.json(PREDICTIVE_GRID)?;
        consistent(path, grid.contradiction())?;
        Ok(Some(grid))
    }

    /// The scores of single test examples, if the run has them.
    ///
    /// # Errors
    /// As [`Self::file`], and if the file is malformed.
    pub fn examples(&self) -> Result<Option<ExampleScores>> {
        let path = self.path.join(TEST_EXAMPLES);
        if path.symlink_metadata().is_err() && !self.is_sealed(TEST_EXAMPLES)? {
            return Ok(None);
        }
        let scores = ExampleScores::from_bytes(&self.file(TEST_EXAMPLES, MAX_LONG)?);
        let scores = scores.map_err(|source| Error::Contradiction {
            path,
            problem: source.to_string(),
        })?;
        Ok(Some(scores))
    }

    /// Whether the summary holds a digest of the file.
    fn is_sealed(&self, name: &str) -> Result<bool> {
        Ok(self.is_finished() && self.summary()?.files.contains_key(name))
    }

    /// One of the JSON files, as the type that is asked for.
    ///
    /// # Errors
    /// As [`Self::file`], and if it cannot be read as that type.
    pub fn json<T: DeserializeOwned>(&self, name: &str) -> Result<T> {
        let path = self.path.join(name);
        read::json_text(&read::to_text(&path, self.file(name, MAX_TEXT)?)?, &path, 1)
    }

    /// The text of the configuration.
    ///
    /// # Errors
    /// As [`Self::file`], and if it is not UTF-8.
    pub fn config_text(&self) -> Result<String> {
        read::to_text(&self.path.join(CONFIG), self.file(CONFIG, read::MAX_CONFIG)?)
    }

    /// The wall time of the training. The journal is not part of the result: a line that cannot be read is left out.
    pub fn timing(&self) -> Option<Timing> {
        let text = String::from_utf8(self.read(JOURNAL, MAX_LONG).ok()?).ok()?;
        let events = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        let (mut by_epoch, mut n_threads) = (BTreeMap::new(), 1);
        for event in events {
            match event {
                Event::Epoch { epoch, seconds } => {
                    by_epoch.insert(epoch, seconds);
                }
                Event::Session { threads, .. } => n_threads = threads,
                _ => {}
            }
        }
        (!by_epoch.is_empty()).then(|| Timing {
            seconds: by_epoch.values().sum(),
            threads: n_threads,
        })
    }

    fn read(&self, name: &str, limit: u64) -> Result<Vec<u8>> {
        let path = self.path.join(name);
        vds_files::read(&path, limit).map_err(|source| Error::Io { path, source })
    }

    /// Whether the run has ended in a step in which a number became NaN or infinite.
    pub fn has_diverged(&self) -> bool {
        !self.is_finished() && self.path.join(NON_FINITE).symlink_metadata().is_ok()
    }

    /// What the report shows of a run that has diverged.
    ///
    /// # Errors
    /// If a file is missing or cannot be read.
    pub fn diverged(&self) -> Result<DivergedRun> {
        Ok(DivergedRun {
            name: self.name(),
            step: self.json(NON_FINITE)?,
            epochs: self.epochs()?,
            config_text: self.config_text()?,
        })
    }

    /// Everything that the report shows of a finished run.
    ///
    /// # Errors
    /// If a file is missing or cannot be read.
    pub fn record(&self) -> Result<RunRecord> {
        Ok(RunRecord {
            name: self.name(),
            folder: Some(self.path.to_string_lossy().into_owned()),
            summary: self.summary()?,
            epochs: self.epochs()?,
            grid: self.grid()?,
            examples: self.examples()?,
            train_seconds: self.timing().map(|timing| timing.seconds),
            environment: self.environment()?,
            config_text: self.config_text()?,
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
