//! The directory of a run: what is written, in which order, and how it is read again.
//!
//! `config.ron` and `environment.json` are there before the first step, `metrics.jsonl` grows by a line an epoch, checkpoints
//! come and go, the weights and at the very end `summary.json` follow: a directory without a summary holds an unfinished run.
//! All of it but `journal.jsonl` is a function of configuration, data, program and machine, however often the run was
//! interrupted.

mod atomic;
mod environment;
mod journal;
mod lock;
mod metrics;
mod out;
mod stored;
#[cfg(test)]
mod tests;

pub use atomic::write_atomically;
pub use environment::{DataFile, Environment, PrunedFrom};
pub(crate) use environment::{cpu_model, hex, program};
pub use journal::{Event, Journal};
pub use metrics::{MetricsLog, read_metrics};
pub use out::RunDir;
pub use stored::{StoredNetwork, StoredRun};

/// The resolved configuration.
pub const CONFIG: &str = "config.ron";
/// Program, machine, data and command line.
pub const ENVIRONMENT: &str = "environment.json";
/// One object an epoch.
pub const METRICS: &str = "metrics.jsonl";
/// Network and posterior.
pub const WEIGHTS: &str = "weights.safetensors";
/// Every number of the outcome.
pub const SUMMARY: &str = "summary.json";
/// The predictive over the plane, for two-dimensional inputs.
pub const PLANE: &str = "plane.json";

/// Sessions, times and checkpoints: what happened, line by line.
pub const JOURNAL: &str = "journal.jsonl";
/// The step that left the finite numbers.
pub const NON_FINITE: &str = "nonfinite.json";
/// The folder of the checkpoints of an unfinished run.
pub const CHECKPOINTS: &str = "checkpoints";
/// Held by the process that writes.
const LOCK: &str = ".vds-lock";

/// All files of a run.
pub(crate) const FILES: [&str; 8] = [
    CONFIG,
    ENVIRONMENT,
    METRICS,
    JOURNAL,
    NON_FINITE,
    WEIGHTS,
    SUMMARY,
    PLANE,
];
