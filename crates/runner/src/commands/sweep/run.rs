//! `vds sweep run`.

use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use vds_calibration::score;
use vds_files::Shown as _;
use vds_kernels::Isa;
use vds_records::{Cell, Predictive, RunReader, Summary, Sweep, ThreadSharing};
use vds_sweeps::{CostModel, Division, observations};

use super::cell::{Outcome, Trainer};
use super::here::here;
use super::recompute::recompute;
use super::requeue::requeue;
use super::selection::Selection;
use super::table;
use crate::arguments::{DataDir, Threads, n_threads};
use crate::clock::Stopwatch;
use crate::error::{ExitCode, OrInput as _};
use crate::output;
use crate::signals::Interrupt;

/// Train the cells of a sweep that are not finished, resume those that were interrupted, and print the table
///
/// Several processes, also on several hosts that share the folder, may do so at once: each takes what no other has. A cell that has
/// failed is not tried again before `vds sweep retry`. Exit codes: 0 all cells are finished; 1 some have failed, or another process
/// trains them (not with --index and --cell: then it is left to that process); 75 interrupted, the same command resumes.
#[derive(Clone, Debug, Args)]
pub(crate) struct Run {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    #[command(flatten)]
    selection: Selection,
    /// Cells to train side by side, which share the threads; by default what the cost model takes for the fastest
    #[arg(long, short, value_name = "N", value_parser = n_threads)]
    jobs: Option<NonZeroUsize>,
    /// Save the state and end after so many minutes, with exit code 75; fractions are allowed
    #[arg(long, value_name = "X", value_parser = minutes)]
    time_limit: Option<Duration>,
    /// In a task of Slurm: if SIGUSR1 or --time-limit ends it early, have Slurm queue it again
    #[arg(long)]
    requeue: bool,
    /// Take cells with a record in this folder from there instead of training them
    #[arg(long, value_name = "DIR")]
    results: Option<PathBuf>,
    /// Train N cells again that have a record in --results, chosen at random, and print what is not reproduced
    #[arg(long, value_name = "N", requires = "results", conflicts_with_all = ["requeue", "time_limit"])]
    recompute: Option<usize>,
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
        let stopwatch = Stopwatch::start();
        let sweep = Sweep::read(&self.sweep)?;
        let cells = self.selection.cells(&sweep)?;
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
            here: here(),
            results: self.results.clone(),
            stopwatch,
            time_limit: self.time_limit,
        };
        let n_threads = self.threads.number();
        if let Some((n, results)) = self.recompute.zip(self.results.as_deref()) {
            return recompute(&trainer, &cells, results, n, n_threads);
        }
        let division = match self.jobs {
            Some(n_jobs) => Division::with_jobs(n_jobs.get(), n_threads),
            None => fastest(&folder, &sweep, &cells, n_threads),
        };
        let (n_cells, n_ended) = (cells.len(), AtomicUsize::new(0));
        // What cannot be printed is not a reason to stop; the last lines say so.
        let _ = output::print(|out| writeln!(out, "{n_cells} cells in {}", self.sweep.shown()));
        let outcomes = drain(&cells, division, |cell, n_threads| {
            let stopwatch = Stopwatch::start();
            let outcome = trainer.train(cell, n_threads);
            let ended = n_ended.fetch_add(1, Ordering::Relaxed) + 1;
            let line = describe(cell, &outcome, stopwatch.seconds());
            let _ = output::print(|out| writeln!(out, "[{ended:>2}/{n_cells}] {line}"));
            outcome
        });
        let code = exit_code(&outcomes, self.selection.is_given());
        // Not after SIGTERM: whoever cancels a task does not want it back.
        let is_out_of_time = interrupt.time_is_up() || !interrupt.came();
        if self.requeue && code == ExitCode::Interrupted && is_out_of_time {
            requeue();
        }
        if self.selection.is_given() {
            return Ok(code);
        }
        let mut finished: Vec<(&Cell, Summary)> = cells.into_iter().zip(outcomes).filter_map(finished).collect();
        finished.sort_by_key(|(cell, _)| cell.place);
        let table = table::render(&finished);
        let printed = output::print_stored("sweep", &self.sweep, |out| write!(out, "\n{table}"));
        output::verdict(code, printed.map_err(Into::into))
    }
}

/// How many cells side by side are finished first, by the cost model of those that are finished already.
fn fastest(folder: &Path, sweep: &Sweep, cells: &[&Cell], n_threads: usize) -> Division {
    let model = CostModel::fit(&observations(folder, sweep));
    let instruction_set = Isa::detect().name();
    let is_left = |cell: &&&Cell| !RunReader::new(&folder.join(cell.run())).is_finished();
    let left: Vec<&Cell> = cells.iter().filter(is_left).copied().collect();
    Division::fastest(left.len(), n_threads, |index, n_threads| {
        model.seconds(left[index], instruction_set, n_threads)
    })
}

