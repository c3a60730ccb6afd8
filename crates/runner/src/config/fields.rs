//! The table of fields: path, what is expected, description, and where the value stands. Defaults are those of `file`.

use std::sync::LazyLock;

use serde::Serialize;
use serde::de::DeserializeOwned;
use vds_datasets::SpiralsConfig;
use vds_variational::PruningRule;

use super::expected::{Expected, Interval};
use super::file::{CONFIG_SCHEMA, ConfigFile, DatasetConfig, NetworkSizes, Posterior, Schedule};
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

/// The value at a place of a file, or the field of one variant there; `None` if another variant is there.
macro_rules! slot {
    ($place:expr) => {
        Some(&mut $place)
    };
    ($place:expr, $variant:path, $field:ident) => {
        match &mut $place {
            $variant { $field, .. } => Some($field),
            _ => None,
        }
    };
}

/// Rows of the table. A field's path says where its value stands: `at.name`, or `at[Variant].name` for the field of a variant.
macro_rules! fields {
    ($($first:ident$(.$rest:ident)* $([$variant:path].$last:ident)?: $expected:expr, $description:literal;)*) => {
        vec![$(Field {
            path: concat!(stringify!($first) $(, ".", stringify!($rest))* $(, ".", stringify!($last))?),
            expected: $expected,
            description: $description,
            slot: |file| slot!(file.$first$(.$rest)* $(, $variant, $last)?),
        }),*]
    };
}

