//! What a configuration file says, field by field.

use serde::{Deserialize, Serialize};
use vds_model::{Convolution, HeadStatistics};
use vds_records::Method;
use vds_variational::PruningRule;

/// A configuration as written; nothing is checked but the types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// [`CONFIG_SCHEMA`](super::CONFIG_SCHEMA).
    pub schema: u32,
    /// Name of the experiment.
    pub name: String,
    /// The data.
    pub dataset: Dataset,
    /// Use only the first so many training examples, in file order; `None` for all.
    pub n_train: Option<usize>,
    /// Learnt or deterministic depth.
    pub method: Method,
    /// Residual blocks.
    pub max_depth: usize,
    /// Kind and sizes of the network.
    pub network: NetworkSizes,
    /// Running statistics of a convolutional network's output block.
    pub head_statistics: HeadStatistics,
    /// Prior over depth; a deterministic depth has none.
    pub prior: Prior,
    /// Stochastic gradient descent.
    pub optimizer: Optimizer,
    /// Examples of a step.
    pub batch_size: usize,
    /// Largest number of epochs.
    pub epochs: usize,
    /// Leave out the blocks beyond the smallest depth with less than this of the posterior's mass behind it; `None` to run
    /// all blocks always, also if the field is left out.
    #[serde(default)]
    pub truncate_tail: Option<f64>,
    /// Which epoch's weights are kept, and when training ends early.
    pub selection: Selection,
    /// How the pruned depth is read off the posterior.
    pub pruning_rule: PruningRule,
    /// Bins of calibration errors and reliability diagrams.
    pub ece_bins: usize,
    /// Seed of every random stream of the run.
    pub seed: u64,
}

/// Where the examples come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Dataset {
    /// A data set of the catalogue, by name.
    Catalogue(String),
    /// The generated spirals of the paper.
    Spirals {
        /// Points, training and test together.
        n: usize,
        /// Width of the uniform noise.
        noise: f64,
        /// Arms, one class each.
        arms: usize,
        /// Angle at which an arm begins.
        start_degrees: f64,
        /// Angle that it covers.
        stop_degrees: f64,
        /// Share of the points to train on; the rest is the test set.
        train_fraction: f64,
    },
}

/// Kind and free sizes of a network; the others follow from the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum NetworkSizes {
    /// Convolutional, for images.
    Conv {
        /// Channels between the blocks.
        outer: usize,
        /// Channels inside a block.
        inner: usize,
        /// How the CPU computes the 3x3 convolutions; Winograd's way if it is left out.
        #[serde(default)]
        convolution: Convolution,
    },
    /// Fully connected.
    Fc {
        /// Hidden units.
        width: usize,
    },
}

/// The prior over depth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Prior {
    /// `β_i ∝ decay^(1 + i)`.
    Geometric(f64),
    /// All depths alike.
    Uniform,
    /// One probability a depth.
    Explicit(Vec<f64>),
}

/// Stochastic gradient descent with momentum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Momentum.
    pub momentum: f64,
    /// Learning rate over the epochs, for each method.
    pub schedule: Schedules,
}

/// A schedule for each method: the paper treats them differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedules {
    /// For learnt depth.
    pub ldn: Schedule,
    /// For deterministic depth.
    pub ddn: Schedule,
}

/// The learning rate over the epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// Multiplied by `factor` after each of these numbers of epochs.
    Steps {
        /// Epochs after which the rate changes.
        at: Vec<usize>,
        /// Factor of each change.
        factor: f64,
    },
}

impl From<Schedule> for vds_model::Schedule {
    fn from(schedule: Schedule) -> Self {
        match schedule {
            Schedule::Constant => Self::Constant,
            Schedule::Steps { at, factor } => Self::Steps { at, factor },
        }
    }
}

/// Which epoch's weights are kept, and when training ends early.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Selection {
    /// On which examples epochs are compared.
    pub protocol: Protocol,
    /// By what they are compared.
    pub quantity: Quantity,
    /// Which epoch is kept.
    pub keep: Keep,
    /// Epochs without improvement after which training ends; `None` to run all epochs.
    pub patience: Option<usize>,
}

/// On which examples epochs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// On this fraction of the training set, held out (stratified, seeded).
    Validation(f64),
    /// On none: everything is trained on, and only training quantities can be compared.
    None,
    /// On the *test* set, as the authors did: scores of such a run are biased, and it is labelled.
    Paper,
}

/// By what epochs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Quantity {
    /// Negative log-likelihood of the marginal predictive on the selection split, lowest first.
    ValidationNll,
    /// Its error rate, lowest first.
    ValidationError,
    /// Evidence lower bound of the training set, highest first.
    TrainElbo,
}

/// Which epoch is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keep {
    /// The best by the quantity.
    Best,
    /// The last.
    Last,
}
