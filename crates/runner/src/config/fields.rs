//! The table of fields: path, what is expected, description, and where the value stands. Defaults are those of `file`.

use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vds_datasets::SpiralsConfig;
use vds_model::Schedule;
use vds_variational::PruningRule;

use super::expected::{Expected, Interval};
use super::file::{CONFIG_SCHEMA, ConfigFile, DatasetConfig, NetworkSizes};
use super::parse::{self, ParseError};

/// Longest name, in characters.
pub(super) const MAX_NAME: usize = 100;
/// Most parameters of a network's blocks, 1 GiB in single precision.
pub(super) const MAX_PARAMETERS: u128 = 1 << 28;
/// Most entries of a schedule.
pub(super) const MAX_STEPS: usize = 1000;
/// The decay of a geometric prior.
pub(super) const DECAY: Interval = Interval::open(0.0, 100.0).with_high();
/// The fraction of the training set that is held out.
pub(super) const HELD_OUT: Interval = Interval::open(0.0, 1.0);

/// A field of the configuration.
#[derive(Debug)]
pub(super) struct Field {
    /// Its path, `optimizer.learning_rate` for instance. Fields of a variant stand under the field that has the variant.
    pub(super) path: &'static str,
    /// What its value may be.
    pub(super) expected: Expected,
    /// What it is.
    pub(super) description: &'static str,
    slot: Slot,
}

/// Where the value stands in a file; `None` if the file has another variant.
type Slot = fn(&mut ConfigFile) -> Option<&mut dyn Value>;

impl Field {
    /// The value, if the file has the field.
    pub(super) fn value<'a>(&self, file: &'a mut ConfigFile) -> Option<&'a mut dyn Value> {
        (self.slot)(file)
    }

    /// The name, without the path of the struct that it stands in.
    pub(super) fn name(&self) -> &'static str {
        self.path.rsplit('.').next().unwrap_or(self.path)
    }

    fn parent(&self) -> &'static str {
        self.path.rsplit_once('.').map_or("", |(parent, _)| parent)
    }
}

/// A value of any type, as RON.
pub(super) trait Value {
    /// Replaces the value by the one that `text` holds; `at` is the field's path.
    fn read(&mut self, text: &str, at: &str) -> Result<(), ParseError>;
    /// The value as it is written.
    fn written(&self) -> String;
}

impl<T: Serialize + DeserializeOwned> Value for T {
    fn read(&mut self, text: &str, at: &str) -> Result<(), ParseError> {
        *self = parse::parse(text, at)?;
        Ok(())
    }

    fn written(&self) -> String {
        parse::write(self)
    }
}

/// Every field, in the order of the file.
pub(super) fn all() -> &'static [Field] {
    &TABLE
}

/// The field at a path.
pub(super) fn find(path: &str) -> Option<&'static Field> {
    all().iter().find(|field| field.path == path)
}

/// Names of the fields that the struct at a path has in this file.
pub(super) fn children(parent: &str, file: &mut ConfigFile) -> Vec<&'static str> {
    let fields = all().iter().filter(|field| field.parent() == parent);
    fields
        .filter_map(|field| field.value(file).map(|_| field.name()))
        .collect()
}

/// A field of one variant; `None` if the value is another variant.
macro_rules! of_variant {
    ($value:expr, $pattern:pat => $field:expr) => {
        match &mut $value {
            $pattern => Some($field),
            _ => None,
        }
    };
}

static TABLE: LazyLock<Vec<Field>> = LazyLock::new(table);

