//! The outcome of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vds_calibration::Scores;
use vds_kernels::layout::HeadStatistics;
use vds_variational::PruningRule;

use crate::scores::TestScores;

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
    /// Running statistics that the output block's batch norm keeps.
    pub head_statistics: HeadStatistics,
    /// The examples on which epochs were compared.
    pub selection_split: SelectionSplit,
    /// Number of residual blocks trained.
    pub max_depth: usize,
    /// Seed of every random stream of the run.
    pub seed: u64,
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
    /// Scores on the test set.
    pub test: TestScores,
    /// Scores of each depth on the training set, in evaluation mode.
    pub train_per_depth: Vec<Scores>,
    /// SHA-256 digests of the run's other files when it finished, by name. The journal and the lock are not among them.
    pub files: BTreeMap<String, String>,
    /// SHA-256 digest of this record with this field empty.
    pub sha256: String,
}

impl Summary {
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
            ("test.per_depth", self.test.per_depth.len()),
            ("train_per_depth", self.train_per_depth.len()),
        ];
        if let Some((name, len)) = lists.into_iter().find(|(_, len)| len.checked_sub(1) != Some(max_depth)) {
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
