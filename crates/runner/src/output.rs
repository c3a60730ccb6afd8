//! Results on the standard output, notes on the standard error. No control character gets there, whatever is printed.

mod escaping;
mod predictions;

use std::io::{self, BufWriter, Write};
use std::path::Path;

use serde::Serialize;
use vds_calibration::{PairedDifference, SCORES, Score};
use vds_files::Shown as _;
use vds_records::{Evaluation, Predictive, RuleChoice, Scores, SelectionSplit, SplitScores, StoppedBy, Summary};
use vds_variational::{DepthPosterior, PruningRule};

use crate::error::{self, Error, ExitCode};
use escaping::Escaping;
pub(crate) use predictions::Predictions;

/// Writes to the standard output and flushes it.
pub(crate) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Error> {
    let mut out = Escaping(BufWriter::new(io::stdout().lock()));
    let written = write(&mut out).and_then(|()| out.flush());
    written.map_err(|source| Error::Output { hint: None, source })
}

/// Prints the results of work that is stored in `path`, which a failure to print does not undo.
///
/// # Errors
/// As [`print()`], with what is stored and where.
pub(crate) fn print_stored(
    what: &str,
    path: &Path,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
) -> Result<(), Error> {
    print(write).map_err(|error| match error {
        Error::Output { source, .. } => Error::Output {
            hint: Some(format!("the {what} is stored in {}", path.shown())),
            source,
        },
        other => other,
    })
}

/// Prints a value as indented JSON.
pub(crate) fn print_json(value: &impl Serialize) -> anyhow::Result<()> {
    let text = json_text(value)?;
    Ok(print(|out| writeln!(out, "{text}"))?)
}

/// Indented JSON without control characters but line ends between values.
fn json_text(value: &impl Serialize) -> serde_json::Result<String> {
    let json = serde_json::to_string_pretty(value)?;
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        // The control characters that JSON allows are parts of strings, but for the line ends.
        match c.is_control() && c != '\n' {
            true => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            false => text.push(c),
        }
    }
    Ok(text)
}

/// The exit code of a command that has come to a verdict, whatever became of printing it.
///
/// # Errors
/// If printing failed and the verdict itself is not a failure.
pub(crate) fn verdict(code: ExitCode, printed: anyhow::Result<()>) -> anyhow::Result<ExitCode> {
    match printed {
        Err(failure) if code == ExitCode::Success => Err(failure),
        Err(failure) => {
            error::report(&failure);
            Ok(code)
        }
        Ok(()) => Ok(code),
    }
}

/// Prints lines on the standard error.
pub(crate) fn note(text: &str) {
    note_lines(|out| writeln!(out, "{text}"));
}

/// Prints on the standard error what comes before the results.
pub(crate) fn note_lines(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) {
    let mut lines = Vec::new();
    // Nobody may be listening, and that is not a failure.
    let _ = write(&mut Escaping(&mut lines)).and_then(|()| io::stderr().write_all(&lines));
}

/// Prints on the standard error what does not stop the work.
pub(crate) fn warn(message: &str) {
    note(&format!("warning: {message}"));
}

/// What a run came to, and the seconds that it took now, if it took any.
pub(crate) fn summary(out: &mut dyn Write, summary: &Summary, seconds: Option<f64>) -> io::Result<()> {
    let (dataset, method) = (summary.dataset.shown(), summary.method.label());
    writeln!(
        out,
        "{dataset}, {method}, maximum depth {}, seed {}",
        summary.max_depth, summary.seed
    )?;
    let (best, epochs, end) = (
        summary.best_epoch,
        summary.epochs,
        summary.stopped_by.map_or("unfinished", StoppedBy::label),
    );
    let seconds = seconds.map_or_else(String::new, |seconds| format!(", {seconds:.1} s"));
    writeln!(out, "weights of epoch {best} of {epochs} ({end}){seconds}")?;
    if summary.selection_split == SelectionSplit::Test {
        writeln!(out, "the epoch was chosen on the test set: its scores are biased")?;
    }
    let (expected, pruned) = (summary.expected_depth, summary.pruned_depth);
    writeln!(
        out,
        "expected depth {expected:.2}, pruned depth {pruned} ({})",
        summary.pruning_rule
    )?;
    scores(out, &summary.evaluations, &summary.posterior, pruned)
}

/// Scores on the validation split and the test set, with the running statistics that are reported first; with the others, only
/// those of the predictive distributions.
pub(crate) fn scores(
    out: &mut dyn Write,
    evaluations: &[Evaluation],
    posterior: &[f64],
    pruned_depth: usize,
) -> io::Result<()> {
    for (index, evaluation) in evaluations.iter().enumerate() {
        let with = match (index, evaluations.len()) {
            (0, _) => String::new(),
            _ => format!(", {} head statistics", evaluation.head_statistics.name()),
        };
        predictives(out, &format!("test set{with}"), &evaluation.test, pruned_depth)?;
        if index > 0 {
            continue;
        }
        if let Some(validation) = &evaluation.validation {
            predictives(out, "validation", validation, pruned_depth)?;
        }
        per_depth(out, &evaluation.test, posterior)?;
    }
    Ok(())
}

