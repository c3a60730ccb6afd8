//! What a configuration file says, field by field, and the defaults of what it leaves out.

use serde::{Deserialize, Deserializer, Serialize};
use vds_model::{Convolution, HeadStatistics};
use vds_records::Method;
use vds_training::Metric;
use vds_variational::PruningRule;

/// Version of the layout of a configuration; a reader refuses any other.
pub(super) const CONFIG_SCHEMA: u32 = 3;

/// A configuration as written; nothing is checked but the types.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConfigFile {
    /// The version of the format, `CONFIG_SCHEMA`.
    #[serde(deserialize_with = "this_schema")]
    pub schema: u32,
    /// Name of the experiment; the data set's if it is left out.
    #[serde(default)]
    pub name: Option<String>,
    /// The data.
    pub dataset: DatasetConfig,
    /// Use only the first so many training examples, in file order; `None` for all.
    #[serde(default)]
    pub n_train: Option<usize>,
    /// Learnt or deterministic depth.
    #[serde(default)]
    pub method: Method,
    /// Residual blocks.
    #[serde(default = "count::<50>")]
    pub max_depth: usize,
    /// Kind and sizes of the network.
    pub network: NetworkSizes,
    /// Running statistics of a convolutional network's output block that epochs are compared with and that are reported first.
    #[serde(default)]
    pub head_statistics: HeadStatistics,
    /// Prior over depth; a deterministic depth has none.
    #[serde(default)]
    pub prior: Prior,
    /// How the posterior over depth changes in training; a deterministic depth has none.
    #[serde(default)]
    pub posterior: Posterior,
    /// Stochastic gradient descent.
    #[serde(default)]
    pub optimizer: Optimizer,
    /// Examples per step.
    #[serde(default = "count::<512>")]
    pub batch_size: usize,
    /// Largest number of epochs.
    #[serde(default = "count::<500>")]
    pub epochs: usize,
    /// Stop the forward pass at the first depth whose posterior tail mass is below this; `None` to run all blocks always.
    #[serde(default)]
    pub skip_tail_mass: Option<f64>,
    /// Which epoch's weights are kept, and when training ends early.
    #[serde(default)]
    pub early_stopping: EarlyStopping,
    /// How the pruned depth is chosen; `None` for `one-se` with a validation split and for the paper's rule without.
    #[serde(default)]
    pub pruning_rule: Option<PruningRule>,
    /// Bins of calibration errors and reliability diagrams.
    #[serde(default = "count::<15>")]
    pub ece_bins: usize,
    /// Seed of the initial parameters and of the order of the examples.
    #[serde(default)]
    pub seed: u64,
    /// Seed of generated data and of the validation split; `None` for that of the run.
    #[serde(default)]
    pub data_seed: Option<u64>,
}

/// Where the examples come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum DatasetConfig {
    /// A data set of the catalogue, by name.
    Catalogue(String),
    /// The generated spirals; by default those of the paper.
    Spirals {
        /// Points, training and test together.
        #[serde(default = "count::<2000>")]
        n: usize,
        /// Width of the uniform noise.
        #[serde(default = "spirals::noise")]
        noise: f64,
        /// Arms, one class each.
        #[serde(default = "count::<2>")]
        arms: usize,
        /// Angle at which an arm begins.
        #[serde(default)]
        start_degrees: f64,
        /// Angle that it covers.
        #[serde(default = "spirals::stop_degrees")]
        stop_degrees: f64,
        /// Share of the points to train on; the rest is the test set.
        #[serde(default = "spirals::train_fraction")]
        train_fraction: f64,
    },
}

impl DatasetConfig {
    /// The name in records.
    pub fn name(&self) -> &str {
        match self {
            Self::Catalogue(name) => name,
            Self::Spirals { .. } => "spirals",
        }
    }
}

/// Kind and free sizes of a network; the others follow from the data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum NetworkSizes {
    /// Convolutional, for images.
    Conv {
        /// Channels between the blocks.
        #[serde(default = "count::<64>")]
        channels: usize,
        /// Channels inside a block.
        #[serde(default = "count::<32>")]
        bottleneck_channels: usize,
        /// How the CPU computes the 3x3 convolutions.
        #[serde(default)]
        convolution: Convolution,
    },
    /// Fully connected.
    Fc {
        /// Hidden units.
        #[serde(default = "count::<20>")]
        width: usize,
    },
}

/// The prior over depth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Prior {
    /// `β_i ∝ decay^(1 + i)`.
    Geometric(f64),
    /// The same probability for every depth.
    Uniform,
    /// One probability per depth.
    Explicit(Vec<f64>),
}

impl Default for Prior {
    fn default() -> Self {
        Self::Geometric(0.85)
    }
}

