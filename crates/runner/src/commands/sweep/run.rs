//! `vds sweep run`.

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anyhow::{Context as _, Result};
use clap::Args;
use vds_calibration::score;
use vds_files::Shown as _;
use vds_records::{Cell, Predictive, Summary, Sweep, ThreadSharing};

use super::cell::{Outcome, Trainer};
use super::table;
use crate::arguments::{DataDir, Threads};
use crate::clock::Stopwatch;
use crate::error::{ExitCode, OrInput as _};
use crate::output;
use crate::signals::Interrupt;

/// Train the cells of a sweep that are not finished, resume those that were interrupted, and print the table
///
/// Exit codes: 0 all cells are finished; 1 some have failed, or another process trains them; 75 interrupted, the same command
/// resumes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    /// Replace runs that have another configuration than the plan
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    threads: Threads,
    #[command(flatten)]
    data_dir: DataDir,
}

impl Run {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let folder = self.sweep.canonicalize();
        let folder = folder.or_input(|| format!("reading the sweep {}", self.sweep.shown()))?;
        let data_dir = self.data_dir.data_dir.map(|dir| {
            let absolute = dir.canonicalize();
            absolute.or_input(|| format!("--data-dir {}", dir.shown()))
        });
        let interrupt = Interrupt::listen().context("listening for signals")?;
        let trainer = Trainer {
            folder: &folder,
            program: std::env::current_exe().context("finding this program")?,
            data_dir: data_dir.transpose()?,
            interrupt: &interrupt,
            overwrite: self.overwrite,
        };
        let (n_cells, n_ended) = (sweep.cells.len(), AtomicUsize::new(0));
        // What cannot be printed is not a reason to stop; the last lines say so.
        let _ = output::print(|out| writeln!(out, "{n_cells} cells in {}", self.sweep.shown()));
        let outcomes = in_order(&sweep.cells, self.threads.number(), |cell, n_threads| {
            let stopwatch = Stopwatch::start();
            let outcome = trainer.train(cell, n_threads);
            let ended = n_ended.fetch_add(1, Ordering::Relaxed) + 1;
            let line = describe(cell, &outcome, stopwatch.seconds());
            let _ = output::print(|out| writeln!(out, "[{ended:>2}/{n_cells}] {line}"));
            outcome
        });
        let code = exit_code(&outcomes);
        let mut finished: Vec<(&Cell, Summary)> = sweep.cells.iter().zip(outcomes).filter_map(finished).collect();
        finished.sort_by_key(|(cell, _)| cell.place);
        let table = table::render(&finished);
        let printed = output::print_stored("sweep", &self.sweep, |out| write!(out, "\n{table}"));
        output::verdict(code, printed.map_err(Into::into))
    }
}

fn finished((cell, outcome): (&Cell, Outcome)) -> Option<(&Cell, Summary)> {
    match outcome {
        Outcome::Kept(summary) | Outcome::Trained(summary) => Some((cell, *summary)),
        Outcome::Interrupted | Outcome::InUse | Outcome::Failed(_) => None,
    }
}

fn exit_code(outcomes: &[Outcome]) -> ExitCode {
    let any = |is: fn(&Outcome) -> bool| outcomes.iter().any(is);
    if any(|outcome| matches!(outcome, Outcome::Interrupted)) {
        ExitCode::Interrupted
    } else if any(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::InUse)) {
        ExitCode::Failure
    } else {
        ExitCode::Success
    }
}

fn describe(cell: &Cell, outcome: &Outcome, seconds: f64) -> String {
    let label = cell.label();
    let label = label.shown();
    let result = |summary: &Summary| {
        let error = score("error").map(|score| score.format(summary.test().of(Predictive::Marginal).error()));
        format!("{label}: test error {}", error.unwrap_or_default())
    };
    match outcome {
        Outcome::Kept(summary) => format!("{} (finished before)", result(summary)),
        Outcome::Trained(summary) => format!("{} ({seconds:.1} s)", result(summary)),
        Outcome::Interrupted => format!("{label}: interrupted; the same command resumes it"),
        Outcome::InUse => format!("{label}: another process trains it"),
        Outcome::Failed(reason) => format!("{label}: FAILED: {reason}"),
    }
}

/// Calls `run` with every cell and its number of threads: small cells side by side, large ones one after another. The results
/// are in the order of the cells; one that fails does not stop the others.
fn in_order<T: Send>(cells: &[Cell], n_threads: usize, run: impl Fn(&Cell, usize) -> T + Sync) -> Vec<T> {
    let mut results = Vec::with_capacity(cells.len());
    for group in cells.chunk_by(|a, b| a.threads == b.threads) {
        let (n_workers, n_threads_each) = match group[0].threads {
            ThreadSharing::OnePerCell => (n_threads.min(group.len()), 1),
            ThreadSharing::AllForOneCell => (1, n_threads),
        };
        let next = AtomicUsize::new(0);
        let slots: Vec<Mutex<Option<T>>> = group.iter().map(|_| Mutex::new(None)).collect();
        let work = || {
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some((cell, slot)) = group.get(index).zip(slots.get(index)) else {
                    return;
                };
                let result = run(cell, n_threads_each);
                *slot.lock().expect("no worker panics with the lock") = Some(result);
            }
        };
        thread::scope(|scope| {
            for _ in 1..n_workers {
                scope.spawn(work);
            }
            work();
        });
        results.extend(slots.into_iter().map(|slot| {
            let result = slot.into_inner().expect("no worker panics with the lock");
            result.expect("every cell was taken")
        }));
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells() -> Vec<Cell> {
        let cell = |index: usize| Cell {
            id: index.to_string(),
            experiment: "e".to_owned(),
            name: index.to_string(),
            threads: match index < 6 {
                true => ThreadSharing::OnePerCell,
                false => ThreadSharing::AllForOneCell,
            },
            place: index,
            work: None,
        };
        (0..9).map(cell).collect()
    }

    #[test]
    fn sweep_results_keep_the_order_of_the_cells() {
        for n_threads in [1, 2, 7] {
            let names = in_order(&cells(), n_threads, |cell, _| cell.name.clone());
            let expected: Vec<String> = (0..9).map(|index: usize| index.to_string()).collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn sweep_runs_large_cells_alone_with_all_threads() {
        let running = AtomicUsize::new(0);
        in_order(&cells(), 4, |cell, n_threads| {
            let n_others = running.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
            match cell.threads {
                ThreadSharing::OnePerCell => assert_eq!(n_threads, 1),
                ThreadSharing::AllForOneCell => assert_eq!((n_threads, n_others), (4, 0), "{}", cell.name),
            }
        });
    }
}
