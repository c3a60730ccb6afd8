//! `vds verify`.

use std::io::{self, Write};

use anyhow::Result;
use serde::Serialize;
use serde_json::{Value, json};

use super::store::{self, Evaluated, Outcome};
use super::verify_compare::{Comparison, Difference};
use crate::cli::verify::Verify;
use crate::data;
use crate::device::{Device, device};
use crate::error::{self, ExitCode};
use crate::output;
use crate::run_dir::{Environment, PLANE, SUMMARY, StoredNetwork, StoredRun};
use crate::training::Trained;

/// Fields of the summary that only the training itself can tell.
const OF_THE_TRAINING: &[&str] = &["schema", "epochs", "stopped_by"];

/// Fields of the environment on which no number depends, and the data, which are compared with the numbers.
const NO_CAUSE: &[&str] = &["data", "pruned_from"];

/// Differences that the table shows of one run; a changed weight changes thousands of numbers.
const MAX_ROWS: usize = 40;

/// What became of a run.
#[derive(Debug, Serialize)]
struct Verified {
    run: String,
    /// Recorded values that were compared.
    n_compared: usize,
    differences: Vec<Difference>,
    /// What is not as it was when the record was made, and may be why.
    environment: Vec<Difference>,
    /// Why nothing could be compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    #[serde(skip)]
    code: ExitCode,
}

/// Evaluates the runs again and says which recorded numbers come out otherwise. The worst of them gives the exit code.
pub(super) fn run(request: &Verify) -> Result<ExitCode> {
    let verified: Vec<Verified> = request.runs.iter().map(|run| outcome(run, request)).collect();
    if request.json {
        output::print_json(&verified)?;
    } else {
        output::print(|out| verified.iter().try_for_each(|one| print(out, one)))?;
    }
    let worst = verified.iter().map(|one| one.code).max_by_key(|code| code.number());
    Ok(worst.unwrap_or(ExitCode::Success))
}

/// A run that cannot be evaluated keeps none of the others from it.
fn outcome(run: &StoredRun, request: &Verify) -> Verified {
    let name = run.path().display().to_string();
    match verify(run, request) {
        Ok((numbers, environment)) => Verified {
            run: name,
            n_compared: numbers.n_compared,
            code: if numbers.differences.is_empty() {
                ExitCode::Success
            } else {
                ExitCode::Failure
            },
            differences: numbers.differences,
            environment: environment.differences,
            error: None,
        },
        Err(failure) => Verified {
            run: name,
            n_compared: 0,
            differences: Vec::new(),
            environment: Vec::new(),
            // A run takes a line.
            error: Some(error::text(&failure).replace('\n', "; ")),
            code: error::exit_code(&failure),
        },
    }
}

/// The numbers, and the environment.
fn verify(run: &StoredRun, request: &Verify) -> Result<(Comparison, Comparison)> {
    let (config, summary) = (run.config(), run.summary()?);
    let recorded = run.environment()?;
    let stored = run.weights(&data::network_config(config)?, &device()?)?;
    let data = data::load(config, &request.lookup)?;
    let outcome = Outcome {
        epochs: summary.epochs,
        stopped_by: summary.stopped_by.clone(),
        pruned_from: recorded.pruned_from.as_ref().map(|parent| parent.max_depth),
    };
    let trained = trained(stored, summary.best_epoch);
    let evaluated = store::evaluate(config, &data, &trained, &outcome)?;

    let here = Environment::here(&data.provenance);
    let mut numbers = Comparison::default();
    numbers.add("data", &sums(&recorded), &sums(&here));
    compare_files(&mut numbers, run, &evaluated)?;
    let mut environment = Comparison::default();
    environment.add("", &causes(&recorded)?, &serde_json::to_value(&here)?);
    Ok((numbers, environment))
}

fn trained(stored: StoredNetwork, recorded_epoch: usize) -> Trained<Device> {
    Trained {
        network: stored.network,
        posterior_logits: stored.posterior_logits,
        posterior: stored.posterior,
        epoch: stored.epoch.unwrap_or(recorded_epoch),
    }
}

fn compare_files(numbers: &mut Comparison, run: &StoredRun, evaluated: &Evaluated) -> Result<()> {
    let recorded = without(run.json(SUMMARY)?, OF_THE_TRAINING);
    numbers.add("", &recorded, &as_stored(&evaluated.summary)?);
    if let Some(plane) = &evaluated.plane {
        numbers.add("plane", &run.json(PLANE)?, &as_stored(plane)?);
    }
    Ok(())
}

/// A value as it would be read from the file that it is stored in: single precision becomes its few decimal digits.
fn as_stored(value: &impl Serialize) -> Result<Value> {
    Ok(serde_json::from_str(&serde_json::to_string(value)?)?)
}

/// The data's sums; where the files lie does not matter.
fn sums(environment: &Environment) -> Value {
    let files = environment.data.iter();
    files.map(|file| json!({ "sha256": file.sha256 })).collect()
}

/// What of a recorded environment may change numbers; what an older version did not record is not compared.
fn causes(recorded: &Environment) -> Result<Value> {
    let mut value = without(serde_json::to_value(recorded)?, NO_CAUSE);
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
    let Verified { run, n_compared, .. } = verified;
    if let Some(error) = &verified.error {
        return writeln!(out, "{run}: cannot be verified: {error}");
    }
    let n_different = verified.differences.len();
    match n_different {
        0 => writeln!(out, "{run}: all {n_compared} recorded values come out the same")?,
        n => writeln!(out, "{run}: {n} of {n_compared} recorded values differ")?,
    }
    table(out, &verified.differences)?;
    if !verified.environment.is_empty() {
        let role = if n_different == 0 { "" } else { ", a possible cause" };
        writeln!(out, "  not as it was when the run was made{role}:")?;
        table(out, &verified.environment)?;
    }
    Ok(())
}

fn table(out: &mut dyn Write, differences: &[Difference]) -> io::Result<()> {
    let shown = &differences[..differences.len().min(MAX_ROWS)];
    let rows: Vec<[String; 4]> = shown.iter().map(row).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let head = ["name", "recorded", "now", "difference"].map(str::to_owned);
    let rows = || [&head].into_iter().chain(&rows);
    let width = |column: usize| rows().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths = [width(0), width(1), width(2)];
    for [name, recorded, now, difference] in rows() {
        let [a, b, c] = widths;
        let line = format!("  {name:<a$}  {recorded:<b$}  {now:<c$}  {difference}");
        writeln!(out, "{}", line.trim_end())?;
    }
    match differences.len() - shown.len() {
        0 => Ok(()),
        more => writeln!(out, "  and {more} more; --json has them all"),
    }
}

fn row(difference: &Difference) -> [String; 4] {
    let text = |value: &Value| match value {
        Value::Null => "-".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    [
        difference.name.clone(),
        text(&difference.recorded),
        text(&difference.now),
        difference
            .difference
            .map_or_else(String::new, |value| format!("{value:+.2e}")),
    ]
}
