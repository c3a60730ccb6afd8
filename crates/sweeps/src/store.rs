//! Compact records of finished cells, which stand in for their training.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Number, Value};
use vds_records::files::{SUMMARY_SCHEMA, TEST_EXAMPLES};
use vds_records::json::{self, Difference};
use vds_records::{Cell, Environment, EpochMetrics, RunReader, Summary, Timing, files, read};

use crate::error::{Error, Result, at};
use crate::id::is_cell_id;

/// Significant digits of the numbers that are kept.
const N_DIGITS: usize = 6;
/// Epochs of which the log is kept.
const N_EPOCHS: usize = 12;
/// Predictive distributions whose reliability diagrams and standard errors are kept.
const PRIMARY: [&str; 2] = ["marginal", "pruned"];
/// By how much an error rate, or a negative log-likelihood in nats, may differ on another instruction set, where rounding takes
/// training another way: as two seeds differ.
const TOLERANCE: f64 = 0.03;

/// A finished cell as `results/ID.json` holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredCell {
    /// Id of the cell.
    pub id: String,
    /// What it was called where it was trained, for people.
    pub label: String,
    /// Program and machine.
    pub environment: Environment,
    /// Wall time of the training, seconds.
    pub seconds: Option<f64>,
    /// Threads of the training.
    pub threads: Option<usize>,
    /// The summary with rounded numbers; without validation scores, and without reliability diagrams and standard errors of
    /// secondary predictive distributions. Its digests are those of the files of the run.
    pub summary: Summary,
    /// Some epochs, rounded.
    pub epochs: Vec<EpochMetrics>,
}

impl StoredCell {
    /// The compact record of a finished run of a cell.
    ///
    /// # Errors
    /// If a file of the run is missing or damaged.
    pub fn of_run(cell: &Cell, run: &RunReader) -> Result<Self> {
        let timing = run.timing();
        let epochs = run.epochs()?;
        let step = epochs.len().div_ceil(N_EPOCHS).max(1);
        let last = epochs.len();
        let kept = epochs
            .into_iter()
            .filter(|one| one.epoch % step == 1 % step || one.epoch == last);
        Ok(Self {
            id: cell.id.clone(),
            label: cell.label(),
            environment: run.environment()?,
            seconds: timing.map(|timing| timing.seconds),
            threads: timing.map(|timing| timing.threads),
            summary: compact(&run.summary()?)?,
            epochs: kept.map(|one| rounded(&one)).collect::<Result<_>>()?,
        })
    }

    /// The record of a cell in a folder; `None` if there is none.
    ///
    /// # Errors
    /// If it cannot be read, or is another cell's.
    pub fn read(results: &Path, id: &str) -> Result<Option<Self>> {
        let path = path(results, id);
        if !is_cell_id(id) || !path.exists() {
            return Ok(None);
        }
        let stored: Self = read::json(&path)?;
        if stored.id != id || stored.summary.schema != SUMMARY_SCHEMA {
            let problem = format!(
                "it is of cell {} and summary schema {}",
                stored.id, stored.summary.schema
            );
            return Err(vds_records::Error::Contradiction { path, problem }.into());
        }
        Ok(Some(stored))
    }

