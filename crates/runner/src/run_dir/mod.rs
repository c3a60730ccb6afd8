//! The directory of a run: what is written, in which order, and how it is read again.
//!
//! `config.ron` and `environment.json` are there before the first step, `metrics.jsonl` grows by a line an epoch, the weights
//! and at the very end `summary.json` follow: a directory without a summary holds an unfinished run.

mod atomic;
mod environment;
mod metrics;
mod out;
mod stored;
#[cfg(test)]
mod tests;

pub use atomic::write_atomically;
pub(crate) use environment::cpu_model;
pub use environment::{DataFile, Environment, PrunedFrom};
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

/// All files of a run.
pub(crate) const FILES: [&str; 6] = [CONFIG, ENVIRONMENT, METRICS, WEIGHTS, SUMMARY, PLANE];
