//! `vds verify`.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use vds_files::Shown as _;
use vds_records::files::{PREDICTIVE_GRID, WEIGHTS};
use vds_records::json::{self, Comparison, Difference};
use vds_records::{Environment, OtherFile, other_files};

use crate::arguments::{DataDir, Threads};
use crate::data;
use crate::error::{self, ExitCode, OrInput as _};
use crate::finalize::{self, Outcome};
use crate::output;
use crate::run_dir::{StoredRun, environment_here};

/// Evaluate stored runs again and print which recorded values are not reproduced
///
/// Compared exactly: all scores on the test set, the scores of each depth on the training set, the posterior and what follows
/// from it, the checksums of the data, and for points the predictions on the grid. What differs in program and machine is
/// named, too. Exit codes: 0 all equal, 1 some differ, 2 a file is missing or damaged.
#[derive(Clone, Debug, Args)]
pub(crate) struct Verify {
    /// Run directories
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<PathBuf>,
    /// Print every difference as JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    data_dir: DataDir,
}

/// Fields of the summary that only the training itself can give.
const TRAINING_FIELDS: &[&str] = &["schema", "epochs", "stopped_by", "files", "sha256"];

/// Fields of the environment on which no number depends, and the data, which are compared with the numbers.
const IGNORED_FIELDS: &[&str] = &["data", "pruned_from"];

/// Differences that the table shows of one run; a changed weight changes thousands of numbers.
const MAX_ROWS: usize = 40;

/// What became of a run.
#[derive(Debug, Serialize)]
struct Verified {
    run: String,
    #[serde(flatten)]
    compared: Comparison,
    /// What is not as it was when the record was made, and may be why.
    environment: Vec<Difference>,
    /// Why nothing could be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    code: ExitCode,
}

impl Verify {
    /// Evaluates the runs again. The worst of them gives the exit code.
    pub(crate) fn run(self) -> Result<ExitCode> {
        self.threads.start()?;
        let lookup = self.data_dir.lookup();
        let verified: Vec<Verified> = self.runs.iter().map(|run| outcome(run, &lookup)).collect();
        let printed = match self.json {
            true => output::print_json(&verified),
            false => output::print(|out| verified.iter().try_for_each(|one| print(out, one))).map_err(Into::into),
        };
        let worst = verified.iter().map(|one| one.code).max_by_key(|code| code.number());
        output::verdict(worst.unwrap_or(ExitCode::Success), printed)
    }
}

/// A run that cannot be evaluated keeps none of the others from it.
fn outcome(run: &Path, lookup: &vds_datasets::Lookup) -> Verified {
    verify(run, lookup).unwrap_or_else(|failure| Verified {
        run: run.to_string_lossy().into_owned(),
        compared: Comparison::default(),
        environment: Vec::new(),
        // One line per run.
        error: Some(error::text(&failure).replace('\n', "; ")),
        code: error::exit_code(&failure),
    })
}

/// The recorded values against those that are computed now, and what differs in the environment.
fn verify(path: &Path, lookup: &vds_datasets::Lookup) -> Result<Verified> {
    let run = StoredRun::open(path)?;
    let (config, records) = (run.config(), run.records());
    records.check_files()?;
    let (summary, environment) = (records.summary()?, records.environment()?);
    let mut model = run.load_model()?;
    model.epoch = model.epoch.or(Some(summary.best_epoch));
    let data = data::load(config, lookup)?;
    let outcome = Outcome {
        epochs: summary.epochs,
        stopped_by: summary.stopped_by,
        pruned_from: environment.pruned_from.as_ref().map(|parent| parent.max_depth),
        train_flops: summary.cost.train_flops,
    };
    let evaluated = finalize::finalize(config, &data, &mut model, &outcome);
    let evaluated = evaluated.or_input(|| format!("evaluating {}", run.path().join(WEIGHTS).shown()))?;
    let here = environment_here(&data.provenance, config);

    let mut recorded = without(as_stored(&summary)?, TRAINING_FIELDS);
    let mut now = without(as_stored(&evaluated.summary)?, TRAINING_FIELDS);
    if let Some(grid) = &evaluated.grid {
        recorded["grid"] = records.json(PREDICTIVE_GRID)?;
        now["grid"] = as_stored(grid)?;
    }
    let mut compared = json::compare(&recorded, &now);
    let digests = environment.digests();
    compared.n_compared += digests.len();
    let others = other_files(&digests, &data.provenance.digests());
    compared.differences.extend(others.into_iter().map(other_data));
    let causes = json::compare(&causes(&environment)?, &serde_json::to_value(&here)?);
    Ok(Verified {
        run: path.to_string_lossy().into_owned(),
        code: match compared.differences.is_empty() {
            true => ExitCode::Success,
            false => ExitCode::Failure,
        },
        compared,
        environment: causes.differences,
        error: None,
    })
}

/// A value as it would be read from the file that it is stored in: single precision becomes its few decimal digits.
fn as_stored(value: &impl Serialize) -> Result<Value> {
    Ok(serde_json::from_str(&serde_json::to_string(value)?)?)
}

fn other_data(file: OtherFile) -> Difference {
    Difference {
        name: format!("data.{}.sha256", file.index),
        recorded: file.recorded.map_or(Value::Null, Value::String),
        now: file.now.map_or(Value::Null, Value::String),
        difference: None,
    }
}

/// The part of a recorded environment that may change numbers; what was not recorded is not compared.
fn causes(recorded: &Environment) -> Result<Value> {
    let mut value = without(serde_json::to_value(recorded)?, IGNORED_FIELDS);
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|_, field| !field.is_null());
    }
    Ok(value)
}

fn without(mut value: Value, names: &[&str]) -> Value {
    if let Some(fields) = value.as_object_mut() {
        fields.retain(|name, _| !names.contains(&name.as_str()));
    }
    value
}

fn print(out: &mut dyn Write, verified: &Verified) -> io::Result<()> {
    let run = verified.run.shown();
    let Comparison {
        n_compared,
        differences,
    } = &verified.compared;
    if let Some(error) = &verified.error {
        return writeln!(out, "{run}: cannot be verified: {error}");
    }
    match differences.len() {
        0 => writeln!(out, "{run}: all {n_compared} recorded values are reproduced")?,
        n => writeln!(out, "{run}: {n} of {n_compared} recorded values differ")?,
    }
    table(out, differences)?;
    if !verified.environment.is_empty() {
        let role = if differences.is_empty() {
            ""
        } else {
            ", a possible cause"
        };
        writeln!(out, "  not as it was when the run was made{role}:")?;
        table(out, &verified.environment)?;
    }
    Ok(())
}

fn table(out: &mut dyn Write, differences: &[Difference]) -> io::Result<()> {
    let shown = &differences[..differences.len().min(MAX_ROWS)];
    if shown.is_empty() {
        return Ok(());
    }
    let head = ["name", "recorded", "now", "difference"].map(str::to_owned).to_vec();
    let rows: Vec<Vec<String>> = [head].into_iter().chain(shown.iter().map(row)).collect();
    for line in output::align(&rows, 4).lines() {
        writeln!(out, "  {line}")?;
    }
    match differences.len() - shown.len() {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more; --json has them all"),
    }
}

fn row(difference: &Difference) -> Vec<String> {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.shown().to_string(),
        other => other.to_string(),
    };
    vec![
        difference.name.shown().to_string(),
        text(&difference.recorded),
        text(&difference.now),
        difference
            .difference
            .map_or_else(String::new, |value| format!("{value:+.2e}")),
    ]
}
