//! Which cells a call of `vds sweep run` is for.

use clap::Args;
use vds_files::excerpt;
use vds_records::{Cell, Sweep};

use crate::error::Error;

/// Variables in which engines give the number of a task, with the number of the first one.
const TASK_VARIABLES: [(&str, usize); 3] = [("SLURM_ARRAY_TASK_ID", 0), ("HQ_TASK_ID", 0), ("PARALLEL_SEQ", 1)];

/// Some cells of a sweep; all without any of these.
#[derive(Clone, Debug, Args)]
pub(super) struct Selection {
    /// Take only the cell with this index (from 0, costliest first), or `env`: that in SLURM_ARRAY_TASK_ID, HQ_TASK_ID or
    /// PARALLEL_SEQ
    #[arg(long, value_name = "N|env", conflicts_with = "cells")]
    index: Option<String>,
    /// What to add to --index times --batch: arrays of schedulers have a largest index
    #[arg(long, value_name = "N", default_value_t = 0, requires = "index")]
    offset: usize,
    /// Take so many cells for an index, the Nth batch in place of the Nth cell
    #[arg(long, value_name = "N", default_value = "1", requires = "index")]
    batch: std::num::NonZeroUsize,
    /// Take only the cell with this id or label; may be repeated
    #[arg(long = "cell", value_name = "ID")]
    cells: Vec<String>,
}

impl Selection {
    /// Whether a scheduler or a user has named cells.
    pub(super) fn is_given(&self) -> bool {
        self.index.is_some() || !self.cells.is_empty()
    }

    /// The cells, in the order of the sweep.
    ///
    /// # Errors
    /// [`Error::Input`] with the flag if there is no such cell.
    pub(super) fn cells<'a>(&self, sweep: &'a Sweep) -> Result<Vec<&'a Cell>, Error> {
        let n_cells = sweep.cells.len();
        if let Some(index) = &self.index {
            let first = task(index, |name| std::env::var(name).ok())?;
            let first = first
                .checked_mul(self.batch.get())
                .and_then(|at| at.checked_add(self.offset));
            let cells = first
                .and_then(|first| sweep.cells.get(first..))
                .filter(|cells| !cells.is_empty());
            return match cells {
                Some(cells) => Ok(cells.iter().take(self.batch.get()).collect()),
                None => Err(Error::input(format!(
                    "--index {}: there is no such cell, the sweep has {n_cells}",
                    excerpt(index)
                ))),
            };
        }
        named(&self.cells, sweep)
    }
}

/// The cells with these ids or labels; all if there are no names.
///
/// # Errors
/// [`Error::Input`] for a name that no cell has.
pub(super) fn named<'a>(names: &[String], sweep: &'a Sweep) -> Result<Vec<&'a Cell>, Error> {
    let is = |cell: &Cell, name: &String| cell.id == *name || cell.label() == *name;
    if let Some(unknown) = names.iter().find(|name| !sweep.cells.iter().any(|cell| is(cell, name))) {
        return Err(Error::input(format!(
            "--cell {}: the sweep has no such cell",
            excerpt(unknown)
        )));
    }
    let cells = sweep.cells.iter();
    Ok(cells
        .filter(|cell| names.is_empty() || names.iter().any(|name| is(cell, name)))
        .collect())
}

/// The number of a task as given, or as an engine's variable has it.
fn task(text: &str, variable: impl Fn(&str) -> Option<String>) -> Result<usize, Error> {
    let malformed = |what: String| Error::input(format!("{what}: expected a whole number"));
    if text != "env" {
        return text
            .parse()
            .map_err(|_| malformed(format!("--index {}", excerpt(text))));
    }
    for (name, first) in TASK_VARIABLES {
        if let Some(value) = variable(name) {
            let number = value.parse().ok().and_then(|number: usize| number.checked_sub(first));
            return number.ok_or_else(|| malformed(format!("{name}={}", excerpt(&value))));
        }
    }
    let names = TASK_VARIABLES.map(|(name, _)| name).join(", ");
    Err(Error::input(format!("--index env: none of {names} is set")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sweep_index_comes_from_the_variable_of_the_engine() {
        let with =
            |name: &'static str, value: &'static str| move |asked: &str| (asked == name).then(|| value.to_owned());
        assert_eq!(task("7", |_| None).unwrap(), 7);
        assert_eq!(task("env", with("SLURM_ARRAY_TASK_ID", "3")).unwrap(), 3);
        assert_eq!(task("env", with("HQ_TASK_ID", "3")).unwrap(), 3);
        assert_eq!(task("env", with("PARALLEL_SEQ", "3")).unwrap(), 2);
        let message = |error: Error| error.to_string();
        let expected = "PARALLEL_SEQ=0: expected a whole number";
        assert_eq!(message(task("env", with("PARALLEL_SEQ", "0")).unwrap_err()), expected);
        assert!(message(task("env", |_| None).unwrap_err()).contains("HQ_TASK_ID"));
        assert_eq!(
            message(task("x", |_| None).unwrap_err()),
            "--index x: expected a whole number"
        );
    }
}
