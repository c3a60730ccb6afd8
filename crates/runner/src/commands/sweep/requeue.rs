//! A task of Slurm that has saved its state is queued again.

use std::process::Command;

use crate::error::Error;
use crate::output;

/// Asks Slurm to queue the present task again; a failure is a warning, as the state is saved either way.
pub(super) fn requeue() {
    if let Err(problem) = try_requeue() {
        output::warn(&format!("the task is not queued again: {problem}"));
    }
}

fn try_requeue() -> Result<(), Error> {
    let Some(job) = job(|name| std::env::var(name).ok()) else {
        return Err(Error::input("--requeue: SLURM_JOB_ID is not set"));
    };
    let status = Command::new("scontrol").args(["requeue", &job]).status();
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(Error::input(format!("scontrol requeue {job} ended with {status}"))),
        Err(error) => Err(Error::input(format!("starting scontrol: {error}"))),
    }
}

/// The job as `scontrol` takes it: a task of an array by the array's number and its own, since the task's job number alone would
/// mean the whole array for its last task.
fn job(variable: impl Fn(&str) -> Option<String>) -> Option<String> {
    let array = variable("SLURM_ARRAY_JOB_ID").zip(variable("SLURM_ARRAY_TASK_ID"));
    array
        .map(|(job, task)| format!("{job}_{task}"))
        .or_else(|| variable("SLURM_JOB_ID"))
}
