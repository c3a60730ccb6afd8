//! `vds sweep`: many runs from one plan.
//!
//! `plan` turns a plan into cells, each a training run with its resolved configuration; `run` trains those that are not
//! finished, each in a process of its own, and resumes those that were interrupted; `status` lists them.
//! A cell is finished when its run directory has a summary and the cell's configuration.

mod cell;
mod plan;
mod plan_file;
mod run;
mod status;
mod table;

use anyhow::Result;
use clap::Subcommand;

use crate::error::ExitCode;

/// Train many networks from one plan
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Sweep {
    Plan(plan::Plan),
    Run(run::Run),
    Status(status::Status),
}

impl Sweep {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Self::Plan(plan) => plan.run(),
            Self::Run(run) => run.run(),
            Self::Status(status) => status.run(),
        }
    }
}