fn predictives(out: &mut dyn Write, title: &str, split: &SplitScores, pruned_depth: usize) -> io::Result<()> {
    let columns: Vec<&Score> = SCORES.iter().filter(|score| score.in_tables).collect();
    let deepest = split.per_depth.len().saturating_sub(1);
    writeln!(out)?;
    header(out, &format!("{title:<24}"), &columns)?;
    for (predictive, scores) in &split.predictives {
        let name = match predictive {
            Predictive::Pruned => format!("pruned to {pruned_depth}"),
            Predictive::Deepest => format!("depth {deepest} alone"),
            other => other.label().to_owned(),
        };
        row(out, &format!("{name:<24}"), &columns, scores)?;
    }
    Ok(())
}

fn per_depth(out: &mut dyn Write, split: &SplitScores, posterior: &[f64]) -> io::Result<()> {
    let columns: Vec<&Score> = SCORES.iter().filter(|score| score.per_depth).collect();
    writeln!(out)?;
    header(out, &format!("{:<6}{:>12}", "depth", "posterior"), &columns)?;
    for (depth, (scores, probability)) in split.per_depth.iter().zip(posterior).enumerate() {
        row(out, &format!("{depth:<6}{probability:>12.4}"), &columns, scores)?;
    }
    Ok(())
}

/// What each pruning rule chooses, and what that costs on the validation split; without one, what the posterior's rules choose.
pub(crate) fn choices(out: &mut dyn Write, choices: &[RuleChoice], posterior: &DepthPosterior) -> io::Result<()> {
    let mut rows = vec![
        ["rule", "depth", "cost in validation NLL", "with stacked weights"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(choices.iter().map(|choice| {
        let (rule, depth) = (choice.rule.to_string(), choice.depth.to_string());
        vec![rule, depth, difference(&choice.cost), difference(&choice.stacked_cost)]
    }));
    if choices.is_empty() {
        let depths = PruningRule::EXAMPLES
            .into_iter()
            .map(|rule| (rule, rule.pruned_depth(posterior, None)));
        rows.extend(depths.map(|(rule, depth)| {
            let depth = depth.map_or_else(|_| "-".to_owned(), |depth| depth.to_string());
            vec![rule.to_string(), depth, "no validation split".to_owned(), String::new()]
        }));
    }
    write!(out, "{}", align(&rows, 1))
}

/// A difference with its interval.
fn difference(difference: &PairedDifference) -> String {
    let interval = difference
        .interval
        .map_or_else(String::new, |[low, high]| format!(" [{low:+.4}, {high:+.4}]"));
    format!("{:+.4}{interval}", difference.mean)
}

fn header(out: &mut dyn Write, start: &str, columns: &[&Score]) -> io::Result<()> {
    write!(out, "{start}")?;
    columns.iter().try_for_each(|score| write!(out, "{:>9}", score.label))?;
    writeln!(out)
}

fn row(out: &mut dyn Write, start: &str, columns: &[&Score], scores: &Scores) -> io::Result<()> {
    write!(out, "{start}")?;
    for score in columns {
        let text = scores
            .get(score.key)
            .map_or_else(|| "-".to_owned(), |value| score.format(value));
        write!(out, "{text:>9}")?;
    }
    writeln!(out)
}

/// A table as lines without trailing blanks, its head first: columns as wide as their widest cell, the first `n_left` flush
/// left, the others flush right.
pub(crate) fn align(rows: &[Vec<String>], n_left: usize) -> String {
    let n_columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let widths: Vec<usize> = (0..n_columns)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row.iter().zip(&widths).enumerate();
        let cells = cells.map(|(column, (cell, &width))| match column < n_left {
            true => format!("{cell:<width$}"),
            false => format!("{cell:>width$}"),
        });
        let line = cells.collect::<Vec<_>>().join("  ");
        text.push_str(line.trim_end());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdict_of_a_failure_does_not_depend_on_printing_it() {
        let broken = |kind: io::ErrorKind| {
            Err(Error::Output {
                hint: None,
                source: kind.into(),
            }
            .into())
        };
        for kind in [io::ErrorKind::BrokenPipe, io::ErrorKind::StorageFull] {
            for code in [ExitCode::Failure, ExitCode::BadInput, ExitCode::Interrupted] {
                assert_eq!(verdict(code, broken(kind)).unwrap(), code);
            }
            assert!(verdict(ExitCode::Success, broken(kind)).is_err());
        }
        assert_eq!(verdict(ExitCode::Success, Ok(())).unwrap(), ExitCode::Success);
    }

    #[test]
    fn table_columns_count_characters_not_bytes() {
        let row = |cells: [&str; 3]| cells.map(str::to_owned).to_vec();
        let rows = [row(["step", "x", "seconds"]), row(["fmt", "yy", "1 ± 0"])];
        assert_eq!(align(&rows, 2), "step  x   seconds\nfmt   yy    1 ± 0\n");
    }
}
