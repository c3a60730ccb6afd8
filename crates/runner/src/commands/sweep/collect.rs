//! `vds sweep collect`.

use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use vds_files::Shown as _;
use vds_records::{RunReader, Sweep};
use vds_sweeps::{Finished, csv};

use crate::error::ExitCode;
use crate::output;
use crate::run_dir::write_atomically;

/// Write the outcomes of the finished cells as one table
#[derive(Clone, Debug, Args)]
pub(crate) struct Collect {
    /// Folder of the sweep
    #[arg(value_name = "DIR")]
    sweep: PathBuf,
    /// File to write the comma-separated values to, or `-` for the standard output
    #[arg(long, value_name = "FILE.csv", default_value = "-")]
    csv: PathBuf,
}

impl Collect {
    pub(super) fn run(self) -> Result<ExitCode> {
        let sweep = Sweep::read(&self.sweep)?;
        let mut finished = Vec::new();
        for cell in sweep.in_plan_order() {
            let run = RunReader::new(&self.sweep.join(cell.run()));
            if run.is_finished() {
                finished.push(Finished {
                    cell,
                    summary: run.summary()?,
                    timing: run.timing(),
                });
            }
        }
        let (text, n_cells) = (csv(&finished), sweep.cells.len());
        if self.csv == Path::new("-") {
            output::print(|out| write!(out, "{text}"))?;
            return Ok(ExitCode::Success);
        }
        write_atomically(&self.csv, text.as_bytes())?;
        output::print_stored("table", &self.csv, |out| {
            writeln!(out, "{} of {n_cells} cells in {}", finished.len(), self.csv.shown())
        })?;
        Ok(ExitCode::Success)
    }
}
