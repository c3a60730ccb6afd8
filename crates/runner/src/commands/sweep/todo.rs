//! `vds sweep todo`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_records::Sweep;
use vds_sweeps::{State, ranges, state};

use super::here::here;
use crate::error::ExitCode;
use crate::output;

/// Print the indices of the cells that are not finished, as --array of Slurm and HyperQueue takes them: 3,17,40-44
///
/// Left out are cells that a process trains, that have failed, or whose run has another configuration; nothing is printed if none
/// is left.
#[derive(Clone, Debug, Args)]
pub(crate) struct Todo {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    /// Print the cells that have failed in their place
    #[arg(long)]
    failed: bool,
}

impl Todo {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let here = here();
        let mut indices = Vec::new();
        for (index, cell) in sweep.cells.iter().enumerate() {
            let state = state(&self.sweep, cell, &here)?;
            let is_wanted = match self.failed {
                true => state == State::Failed,
                false => state.is_to_do(),
            };
            indices.extend(is_wanted.then_some(index));
        }
        if !indices.is_empty() {
            output::print(|out| writeln!(out, "{}", ranges(&indices)))?;
        }
        Ok(ExitCode::Success)
    }
}