    /// Writes it as one line of JSON.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, results: &Path) -> Result<()> {
        at(std::fs::create_dir_all(results), "making the folder", results)?;
        let path = path(results, &self.id);
        let text = serde_json::to_string(self).unwrap_or_default() + "\n";
        at(vds_files::write_atomically(&path, text.as_bytes()), "writing", &path)
    }

    /// Makes a run directory that readers take for that of the finished cell: with configuration, summary, environment and the
    /// epochs that are kept, without weights. The summary is written last.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn restore(&self, run: &Path, config: &str) -> Result<()> {
        at(std::fs::create_dir_all(run), "making the folder", run)?;
        let epochs: String = self.epochs.iter().map(|one| text(one) + "\n").collect();
        let contents = [
            (files::STORED, format!("{{\"id\": \"{}\"}}\n", self.id)),
            (files::ENVIRONMENT, text(&self.environment) + "\n"),
            (files::METRICS, epochs),
            (files::CONFIG, config.to_owned()),
        ];
        let mut summary = self.summary.clone();
        summary.files.clear();
        for (name, content) in contents {
            let path = run.join(name);
            at(vds_files::write_atomically(&path, content.as_bytes()), "writing", &path)?;
            if files::SEALED.contains(&name) {
                summary
                    .files
                    .insert(name.to_owned(), vds_files::digest(content.as_bytes()));
            }
        }
        let path = run.join(files::SUMMARY);
        let content = text(&summary.sealed()) + "\n";
        at(vds_files::write_atomically(&path, content.as_bytes()), "writing", &path)
    }

    /// What another training of the cell does not reproduce: on the same instruction set every value and the digests of what has
    /// all digits; on another one error rates and negative log-likelihoods beyond a tolerance of 0.03.
    pub fn differences(&self, again: &Self) -> Vec<Difference> {
        let [recorded, now] = [self, again].map(|one| {
            let mut value = serde_json::to_value(&one.summary).unwrap_or_default();
            // The weights' file names the program, the environment the machine.
            let kept = [files::METRICS, TEST_EXAMPLES];
            if let Some(digests) = value["files"].as_object_mut() {
                digests.retain(|name, _| kept.contains(&name.as_str()));
            }
            value["sha256"] = Value::Null;
            value
        });
        let mut differences = json::compare(&recorded, &now).differences;
        if self.environment.instruction_set != again.environment.instruction_set {
            differences.retain(|one| {
                let is_judged = [".marginal.error", ".marginal.nll", ".pruned.error", ".pruned.nll"];
                is_judged.iter().any(|end| one.name.ends_with(end))
                    && one.difference.is_none_or(|by| by.abs() > TOLERANCE)
            });
        }
        differences
    }

    /// How long it took.
    pub fn timing(&self) -> Option<Timing> {
        let (seconds, threads) = self.seconds.zip(self.threads)?;
        Some(Timing { seconds, threads })
    }
}

fn path(results: &Path, id: &str) -> PathBuf {
    results.join(format!("{id}.json"))
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn compact(summary: &Summary) -> Result<Summary> {
    let mut value = serde_json::to_value(summary).unwrap_or_default();
    for evaluation in value["evaluations"].as_array_mut().into_iter().flatten() {
        evaluation["validation"] = Value::Null;
        for (name, scores) in evaluation["test"]["predictives"].as_object_mut().into_iter().flatten() {
            if let Some(scores) = scores.as_object_mut().filter(|_| !PRIMARY.contains(&name.as_str())) {
                scores.retain(|key, _| !["reliability", "standard_errors", "ece_uncertainty"].contains(&key.as_str()));
            }
        }
    }
    rounded(&value)
}

/// A value with its numbers rounded.
fn rounded<T: Serialize, U: serde::de::DeserializeOwned>(value: &T) -> Result<U> {
    let mut value = serde_json::to_value(value).unwrap_or_default();
    round(&mut value);
    serde_json::from_value(value).map_err(|error| Error::Compact(error.to_string()))
}

fn round(value: &mut Value) {
    match value {
        Value::Number(number) if number.is_f64() => {
            let text = format!("{:.*e}", N_DIGITS - 1, number.as_f64().unwrap_or_default());
            if let Some(rounded) = text.parse().ok().and_then(Number::from_f64) {
                *number = rounded;
            }
        }
        Value::Array(values) => values.iter_mut().for_each(round),
        Value::Object(fields) => fields.values_mut().for_each(round),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn store_keeps_six_digits_of_numbers_and_every_count() {
        let mut value = serde_json::json!({"a": [0.123_456_789, 1234567], "b": "0.123456789", "c": -2.0e-9});
        round(&mut value);
        assert_eq!(
            value,
            serde_json::json!({"a": [0.123_457, 1234567], "b": "0.123456789", "c": -2.0e-9})
        );
    }
}
