//! `vds sweep plan`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Result;
use clap::Args;
use vds_files::{Shown as _, remove_leftovers};
use vds_kernels::Isa;
use vds_records::files::{SWEEP, SWEEP_SCHEMA};
use vds_records::{Cell, Sweep};
use vds_sweeps::CostModel;

use super::plan_file::PlanFile;
use crate::error::{Error, ExitCode, OrInput as _};
use crate::output;
use crate::run_dir::write_atomically;

/// Resolve the configurations of a plan and write them as the cells of a sweep; runs that are there stay
#[derive(Clone, Debug, Args)]
pub(crate) struct Plan {
    /// Plan
    #[arg(value_name = "PLAN.ron")]
    plan: PathBuf,
    /// Folder of the sweep; one that is there must hold a sweep
    #[arg(long, short, value_name = "DIR")]
    out: PathBuf,
    /// Take only this experiment; may be repeated
    #[arg(long, value_name = "EXPERIMENT")]
    only: Vec<String>,
}

impl Plan {
    pub(super) fn run(self) -> Result<ExitCode> {
        let plan = PlanFile::read(&self.plan)?;
        let cells = plan.cells(&self.plan, &self.only)?;
        check_folder(&self.out)?;
        let making = || format!("making the folder {}", self.out.shown());
        fs::create_dir_all(self.out.join("cells")).or_input(making)?;
        for folder in [&self.out, &self.out.join("cells")] {
            remove_leftovers(folder).or_input(|| format!("removing unfinished files in {}", folder.shown()))?;
        }
        for planned in &cells {
            let path = self.out.join(planned.cell.config());
            write_atomically(&path, planned.config.to_ron().as_bytes())?;
        }
        let mut cells: Vec<Cell> = cells.into_iter().map(|planned| planned.cell).collect();
        // Costliest first: begun last, such a cell would keep one worker busy while the others have nothing left. Equal ones stay
        // in the order of the plan.
        let (model, instruction_set) = (CostModel::default(), Isa::detect().name());
        let seconds = |cell: &Cell| model.seconds(cell, instruction_set, 1);
        cells.sort_by(|a, b| seconds(b).total_cmp(&seconds(a)));
        let n_cells = cells.len();
        let sweep = Sweep {
            schema: SWEEP_SCHEMA,
            name: plan.name,
            cells,
        };
        // Last: a folder without it is not a sweep.
        let text = serde_json::to_string_pretty(&sweep)?;
        write_atomically(&self.out.join(SWEEP), format!("{text}\n").as_bytes())?;
        output::print_stored("sweep", &self.out, |out| {
            writeln!(out, "{n_cells} cells in {}", self.out.shown())
        })?;
        Ok(ExitCode::Success)
    }
}

/// Refuses a folder with something else in it.
fn check_folder(folder: &Path) -> Result<(), Error> {
    let shown = folder.shown();
    if Sweep::is_in(folder) {
        // Another program may call a file so, too.
        return Sweep::read(folder)
            .map(drop)
            .or_input(|| format!("{shown} does not hold a sweep"));
    }
    let mut entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error).or_input(|| format!("looking into the output folder {shown}")),
    };
    // What a process leaves that was killed before it wrote the rest.
    let is_leftover = |entry: io::Result<fs::DirEntry>| {
        let name = entry.map(|entry| entry.file_name());
        name.is_ok_and(|name| name == "cells" || name.to_string_lossy().starts_with(".vds-"))
    };
    match entries.all(is_leftover) {
        true => Ok(()),
        false => Err(Error::input_with_hint(
            format!("{shown} is not empty and does not hold a sweep"),
            "choose another folder",
        )),
    }
}