/// How the posterior over depth changes in training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Posterior {
    /// Gradient descent with the weights' rate, schedule and momentum, as in the published code.
    Published,
    /// Gradient descent with settings of its own.
    Sgd {
        /// Learning rate.
        #[serde(default = "posterior::learning_rate")]
        learning_rate: f64,
        /// For which loss that is.
        #[serde(default)]
        scale: RateScale,
        /// Momentum.
        #[serde(default = "posterior::momentum")]
        momentum: f64,
        /// Learning rate over the epochs.
        #[serde(default = "constant")]
        schedule: Schedule,
    },
    /// The exact maximizer of the ELBO for running means of the depths' losses, approached step by step.
    ClosedForm {
        /// Epochs with a uniform posterior before that.
        #[serde(default = "count::<3>")]
        warm_up_epochs: usize,
        /// Share of the way in a step.
        #[serde(default = "posterior::damping")]
        damping: f64,
    },
    /// It does not change.
    Fixed(FixedPosterior),
}

impl Default for Posterior {
    /// What docs/FINDINGS.md arrives at: it settles on images, and is nearly the published update on data sets of a few hundred
    /// examples.
    fn default() -> Self {
        Self::Sgd {
            learning_rate: posterior::learning_rate(),
            scale: RateScale::default(),
            momentum: posterior::momentum(),
            schedule: constant(),
        }
    }
}

/// For which loss a learning rate is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RateScale {
    /// The loss per example.
    PerExample,
    /// The negative ELBO of the whole training set.
    #[default]
    PerDataset,
}

/// A posterior that does not change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum FixedPosterior {
    /// The same probability for every depth: deep supervision.
    Uniform,
    /// One probability per depth.
    Explicit(Vec<f64>),
}

/// Stochastic gradient descent with momentum.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Optimizer {
    /// Learning rate at the start.
    pub learning_rate: f64,
    /// Momentum.
    pub momentum: f64,
    /// Learning rate over the epochs, for each method.
    pub schedule: Schedules,
}

impl Default for Optimizer {
    fn default() -> Self {
        Self {
            learning_rate: 0.1,
            momentum: 0.5,
            schedule: Schedules::default(),
        }
    }
}

/// A learning rate over the epochs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Schedule {
    /// The same throughout.
    Constant,
    /// A tenth after three quarters of the epochs, so that the last ones settle.
    Falling,
    /// Times `factor` after each of these numbers of epochs.
    Steps {
        /// Numbers of epochs, ascending.
        at: Vec<usize>,
        /// Factor of each change.
        factor: f64,
    },
}

impl Schedule {
    /// The schedule of a run of so many epochs.
    pub(super) fn of(&self, epochs: usize) -> vds_model::Schedule {
        match self {
            Self::Constant => vds_model::Schedule::Constant,
            Self::Falling => vds_model::Schedule::Steps {
                at: vec![(3 * epochs).div_ceil(4)],
                factor: 0.1,
            },
            Self::Steps { at, factor } => vds_model::Schedule::Steps {
                at: at.clone(),
                factor: *factor,
            },
        }
    }
}

/// A schedule for each method: the paper treats them differently.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Schedules {
    /// For learnt depth.
    pub ldn: Schedule,
    /// For deterministic depth.
    pub ddn: Schedule,
}

impl Default for Schedules {
    fn default() -> Self {
        Self {
            ldn: Schedule::Falling,
            ddn: Schedule::Falling,
        }
    }
}

/// Which epoch's weights are kept, and when training ends early.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EarlyStopping {
    /// On which examples epochs are compared.
    pub split: Split,
    /// By what they are compared.
    pub metric: Metric,
    /// Whether the weights of the best epoch are kept; else those of the last.
    pub restore_best: bool,
    /// Epochs without improvement after which training ends; `None` to run all epochs.
    pub patience: Option<usize>,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self {
            split: Split::Validation(0.1),
            metric: Metric::ValidationNll,
            restore_best: true,
            patience: None,
        }
    }
}

/// On which examples epochs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// On this fraction of the training set, held out (stratified, seeded).
    Validation(f64),
    /// On none: everything is trained on, and only training quantities can be compared.
    None,
    /// On the *test* set, as the authors did: scores of such a run are biased, and it is labeled.
    Test,
}

/// Refuses a file of another layout at its first field, before the names of its fields are held against this layout's.
fn this_schema<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u32, D::Error> {
    let schema = u32::deserialize(deserializer)?;
    if schema == CONFIG_SCHEMA {
        return Ok(schema);
    }
    Err(serde::de::Error::custom(format!(
        "schema is {schema}, expected {CONFIG_SCHEMA}, the only layout that this program reads"
    )))
}

fn count<const N: usize>() -> usize {
    N
}

fn constant() -> Schedule {
    Schedule::Constant
}

/// Defaults of the posterior's own settings.
mod posterior {
    pub(super) fn learning_rate() -> f64 {
        4e-4
    }

    pub(super) fn momentum() -> f64 {
        0.5
    }

    pub(super) fn damping() -> f64 {
        0.05
    }
}

/// Fractional sizes of the paper's spirals.
mod spirals {
    pub(super) fn noise() -> f64 {
        0.2
    }

    pub(super) fn stop_degrees() -> f64 {
        720.0
    }

    pub(super) fn train_fraction() -> f64 {
        0.1
    }
}