static TABLE: LazyLock<Vec<Field>> = LazyLock::new(|| {
    let words = |words: &str| Expected::Words(words.to_owned());
    let optional = |expected| Expected::Optional(Box::new(expected));
    let width = || Expected::Whole(1..=4096);
    let schedule = || words("Constant, Falling, or Steps(at: [EPOCH, ...], factor: X)");
    let steps = || Expected::Words(format!("at most {MAX_STEPS} whole numbers of at least 1, ascending"));
    let above_zero = |high| Expected::Real(Interval::open(0.0, high).with_high());
    let below_one = || Expected::Real(Interval::open(0.0, 1.0).with_low());
    fields! {
        schema: Expected::Words(format!("{CONFIG_SCHEMA}, the only layout that this program reads")),
            "version of the layout of this file";
        name: Expected::Words(format!("a text of 1 to {MAX_NAME} characters")),
            "name of the experiment; None for that of the data set";
        dataset: words("Catalogue(\"NAME\") or Spirals(...)"),
            "where the examples come from: a data set of the catalogue, or generated spirals";
        dataset[DatasetConfig::Spirals].n: Expected::Whole(20..=SpiralsConfig::MAX_POINTS as u64),
            "points of the spirals, training and test together; a multiple of the number of arms";
        dataset[DatasetConfig::Spirals].noise: Expected::Real(Interval::closed(0.0, 1000.0)),
            "width of the uniform noise";
        dataset[DatasetConfig::Spirals].arms: Expected::Whole(2..=100),
            "arms of the spirals, one class each";
        dataset[DatasetConfig::Spirals].start_degrees: Expected::Real(Interval::closed(0.0, 36_000.0)),
            "angle at which an arm begins";
        dataset[DatasetConfig::Spirals].stop_degrees: above_zero(36_000.0),
            "angle that an arm covers";
        dataset[DatasetConfig::Spirals].train_fraction: Expected::Real(Interval::open(0.0, 1.0)),
            "share of the points to train on; the rest is the test set";
        n_train: optional(Expected::Whole(2..=u64::MAX)),
            "use only the first so many training examples, in file order; None for all";
        method: words("ldn or ddn"),
            "learnt or deterministic depth";
        max_depth: Expected::Whole(0..=1000),
            "residual blocks";
        network: words("Conv(channels: N, bottleneck_channels: N) or Fc(width: N)"),
            "kind and sizes of the network: convolutional for images, or fully connected";
        network[NetworkSizes::Conv].channels: width(),
            "channels between the blocks";
        network[NetworkSizes::Conv].bottleneck_channels: width(),
            "channels inside a block";
        network[NetworkSizes::Conv].convolution: words("winograd or direct"),
            "how the CPU computes the 3x3 convolutions";
        network[NetworkSizes::Fc].width: width(),
            "hidden units of each layer";
        head_statistics: words("per_depth or shared"),
            "running statistics of a convolutional network's output block that epochs are compared with and that are reported first";
        prior: Expected::Words(format!(
                "Geometric(DECAY) with a decay {DECAY}; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1"
            )),
            "prior over depth; a deterministic depth has none";
        posterior: words(
                "Published, Sgd(...), ClosedForm(...), Fixed(Uniform), or Fixed(Explicit([...])) with max_depth + 1 probabilities that sum to 1"
            ),
            "how the posterior over depth changes in training; a deterministic depth has none";
        posterior[Posterior::Sgd].learning_rate: above_zero(1e6),
            "learning rate of its logits";
        posterior[Posterior::Sgd].scale: words("per_example or per_dataset"),
            "whether that rate is for the loss per example, or for the negative ELBO of all training examples";
        posterior[Posterior::Sgd].momentum: below_one(),
            "momentum of its logits";
        posterior[Posterior::Sgd].schedule: schedule(),
            "learning rate of its logits over the epochs";
        posterior[Posterior::ClosedForm].warm_up_epochs: Expected::Whole(0..=1_000_000),
            "epochs with a uniform posterior before the closed form";
        posterior[Posterior::ClosedForm].damping: above_zero(1.0),
            "share of the way to the closed form in a step";
        optimizer: words("(learning_rate: X, momentum: X, schedule: (...))"),
            "stochastic gradient descent with momentum";
        optimizer.learning_rate: above_zero(100.0),
            "learning rate at the start";
        optimizer.momentum: below_one(),
            "momentum";
        optimizer.schedule: words("(ldn: SCHEDULE, ddn: SCHEDULE)"),
            "learning rate over the epochs, for each method";
        optimizer.schedule.ldn: schedule(),
            "for learnt depth";
        optimizer.schedule.ldn[Schedule::Steps].at: steps(),
            "epochs after which the rate changes";
        optimizer.schedule.ldn[Schedule::Steps].factor: above_zero(1.0),
            "factor of each change";
        optimizer.schedule.ddn: schedule(),
            "for deterministic depth";
        optimizer.schedule.ddn[Schedule::Steps].at: steps(),
            "epochs after which the rate changes";
        optimizer.schedule.ddn[Schedule::Steps].factor: above_zero(1.0),
            "factor of each change";
        batch_size: Expected::Whole(2..=65_536),
            "examples per step; batch norm needs two";
        epochs: Expected::Whole(1..=1_000_000),
            "largest number of epochs";
        skip_tail_mass: optional(below_one()),
            "stop the forward pass at the first depth whose posterior tail mass is below this; None to run all blocks always";
        early_stopping: words("(split: S, metric: M, restore_best: B, patience: N)"),
            "which epoch's weights are kept, and when training ends early";
        early_stopping.split: Expected::Words(format!("validation(FRACTION) with a fraction {HELD_OUT}, none, or test")),
            "on which examples epochs are compared: a part of the training set that is held out, none, or the test set, which biases its scores";
        early_stopping.metric: words("validation_nll, validation_error, train_elbo or published_elbo"),
            "by what epochs are compared";
        early_stopping.restore_best: words("true or false"),
            "whether the weights of the best epoch are kept; else those of the last";
        early_stopping.patience: optional(Expected::Whole(1..=u64::MAX)),
            "epochs without improvement after which training ends; None to run all epochs";
        pruning_rule: Expected::Words(format!("None or a text: {}", PruningRule::EXPECTED)),
            "how the pruned depth is chosen, from the posterior or from the validation split; None for one-se with a validation split and for near-mode without";
        ece_bins: Expected::Whole(1..=1000),
            "bins of calibration errors and reliability diagrams";
        seed: Expected::Whole(0..=u64::MAX),
            "seed of the initial parameters and of the order of the examples";
        data_seed: optional(Expected::Whole(0..=u64::MAX)),
            "seed of generated data and of the validation split; None for that of the run";
    }
});
