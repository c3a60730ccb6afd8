//! `vds sweep retry`.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::Sweep;
use vds_sweeps::{Failure, State, state};

use super::here::here;
use super::selection::named;
use crate::error::ExitCode;
use crate::output;

/// Have the next `vds sweep run` train cells that have failed
#[derive(Clone, Debug, Args)]
pub(crate) struct Retry {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    /// Only the cell with this id or label; may be repeated
    #[arg(long = "cell", value_name = "ID")]
    cells: Vec<String>,
}

impl Retry {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let here = here();
        let mut labels = Vec::new();
        for cell in named(&self.cells, &sweep)? {
            if state(&self.sweep, cell, &here)? == State::Failed {
                Failure::forget(&self.sweep, cell)?;
                labels.push(cell.label());
            }
        }
        output::print(|out| {
            for label in &labels {
                writeln!(out, "{}", label.shown())?;
            }
            writeln!(out, "{} cells are to be trained again", labels.len())
        })?;
        Ok(ExitCode::Success)
    }
}
