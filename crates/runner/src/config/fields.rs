//! What each field of a configuration may hold: one table for type errors, range errors and missing fields.

/// Largest depth accepted: ten times the paper's deepest network.
pub(super) const MAX_DEPTH: usize = 1000;
/// Largest width of any layer.
pub(super) const MAX_WIDTH: usize = 4096;
/// Most parameters of a network, 1 GiB in single precision.
pub(super) const MAX_PARAMETERS: u128 = 1 << 28;
/// Most examples of a step.
pub(super) const MAX_BATCH: usize = 65_536;
/// Most epochs.
pub(super) const MAX_EPOCHS: usize = 1_000_000;
/// Most generated points.
pub(super) const MAX_POINTS: usize = vds_datasets::SpiralsConfig::MAX_POINTS;
/// Most bins of a calibration error.
pub(super) const MAX_BINS: usize = 1000;
/// Largest learning rate.
pub(super) const MAX_RATE: f64 = 100.0;
/// Most entries of a schedule.
pub(super) const MAX_STEPS: usize = 1000;
/// Longest name, in characters.
pub(super) const MAX_NAME: usize = 100;
/// Largest noise and angle of the spirals.
pub(super) const MAX_DEGREES: f64 = 36_000.0;

/// What is expected of the value at a path, to complete the sentence "expected …".
pub(super) fn expectation(path: &str) -> &'static str {
    EXPECTATIONS
        .iter()
        .find(|(known, _)| *known == path)
        .map_or("a value of another type", |(_, expected)| expected)
}

const EXPECTATIONS: &[(&str, &str)] = &[
    ("schema", "1, the only layout that this program reads"),
    ("name", "a text of 1 to 100 characters"),
    ("dataset", "Catalogue(\"NAME\") or Spirals(...)"),
    ("dataset.n", "a multiple of the number of arms from 20 to 10000000"),
    ("dataset.noise", "a number from 0 to 1000"),
    ("dataset.arms", "a whole number from 2 to 100"),
    ("dataset.start_degrees", "a number from 0 to 36000"),
    ("dataset.stop_degrees", "a number above 0, at most 36000"),
    ("dataset.train_fraction", "a number above 0 and below 1"),
    ("n_train", "None or a whole number of at least 2"),
    ("method", "ldn or ddn"),
    ("max_depth", "a whole number from 0 to 1000"),
    ("network", "Conv(outer: N, inner: N) or Fc(width: N)"),
    ("network.convolution", "winograd or direct"),
    ("network.outer", "a whole number from 1 to 4096"),
    ("network.inner", "a whole number from 1 to 4096"),
    ("network.width", "a whole number from 1 to 4096"),
    ("head_statistics", "per_depth or shared"),
    (
        "prior",
        "Geometric(DECAY) with a decay above 0 and at most 100, Uniform, or Explicit([...]) with max_depth + 1 probabilities that sum to 1",
    ),
    ("optimizer", "(learning_rate: X, momentum: X, schedule: (...))"),
    ("optimizer.learning_rate", "a number above 0, at most 100"),
    ("optimizer.momentum", "a number from 0 to below 1"),
    ("optimizer.schedule", "(ldn: SCHEDULE, ddn: SCHEDULE)"),
    ("optimizer.schedule.ldn", SCHEDULE),
    ("optimizer.schedule.ldn.at", STEPS),
    ("optimizer.schedule.ldn.factor", FACTOR),
    ("optimizer.schedule.ddn", SCHEDULE),
    ("optimizer.schedule.ddn.at", STEPS),
    ("optimizer.schedule.ddn.factor", FACTOR),
    (
        "batch_size",
        "a whole number from 2 to 65536 (batch norm needs two examples)",
    ),
    ("epochs", "a whole number from 1 to 1000000"),
    ("truncate_tail", "None or Some(MASS) with a mass from 0 to below 1"),
    ("selection", "(protocol: P, quantity: Q, keep: K, patience: N)"),
    (
        "selection.protocol",
        "validation(FRACTION) with a fraction above 0 and below 1, none, or paper",
    ),
    ("selection.quantity", "validation_nll, validation_error or train_elbo"),
    ("selection.keep", "best or last"),
    ("selection.patience", "None or a whole number of at least 1"),
    (
        "pruning_rule",
        "\"near-mode:RATIO\" with a ratio from 0 to below 1, \"arg-max\", \"rounded-expectation\", or \"tail-mass:TOLERANCE\" with a tolerance above 0, at most 1",
    ),
    ("ece_bins", "a whole number from 1 to 1000"),
    ("seed", "a whole number from 0 to 18446744073709551615"),
];

const SCHEDULE: &str = "Constant or Steps(at: [EPOCH, ...], factor: X)";
const STEPS: &str = "at most 1000 whole numbers of at least 1, ascending";
const FACTOR: &str = "a number above 0, at most 1";
