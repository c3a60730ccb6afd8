//! Names and schema versions of the files of run directories and sweeps.

/// The resolved configuration.
pub const CONFIG: &str = "config.ron";
/// Program, machine and data.
pub const ENVIRONMENT: &str = "environment.json";
/// One object per epoch.
pub const METRICS: &str = "metrics.jsonl";
/// Network and posterior.
pub const WEIGHTS: &str = "weights.safetensors";
/// Every number of the outcome; the last file to be written.
pub const SUMMARY: &str = "summary.json";
/// Predictions on a grid, for two-dimensional inputs.
pub const PREDICTIVE_GRID: &str = "predictive_grid.json";
/// Scores of single test examples.
pub const TEST_EXAMPLES: &str = "test_examples.safetensors";
/// Sessions, times and checkpoints: what happened, line by line.
pub const JOURNAL: &str = "journal.jsonl";
/// The step in which a number became NaN or infinite.
pub const NON_FINITE: &str = "nonfinite.json";
/// The folder with the checkpoints of an unfinished run.
pub const CHECKPOINTS: &str = "checkpoints";
/// In a run directory that was made from a compact record: there are no weights, and the log of epochs has gaps.
pub const STORED: &str = "stored.json";
/// Locked by the process that writes into the run directory.
pub const LOCK: &str = ".vds-lock";

/// All files of a run but the lock.
pub const ALL: [&str; 9] = [
    CONFIG,
    ENVIRONMENT,
    METRICS,
    JOURNAL,
    NON_FINITE,
    WEIGHTS,
    SUMMARY,
    PREDICTIVE_GRID,
    TEST_EXAMPLES,
];

/// The files whose digests the summary holds, where a run has them: all but the summary itself, the journal, which equal runs do
/// not share, and what only unfinished runs have.
pub const SEALED: [&str; 6] = [CONFIG, ENVIRONMENT, METRICS, WEIGHTS, PREDICTIVE_GRID, TEST_EXAMPLES];

/// Most bytes of a file of JSON or RON.
pub const MAX_TEXT: u64 = 64 << 20;
/// Most bytes of the log of epochs and of the weights.
pub const MAX_LONG: u64 = 8 << 30;

/// Version of the layout of [`SUMMARY`]; a reader refuses any other.
pub const SUMMARY_SCHEMA: u32 = 4;

/// The cells of a sweep, in its folder.
pub const SWEEP: &str = "sweep.json";

/// Version of the layout of [`SWEEP`]; a reader refuses any other.
pub const SWEEP_SCHEMA: u32 = 1;
