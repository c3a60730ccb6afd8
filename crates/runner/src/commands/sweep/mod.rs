//! `vds sweep`: many runs from one plan.
//!
//! `plan` turns a plan into cells, each a training run with its resolved configuration; `run` trains those that are not
//! finished, each in a process of its own, and resumes those that were interrupted; the others look at the folder.
//! What a sweep is made of is in `vds-sweeps`.

mod cell;
mod collect;
mod here;
mod plan;
mod plan_file;
mod recompute;
mod requeue;
mod retry;
mod run;
mod selection;
mod status;
mod store;
mod submit;
mod table;
mod todo;

use anyhow::Result;
use clap::Subcommand;

use crate::error::ExitCode;

/// Train many networks from one plan
#[derive(Clone, Debug, Subcommand)]
pub(crate) enum Sweep {
    Plan(plan::Plan),
    Run(run::Run),
    Status(status::Status),
    Todo(todo::Todo),
    Retry(retry::Retry),
    Collect(collect::Collect),
    Submit(submit::Submit),
    Store(store::Store),
}

impl Sweep {
    pub(crate) fn run(self) -> Result<ExitCode> {
        match self {
            Self::Plan(plan) => plan.run(),
            Self::Run(run) => run.run(),
            Self::Status(status) => status.run(),
            Self::Todo(todo) => todo.run(),
            Self::Retry(retry) => retry.run(),
            Self::Collect(collect) => collect.run(),
            Self::Submit(submit) => submit.run(),
            Self::Store(store) => store.run(),
        }
    }
}
