//! The directory of a run: what is written, in which order, and how its network is read again.
//!
//! `config.ron` and `environment.json` are there before the first step, `metrics.jsonl` grows by a line per epoch, checkpoints
//! come and go, the weights and at the very end `summary.json` follow: a directory without a summary holds an unfinished run.
//! All of it but `journal.jsonl` is a function of configuration, data, program and machine, however often the run was
//! interrupted. The types of what is stored, and their readers, are in `vds-records`.

mod atomic;
mod environment;
mod lock;
mod logs;
mod out;
mod stored;
#[cfg(test)]
mod tests;

pub(crate) use atomic::write_atomically;
pub(crate) use environment::{cpu_model, environment_here, program};
pub(crate) use lock::host;
pub(crate) use logs::{Journal, MetricsLog, session_begins, session_ends};
pub(crate) use out::RunDir;
pub(crate) use stored::StoredRun;
