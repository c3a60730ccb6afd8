//! `vds sweep status`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::Sweep;

use super::cell::{State, state};
use crate::error::ExitCode;
use crate::output;

/// List the cells of a sweep and how far each is
#[derive(Clone, Debug, Args)]
pub(crate) struct Status {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
}

impl Status {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let cells = sweep.in_plan_order();
        let states = cells.iter().map(|cell| state(&self.sweep, cell));
        let states: Vec<State> = states.collect::<Result<_, _>>()?;
        let n_finished = states.iter().filter(|state| **state == State::Finished).count();
        output::print(|out| {
            for (cell, state) in cells.iter().zip(&states) {
                writeln!(out, "{}  {}: {}", cell.id.shown(), cell.label().shown(), state.name())?;
            }
            writeln!(out, "{n_finished} of {} cells are finished", states.len())
        })?;
        Ok(ExitCode::Success)
    }
}
