//! The checked configuration.

use std::collections::BTreeMap;

use ron::extensions::Extensions;
use ron::ser::PrettyConfig;
use serde_json::Value;
use vds_records::{Method, SelectionSplit, json};
use vds_training::{LogitsRate, Objective, PosteriorUpdate, TrainOptions};
use vds_variational::{DepthPosterior, DepthPrior, PruningRule};

use super::file::{ConfigFile, EarlyStopping, FixedPosterior, Posterior, Prior, RateScale, Split};

/// A configuration that has passed every check; made by [`load`](super::load) alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Config {
    file: ConfigFile,
    prior: DepthPrior,
}

impl Config {
    /// From a file that has passed every check.
    pub(super) fn new(mut file: ConfigFile) -> Self {
        let name = file.dataset.name().to_owned();
        file.name.get_or_insert(name);
        file.pruning_rule.get_or_insert(match file.early_stopping.split {
            Split::Validation(_) => PruningRule::OneStandardError,
            Split::None | Split::Test => PruningRule::PAPER,
        });
        let prior = depth_prior(&file).expect("the prior is checked with the file");
        Self { file, prior }
    }

    /// The fields.
    pub fn file(&self) -> &ConfigFile {
        &self.file
    }

    /// Name of the experiment.
    pub fn name(&self) -> &str {
        self.file.name.as_deref().unwrap_or_else(|| self.dataset_name())
    }

    /// The prior over depth, for learnt depth.
    pub fn prior(&self) -> &DepthPrior {
        &self.prior
    }

    /// Learnt or deterministic depth.
    pub fn method(&self) -> Method {
        self.file.method
    }

    /// Residual blocks.
    pub fn max_depth(&self) -> usize {
        self.file.max_depth
    }

    /// Seed of the initial parameters and of the order of the examples.
    pub fn seed(&self) -> u64 {
        self.file.seed
    }

    /// Seed of generated data and of the validation split.
    pub fn data_seed(&self) -> u64 {
        self.file.data_seed.unwrap_or(self.file.seed)
    }

    /// Which epoch is kept, and when training ends early.
    pub fn early_stopping(&self) -> &EarlyStopping {
        &self.file.early_stopping
    }

    /// How the pruned depth is chosen.
    pub fn pruning_rule(&self) -> PruningRule {
        self.file.pruning_rule.unwrap_or(PruningRule::PAPER)
    }

    /// Name of the data set in records.
    pub fn dataset_name(&self) -> &str {
        self.file.dataset.name()
    }

    /// How the network is trained.
    pub fn train_options(&self) -> TrainOptions {
        let (file, optimizer) = (&self.file, &self.file.optimizer);
        let (objective, schedule) = match file.method {
            Method::Ldn => (
                Objective::LearntDepth {
                    prior: self.prior.clone(),
                    posterior: self.posterior_update(),
                },
                &optimizer.schedule.ldn,
            ),
            Method::Ddn => (Objective::DeterministicDepth, &optimizer.schedule.ddn),
        };
        let EarlyStopping {
            split: _,
            metric,
            restore_best,
            patience,
        } = file.early_stopping;
        TrainOptions {
            objective,
            learning_rate: optimizer.learning_rate,
            momentum: optimizer.momentum,
            schedule: schedule.of(file.epochs),
            batch_size: file.batch_size,
            epochs: file.epochs,
            skip_tail_mass: file.skip_tail_mass,
            early_stopping: vds_training::EarlyStopping {
                metric,
                restore_best,
                patience,
            },
            head_statistics: file.head_statistics,
            seed: file.seed,
        }
    }

    fn posterior_update(&self) -> PosteriorUpdate {
        match &self.file.posterior {
            Posterior::Published => PosteriorUpdate::Published,
            Posterior::Sgd {
                learning_rate,
                scale,
                momentum,
                schedule,
            } => PosteriorUpdate::Sgd {
                learning_rate: match scale {
                    RateScale::PerExample => LogitsRate::PerExample(*learning_rate),
                    RateScale::PerDataset => LogitsRate::PerDataset(*learning_rate),
                },
                momentum: *momentum,
                schedule: schedule.of(self.file.epochs),
            },
            &Posterior::ClosedForm {
                warm_up_epochs,
                damping,
            } => PosteriorUpdate::ClosedForm {
                warm_up_epochs,
                damping,
            },
            Posterior::Fixed(fixed) => PosteriorUpdate::Fixed(fixed_posterior(fixed, self.max_depth())),
        }
    }

    /// The examples on which epochs are compared.
    pub fn selection_split(&self) -> SelectionSplit {
        match self.file.early_stopping.split {
            Split::Validation(_) => SelectionSplit::Validation,
            Split::None => SelectionSplit::None,
            Split::Test => SelectionSplit::Test,
        }
    }

    /// The configuration of the network pruned to `depth`; an explicit prior or posterior gives its remaining mass to the last
    /// depth.
    ///
    /// # Panics
    /// If `depth` is beyond the maximum depth.
    #[must_use]
    pub fn pruned(&self, depth: usize) -> Self {
        assert!(depth <= self.max_depth(), "a pruned network is no deeper");
        let mut file = self.file.clone();
        file.max_depth = depth;
        let truncate = |probs: &mut Vec<f64>| {
            let rest = probs.split_off(depth);
            probs.push(rest.iter().sum());
        };
        if let Prior::Explicit(probs) = &mut file.prior {
            truncate(probs);
        }
        if let Posterior::Fixed(FixedPosterior::Explicit(probs)) = &mut file.posterior {
            truncate(probs);
        }
        Self::new(file)
    }

    /// The configuration as RON, every field explicit.
    ///
    /// # Panics
    /// Never: every field has a RON form.
    pub fn to_ron(&self) -> String {
        let style = PrettyConfig::new()
            .extensions(Extensions::IMPLICIT_SOME)
            .separate_tuple_members(false)
            .compact_arrays(true)
            .new_line("\n");
        let text = ron::ser::to_string_pretty(&self.file, style).expect("every field has a form");
        format!("{text}\n")
    }

    /// Every field by its path but name and layout version: what records compare settings by.
    pub(crate) fn settings(&self) -> BTreeMap<String, Value> {
        let fields = self.to_json();
        let leaves = json::leaves(&fields, &fields).into_iter();
        leaves
            .filter(|leaf| leaf.path != "name" && leaf.path != "schema")
            .filter_map(|leaf| Some((leaf.path, leaf.first?.clone())))
            .collect()
    }

    /// The fields as JSON, to compare configurations: all their numbers are finite.
    pub(crate) fn to_json(&self) -> Value {
        serde_json::to_value(&self.file).unwrap_or_default()
    }
}

fn fixed_posterior(fixed: &FixedPosterior, max_depth: usize) -> DepthPosterior {
    match fixed {
        FixedPosterior::Uniform => DepthPosterior::uniform(max_depth),
        FixedPosterior::Explicit(probs) => {
            DepthPosterior::from_probs(probs).expect("the posterior is checked with the file")
        }
    }
}

fn depth_prior(file: &ConfigFile) -> vds_variational::Result<DepthPrior> {
    match &file.prior {
        Prior::Geometric(decay) => DepthPrior::geometric(*decay, file.max_depth),
        Prior::Uniform => Ok(DepthPrior::uniform(file.max_depth)),
        Prior::Explicit(probs) => DepthPrior::from_probs(probs),
    }
}