#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<Field> {
    let row = |path, expected, description, slot: Slot| Field {
        path,
        expected,
        description,
        slot,
    };
    let words = |words: &str| Expected::Words(words.to_owned());
    let optional = |expected| Expected::Optional(Box::new(expected));
    let width = || Expected::Whole(1..=4096);
    let schedule = || words("Constant or Steps(at: [EPOCH, ...], factor: X)");
    let steps = || Expected::Words(format!("at most {MAX_STEPS} whole numbers of at least 1, ascending"));
    let factor = || Expected::Real(Interval::open(0.0, 1.0).with_high());
    vec![
        row(
            "schema",
            Expected::Words(format!("{CONFIG_SCHEMA}, the only layout that this program reads")),
            "version of the layout of this file",
            |file| Some(&mut file.schema),
        ),
        row(
            "name",
            Expected::Words(format!("a text of 1 to {MAX_NAME} characters")),
            "name of the experiment; None for that of the data set",
            |file| Some(&mut file.name),
        ),
        row(
            "dataset",
            words("Catalogue(\"NAME\") or Spirals(...)"),
            "where the examples come from: a data set of the catalogue, or generated spirals",
            |file| Some(&mut file.dataset),
        ),
        row(
            "dataset.n",
            Expected::Whole(20..=SpiralsConfig::MAX_POINTS as u64),
            "points of the spirals, training and test together; a multiple of the number of arms",
            |file| of_variant!(file.dataset, DatasetConfig::Spirals { n, .. } => n),
        ),
        row(
            "dataset.noise",
            Expected::Real(Interval::closed(0.0, 1000.0)),
            "width of the uniform noise",
            |file| of_variant!(file.dataset, DatasetConfig::Spirals { noise, .. } => noise),
        ),
        row(
            "dataset.arms",
            Expected::Whole(2..=100),
            "arms of the spirals, one class each",
            |file| of_variant!(file.dataset, DatasetConfig::Spirals { arms, .. } => arms),
        ),
        row(
            "dataset.start_degrees",
            Expected::Real(Interval::closed(0.0, 36_000.0)),
            "angle at which an arm begins",
            |file| of_variant!(file.dataset, DatasetConfig::Spirals { start_degrees, .. } => start_degrees),
        ),
        row(
            "dataset.stop_degrees",
            Expected::Real(Interval::open(0.0, 36_000.0).with_high()),
            "angle that an arm covers",
            |file| of_variant!(file.dataset, DatasetConfig::Spirals { stop_degrees, .. } => stop_degrees),
        ),
        row(
            "dataset.train_fraction",
            Expected::Real(Interval::open(0.0, 1.0)),
            "share of the points to train on; the rest is the test set",
            |file| of_variant!(file.dataset, DatasetConfig::Spirals { train_fraction, .. } => train_fraction),
        ),
        row(
            "n_train",
            optional(Expected::Whole(2..=u64::MAX)),
            "use only the first so many training examples, in file order; None for all",
            |file| Some(&mut file.n_train),
        ),
        row("method", words("ldn or ddn"), "learnt or deterministic depth", |file| {
            Some(&mut file.method)
        }),
        row("max_depth", Expected::Whole(0..=1000), "residual blocks", |file| {
            Some(&mut file.max_depth)
        }),
        row(
            "network",
            words("Conv(channels: N, bottleneck_channels: N) or Fc(width: N)"),
            "kind and sizes of the network: convolutional for images, or fully connected",
            |file| Some(&mut file.network),
        ),
        row(
            "network.channels",
            width(),
            "channels between the blocks",
            |file| of_variant!(file.network, NetworkSizes::Conv { channels, .. } => channels),
        ),
        row(
            "network.bottleneck_channels",
            width(),
            "channels inside a block",
            |file| of_variant!(file.network, NetworkSizes::Conv { bottleneck_channels, .. } => bottleneck_channels),
        ),
        row(
            "network.convolution",
            words("winograd or direct"),
            "how the CPU computes the 3x3 convolutions",
            |file| of_variant!(file.network, NetworkSizes::Conv { convolution, .. } => convolution),
        ),
        row(
            "network.width",
            width(),
            "hidden units of each layer",
            |file| of_variant!(file.network, NetworkSizes::Fc { width } => width),
        ),
        row(
            "head_statistics",
            words("per_depth or shared"),
            "running statistics of a convolutional network's output block",
            |file| Some(&mut file.head_statistics),
        ),
        row(
            "prior",
            Expected::Words(format!(
                "Geometric(DECAY) with a decay {DECAY}; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1"
            )),
            "prior over depth; a deterministic depth has none",
            |file| Some(&mut file.prior),
        ),
        row(
            "optimizer",
            words("(learning_rate: X, momentum: X, schedule: (...))"),
            "stochastic gradient descent with momentum",
            |file| Some(&mut file.optimizer),
        ),
        row(
            "optimizer.learning_rate",
            Expected::Real(Interval::open(0.0, 100.0).with_high()),
            "learning rate at the start",
            |file| Some(&mut file.optimizer.learning_rate),
        ),
        row(
            "optimizer.momentum",
            Expected::Real(Interval::open(0.0, 1.0).with_low()),
            "momentum",
            |file| Some(&mut file.optimizer.momentum),
        ),
        row(
            "optimizer.schedule",
            words("(ldn: SCHEDULE, ddn: SCHEDULE)"),
            "learning rate over the epochs, for each method",
            |file| Some(&mut file.optimizer.schedule),
        ),
        row("optimizer.schedule.ldn", schedule(), "for learnt depth", |file| {
            Some(&mut file.optimizer.schedule.ldn)
        }),
        row(
            "optimizer.schedule.ldn.at",
            steps(),
            "epochs after which the rate changes",
            |file| of_variant!(file.optimizer.schedule.ldn, Schedule::Steps { at, .. } => at),
        ),
        row(
            "optimizer.schedule.ldn.factor",
            factor(),
            "factor of each change",
            |file| of_variant!(file.optimizer.schedule.ldn, Schedule::Steps { factor, .. } => factor),
        ),
        row(
            "optimizer.schedule.ddn",
            schedule(),
            "for deterministic depth",
            |file| Some(&mut file.optimizer.schedule.ddn),
        ),
        row(
            "optimizer.schedule.ddn.at",
            steps(),
            "epochs after which the rate changes",
            |file| of_variant!(file.optimizer.schedule.ddn, Schedule::Steps { at, .. } => at),
        ),
        row(
            "optimizer.schedule.ddn.factor",
            factor(),
            "factor of each change",
            |file| of_variant!(file.optimizer.schedule.ddn, Schedule::Steps { factor, .. } => factor),
        ),
        row(
            "batch_size",
            Expected::Whole(2..=65_536),
            "examples per step; batch norm needs two",
            |file| Some(&mut file.batch_size),
        ),
        row(
            "epochs",
            Expected::Whole(1..=1_000_000),
            "largest number of epochs",
            |file| Some(&mut file.epochs),
        ),
        row(
            "skip_tail_mass",
            optional(Expected::Real(Interval::open(0.0, 1.0).with_low())),
            "stop the forward pass at the first depth whose posterior tail mass is below this; None to run all blocks always",
            |file| Some(&mut file.skip_tail_mass),
        ),
        row(
            "early_stopping",
            words("(split: S, metric: M, restore_best: B, patience: N)"),
            "which epoch's weights are kept, and when training ends early",
            |file| Some(&mut file.early_stopping),
        ),
        row(
            "early_stopping.split",
            Expected::Words(format!(
                "validation(FRACTION) with a fraction {HELD_OUT}, none, or test"
            )),
            "on which examples epochs are compared: a part of the training set that is held out, none, or the test set, which biases its scores",
            |file| Some(&mut file.early_stopping.split),
        ),
        row(
            "early_stopping.metric",
            words("validation_nll, validation_error or train_elbo"),
            "by what epochs are compared",
            |file| Some(&mut file.early_stopping.metric),
        ),
        row(
            "early_stopping.restore_best",
            words("true or false"),
            "whether the weights of the best epoch are kept; else those of the last",
            |file| Some(&mut file.early_stopping.restore_best),
        ),
        row(
            "early_stopping.patience",
            optional(Expected::Whole(1..=u64::MAX)),
            "epochs without improvement after which training ends; None to run all epochs",
            |file| Some(&mut file.early_stopping.patience),
        ),
        row(
            "pruning_rule",
            Expected::Words(format!("a text: {}", PruningRule::EXPECTED)),
            "how the pruned depth is read off the posterior",
            |file| Some(&mut file.pruning_rule),
        ),
        row(
            "ece_bins",
            Expected::Whole(1..=1000),
            "bins of calibration errors and reliability diagrams",
            |file| Some(&mut file.ece_bins),
        ),
        row(
            "seed",
            Expected::Whole(0..=u64::MAX),
            "seed of every random stream of the run",
            |file| Some(&mut file.seed),
        ),
    ]
}