fn finished((cell, outcome): (&Cell, Outcome)) -> Option<(&Cell, Summary)> {
    match outcome {
        Outcome::Kept(summary) | Outcome::Trained(summary) => Some((cell, *summary)),
        Outcome::Interrupted | Outcome::InUse | Outcome::Failed(_) | Outcome::FailedBefore(_) => None,
    }
}

fn exit_code(outcomes: &[Outcome], is_selection: bool) -> ExitCode {
    let any = |is: fn(&Outcome) -> bool| outcomes.iter().any(is);
    let is_left = !is_selection && any(|outcome| matches!(outcome, Outcome::InUse));
    if any(|outcome| matches!(outcome, Outcome::Interrupted)) {
        ExitCode::Interrupted
    } else if is_left || any(|outcome| matches!(outcome, Outcome::Failed(_) | Outcome::FailedBefore(_))) {
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
        Outcome::FailedBefore(reason) => {
            format!("{label}: FAILED before, `vds sweep retry` has it tried again: {reason}")
        }
    }
}

/// Calls `run` with every cell and its number of threads, as many at a time as the division says. The results are in the order of
/// the cells; one that fails does not stop the others. What another process had is looked at once more at the end: it may have
/// ended early.
fn drain(cells: &[&Cell], division: Division, run: impl Fn(&Cell, usize) -> Outcome + Sync) -> Vec<Outcome> {
    let n_threads = |cell: &Cell| match cell.threads {
        ThreadSharing::OnePerCell => 1,
        ThreadSharing::AllForOneCell => division.n_threads,
    };
    let slots: Vec<Mutex<Option<Outcome>>> = cells.iter().map(|_| Mutex::new(None)).collect();
    let mut indices: Vec<usize> = (0..cells.len()).collect();
    for _ in 0..2 {
        let next = AtomicUsize::new(0);
        let work = || {
            while let Some(&index) = indices.get(next.fetch_add(1, Ordering::Relaxed)) {
                let outcome = run(cells[index], n_threads(cells[index]));
                *slots[index].lock().expect("no worker panics with the lock") = Some(outcome);
            }
        };
        thread::scope(|scope| {
            for _ in 1..division.n_jobs.min(indices.len()) {
                scope.spawn(work);
            }
            work();
        });
        indices.retain(|&index| {
            let slot = slots[index].lock().expect("no worker panics with the lock");
            matches!(*slot, Some(Outcome::InUse))
        });
    }
    let outcomes = slots.into_iter().map(|slot| {
        let outcome = slot.into_inner().expect("no worker panics with the lock");
        outcome.expect("every cell was taken")
    });
    outcomes.collect()
}

fn minutes(text: &str) -> Result<Duration, String> {
    let minutes = text
        .parse()
        .ok()
        .filter(|minutes: &f64| minutes.is_finite() && *minutes > 0.0);
    let seconds = minutes.and_then(|minutes| Duration::try_from_secs_f64(minutes * 60.0).ok());
    seconds.ok_or_else(|| "expected a positive number of minutes".to_owned())
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
        let cells = cells();
        let cells: Vec<&Cell> = cells.iter().collect();
        for n_threads in [1, 2, 7] {
            let outcomes = drain(&cells, Division::with_jobs(n_threads, n_threads), |cell, _| {
                Outcome::Failed(cell.name.clone())
            });
            let names: Vec<String> = outcomes.iter().map(|outcome| format!("{outcome:?}")).collect();
            let expected: Vec<String> = (0..9).map(|index: usize| format!("Failed(\"{index}\")")).collect();
            assert_eq!(names, expected);
        }
    }

    #[test]
    fn sweep_gives_a_small_cell_one_thread_and_a_large_one_its_share() {
        let cells = cells();
        let cells: Vec<&Cell> = cells.iter().collect();
        let running = AtomicUsize::new(0);
        drain(&cells, Division::with_jobs(2, 8), |cell, n_threads| {
            let n_others = running.fetch_add(1, Ordering::SeqCst);
            thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
            let expected = match cell.threads {
                ThreadSharing::OnePerCell => 1,
                ThreadSharing::AllForOneCell => 4,
            };
            assert_eq!((n_threads, n_others < 2), (expected, true), "{}", cell.name);
            Outcome::Interrupted
        });
    }

    #[test]
    fn sweep_looks_once_more_at_what_another_process_had() {
        let cells = cells();
        let n_calls = AtomicUsize::new(0);
        let outcomes = drain(&[&cells[0]], Division::with_jobs(1, 1), |_, _| {
            match n_calls.fetch_add(1, Ordering::SeqCst) {
                0 => Outcome::InUse,
                _ => Outcome::Interrupted,
            }
        });
        assert!(matches!(outcomes[..], [Outcome::Interrupted]));
    }

    #[test]
    fn sweep_leaves_a_named_cell_to_the_process_that_has_it() {
        assert_eq!(exit_code(&[Outcome::InUse], true), ExitCode::Success);
        assert_eq!(exit_code(&[Outcome::InUse], false), ExitCode::Failure);
        assert_eq!(
            exit_code(&[Outcome::FailedBefore(String::new())], true),
            ExitCode::Failure
        );
    }
}
