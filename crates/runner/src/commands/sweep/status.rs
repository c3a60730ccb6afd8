//! `vds sweep status`.

use std::io::{self, Write};
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;
use vds_files::Shown as _;
use vds_kernels::Isa;
use vds_records::Sweep;
use vds_sweeps::{CostModel, Progress, State, observations};

use super::here::here;
use crate::error::ExitCode;
use crate::output;
use crate::progress::Watch;
use crate::signals::Interrupt;

/// How often `--watch` looks.
const PERIOD: Duration = Duration::from_secs(2);
/// Columns of a bar.
const BAR_WIDTH: usize = 24;

/// List the cells of a sweep and how far each is
#[derive(Clone, Debug, Args)]
pub(crate) struct Status {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    /// Show a bar per running cell and the time left until nothing is left to train
    #[arg(long)]
    watch: bool,
}

impl Status {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let read = || {
            let model = CostModel::fit(&observations(&self.sweep, &sweep));
            let progress = Progress::read(&self.sweep, &sweep, &here(), &model, Isa::detect().name());
            progress.map(|progress| (progress, model))
        };
        if self.watch {
            let interrupt = Interrupt::listen().context("listening for signals")?;
            interrupt.nothing_to_save();
            let mut watch = Watch::default();
            loop {
                let (progress, model) = read()?;
                watch.show(&lines(&progress, &model))?;
                let n_left = progress.cells.iter().filter(|(_, state)| state.is_to_do()).count();
                if progress.running.len() + n_left == 0 {
                    return Ok(ExitCode::Success);
                }
                thread::sleep(PERIOD);
            }
        }
        let (progress, model) = read()?;
        output::print(|out| {
            for (cell, state) in &progress.cells {
                writeln!(out, "{}  {}: {}", cell.id.shown(), cell.label().shown(), state.name())?;
            }
            print_model(out, &model)?;
            let n_finished = progress.n(State::Finished);
            writeln!(out, "{n_finished} of {} cells are finished", progress.cells.len())
        })?;
        Ok(ExitCode::Success)
    }
}

/// What was fitted, and how far cells are from it.
fn print_model(out: &mut dyn Write, model: &CostModel) -> io::Result<()> {
    model.fits().try_for_each(|(kind, set, fit)| {
        let (gigaflops, n) = (1e-9 / fit.seconds_per_flop, fit.n_cells);
        write!(
            out,
            "cost model: {kind} on {set}: {gigaflops:.2} GFLOP/s a thread ({n} cells"
        )?;
        match fit.error_factor {
            Some(error) => writeln!(out, ", typically within a factor of {error:.2})"),
            None => writeln!(out, ")"),
        }
    })
}

/// A bar per running cell, and the counts with the time left.
fn lines(progress: &Progress<'_>, model: &CostModel) -> Vec<String> {
    let bars = progress.running.iter().map(|(cell, done)| {
        let epochs = cell.work.map_or(0, |work| work.epochs);
        let n_full = (BAR_WIDTH * done.min(&epochs)).checked_div(epochs).unwrap_or(0);
        let bar = "█".repeat(n_full) + &"░".repeat(BAR_WIDTH - n_full);
        format!("{bar} {done}/{epochs}  {}", cell.label().shown())
    });
    let counts = State::ALL.into_iter().map(|state| (progress.n(state), state));
    let counts = counts
        .filter(|(n, _)| *n > 0)
        .map(|(n, state)| format!("{n} {}", state.name()));
    let error = model.error_factor();
    let error = error.map_or_else(
        || ", a guess".to_owned(),
        |error| format!(", within a factor of {error:.2}"),
    );
    let left = time(progress.seconds_left);
    let last = format!(
        "{}; {left} left by the cost model{error}",
        counts.collect::<Vec<_>>().join(", ")
    );
    bars.chain([last]).collect()
}

/// A time in the largest unit of which it has one, and the next.
fn time(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.0} s"),
        s if s < 3600.0 => format!("{:.0} min", s / 60.0),
        s => format!("{:.1} h", s / 3600.0),
    }
}

#[cfg(test)]
mod tests {
    use vds_records::{Cell, NetworkKind, ThreadSharing, Work};

    use super::*;

    #[test]
    fn sweep_watch_has_a_bar_per_running_cell_and_the_time_left() {
        let cell = Cell {
            id: String::new(),
            experiment: "e".to_owned(),
            name: "s1".to_owned(),
            threads: ThreadSharing::OnePerCell,
            place: 0,
            work: Some(Work {
                network: NetworkKind::Fc,
                train_flops: 1.0,
                memory: 0,
                epochs: 40,
            }),
        };
        let progress = Progress {
            cells: vec![(&cell, State::InUse), (&cell, State::New), (&cell, State::New)],
            running: vec![(&cell, 10)],
            seconds_left: 7200.0,
        };
        assert_eq!(
            lines(&progress, &CostModel::default()),
            [
                "██████░░░░░░░░░░░░░░░░░░ 10/40  e/s1",
                "1 in use, 2 new; 2.0 h left by the cost model, a guess"
            ]
        );
    }
}
