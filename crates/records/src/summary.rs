//! The outcome of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use vds_calibration::Scores;
use vds_kernels::layout::HeadStatistics;
use vds_variational::PruningRule;

use crate::scores::{Evaluation, SplitScores};

/// The outcome of one training run, as stored in `summary.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// [`SUMMARY_SCHEMA`](crate::files::SUMMARY_SCHEMA).
    pub schema: u32,
    /// Name of the data set in the catalogue, `spirals` for the generated one.
    pub dataset: String,
    /// Learnt or deterministic depth.
    pub method: Method,
    /// Kind of the network.
    pub network: NetworkKind,
    /// Running statistics of the output block that are reported first and that epochs were compared with.
    pub head_statistics: HeadStatistics,
    /// The examples on which epochs were compared.
    pub selection_split: SelectionSplit,
    /// Number of residual blocks trained.
    pub max_depth: usize,
    /// Seed of the random streams of training.
    pub seed: u64,
    /// Seed of generated data and of the validation split.
    pub data_seed: u64,
    /// Every field of the configuration by its path. Runs are repeats of each other if they differ in the seeds alone.
    pub settings: BTreeMap<String, Value>,
    /// Training examples, the validation split not counted.
    pub n_train: usize,
    /// Examples of the validation split; 0 when there is none.
    pub n_validation: usize,
    /// Test examples.
    pub n_test: usize,
    /// Classes.
    pub n_classes: usize,
    /// Epochs run.
    pub epochs: usize,
    /// Epoch (from 1) whose weights were kept.
    pub best_epoch: usize,
    /// Why training ended; `None` if a network was pruned whose training did not end by itself.
    pub stopped_by: Option<StoppedBy>,
    /// Posterior probabilities of the depths 0..=max_depth.
    pub posterior: Vec<f64>,
    /// Prior probabilities of the depths 0..=max_depth.
    pub prior: Vec<f64>,
    /// Mean of the posterior.
    pub expected_depth: f64,
    /// Depth kept by the configured pruning rule.
    pub pruned_depth: usize,
    /// That rule.
    pub pruning_rule: PruningRule,
    /// Maximum depth of the network that this one was pruned from; `None` for a network that was trained as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pruned_from: Option<usize>,
    /// Scores, first with the running statistics that are reported first; with the others, too, where the network has both.
    pub evaluations: Vec<Evaluation>,
    /// What training and prediction take.
    pub cost: Cost,
    /// Scores of each depth on the training set, in evaluation mode, with the running statistics that are reported first.
    pub train_per_depth: Vec<Scores>,
    /// SHA-256 digests of the run's other files when it finished, by name. The journal and the lock are not among them.
    pub files: BTreeMap<String, String>,
    /// SHA-256 digest of this record with this field empty.
    pub sha256: String,
}

/// Floating-point operations, counted as two for a multiplication with an addition, of the matrix products and convolutions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Of the whole training: forward and backward passes of all steps, the evaluations of the selection split not counted.
    pub train_flops: f64,
    /// Of the forward pass of one example through all blocks.
    pub forward_flops: f64,
    /// Of the forward pass of one example through the blocks that pruning keeps.
    pub pruned_forward_flops: f64,
}

impl Summary {
    /// The scores with the running statistics that are reported first.
    ///
    /// # Panics
    /// If there are none: [`RunReader`](crate::RunReader) refuses such a record.
    pub fn evaluation(&self) -> &Evaluation {
        self.evaluations.first().expect("a record has an evaluation")
    }

    /// The scores with certain running statistics of the output block, if the run has them.
    pub fn evaluation_with(&self, head_statistics: HeadStatistics) -> Option<&Evaluation> {
        let mut evaluations = self.evaluations.iter();
        evaluations.find(|evaluation| evaluation.head_statistics == head_statistics)
    }

    /// The scores on the test set that are reported first.
    pub fn test(&self) -> &SplitScores {
        &self.evaluation().test
    }

    /// The record with its digest: what is stored.
    #[must_use]
    pub fn sealed(mut self) -> Self {
        self.sha256 = String::new();
        self.sha256 = self.digest();
        self
    }

    /// Whether the record is what was stored.
    pub(crate) fn is_intact(&self) -> bool {
        let mut open = self.clone();
        let expected = std::mem::take(&mut open.sha256);
        open.digest() == expected
    }

    /// Of the text that is stored: its numbers read back as they are.
    fn digest(&self) -> String {
        vds_files::digest(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }

    /// What contradicts itself: a list that does not have one entry per depth, or a depth beyond the maximum.
    pub(crate) fn contradiction(&self) -> Option<String> {
        let max_depth = self.max_depth;
        let lists = [
            ("posterior", self.posterior.len()),
            ("prior", self.prior.len()),
            ("train_per_depth", self.train_per_depth.len()),
        ];
        if self.evaluations.is_empty() {
            return Some("evaluations is empty".to_owned());
        }
        let of_depths = self.evaluations.iter().flat_map(|evaluation| {
            let splits = evaluation.validation.iter().chain([&evaluation.test]);
            splits.map(|split| ("evaluations: per_depth", split.per_depth.len()))
        });
        let mut lists = lists.into_iter().chain(of_depths);
        if let Some((name, len)) = lists.find(|(_, len)| len.checked_sub(1) != Some(max_depth)) {
            return Some(format!(
                "{name} has length {len}, expected max_depth + 1 for max_depth = {max_depth}"
            ));
        }
        let depth = self.pruned_depth;
        (depth > max_depth).then(|| format!("pruned_depth is {depth}, expected at most max_depth = {max_depth}"))
    }
}

/// Learnt or deterministic depth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Learnt-depth network.
    #[default]
    Ldn,
    /// Deterministic-depth network.
    Ddn,
}

impl Method {
    /// All, in the order of tables.
    pub const ALL: [Self; 2] = [Self::Ldn, Self::Ddn];

    /// The name in configurations and records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Ldn => "ldn",
            Self::Ddn => "ddn",
        }
    }

    /// The name as text shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Ldn => "LDN",
            Self::Ddn => "DDN",
        }
    }
}

/// Kind of a network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NetworkKind {
    /// Convolutional, for images.
    Conv,
    /// Fully connected.
    Fc,
}

impl NetworkKind {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Conv => "conv",
            Self::Fc => "fc",
        }
    }
}

/// The examples on which epochs are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SelectionSplit {
    /// A part of the training set that is held out.
    Validation,
    /// None: everything is trained on, and only training quantities can be compared.
    None,
    /// The *test* set, as the authors did: scores of such a run are biased.
    Test,
}

impl SelectionSplit {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::Validation => "validation",
            Self::None => "none",
            Self::Test => "test",
        }
    }
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StoppedBy {
    /// The configured number of epochs was run.
    MaxEpochs,
    /// Patience ran out.
    EarlyStopping,
}

impl StoppedBy {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxEpochs => "max_epochs",
            Self::EarlyStopping => "early_stopping",
        }
    }

    /// The name as text shows it.
    pub fn label(self) -> &'static str {
        match self {
            Self::MaxEpochs => "max epochs",
            Self::EarlyStopping => "early stopping",
        }
    }
}
