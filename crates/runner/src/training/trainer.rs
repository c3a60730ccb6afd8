//! The state of a training run and the steps that change it.

use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Context as _, Result};
use dfdx::prelude::{Backward as _, HasShape as _};
use vds_datasets::{Examples, Standardization};
use vds_model::{Network, NetworkConfig, Sgd, Snapshot};
use vds_variational::DepthPosterior;

use super::batches::shuffled_batches;
use super::depth::{DepthModel, TrainingDevice};
use super::epoch::{EpochEnd, StepMeans, Totals};
use super::selection::Selector;
use super::streams::{Purpose, stream};
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::error::Error;
use crate::evaluation::{Split, marginal_scores};
use crate::record::EpochMetrics;

/// Of so many epochs, the first runs all blocks even if the posterior's tail is negligible.
const PROBE_EVERY: usize = 5;

/// What a run trains on and selects by.
#[derive(Clone, Copy, Debug)]
pub struct TrainingData<'a> {
    /// The training examples, at least two.
    pub train: &'a Examples,
    /// The examples on which epochs are compared, if there are any.
    pub selection: Option<&'a Examples>,
    /// Standardisation of both.
    pub standardization: &'a Standardization,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoppedBy {
    /// The configured number of epochs was run.
    MaxEpochs,
    /// Patience ran out.
    EarlyStopping,
    /// A signal came.
    Interrupted,
}

impl StoppedBy {
    /// The name in records.
    pub fn name(self) -> &'static str {
        match self {
            Self::MaxEpochs => "max_epochs",
            Self::EarlyStopping => "early_stopping",
            Self::Interrupted => "interrupted",
        }
    }
}

/// The state of a run: everything that the next step depends on, beside the configuration and the data.
#[derive(Debug)]
pub struct Trainer<D: TrainingDevice> {
    config: Config,
    network: Network<D>,
    optimizer: Sgd,
    depth: DepthModel<D>,
    selector: Selector<State>,
    /// Epochs completed.
    epoch: usize,
    /// The depth that the steps of the epoch in progress go to.
    train_depth: usize,
    /// Steps done in the epoch that follows them, and their sums.
    step: usize,
    totals: Totals,
}

/// What selection keeps of an epoch.
#[derive(Clone, Debug)]
struct State {
    network: Snapshot,
    posterior_logits: Option<Vec<f32>>,
}

/// The outcome of training: the network of the epoch that was kept.
#[derive(Debug)]
pub struct Trained<D: TrainingDevice> {
    /// The network.
    pub network: Network<D>,
    /// Logits of a learnt posterior.
    pub posterior_logits: Option<Vec<f32>>,
    /// The posterior.
    pub posterior: DepthPosterior,
    /// The epoch, from 1; 0 if none was completed.
    pub epoch: usize,
}

impl<D: TrainingDevice> Trainer<D> {
    /// A run before its first step.
    ///
    /// # Errors
    /// If the network's sizes are out of range, or the device fails.
    pub fn new(config: &Config, network: &NetworkConfig, device: &D) -> Result<Self> {
        let mut rng = stream(config.seed(), Purpose::Initialization, 0);
        let network = Network::new(network, device, &mut rng)?;
        let momentum = to_f32(config.file().optimizer.momentum);
        let depth = DepthModel::new(config, device, momentum)?;
        let initial = State {
            network: network.snapshot(),
            posterior_logits: depth.logits(),
        };
        Ok(Self {
            optimizer: Sgd::new(network.params().shape().0, momentum),
            selector: Selector::new(config.selection().clone(), initial),
            config: config.clone(),
            train_depth: network.max_depth(),
            network,
            depth,
            epoch: 0,
            step: 0,
            totals: Totals::default(),
        })
    }

    /// Trains until an end is reached or `interrupt` is set; `observe` gets every completed epoch.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the loss or a gradient is not finite, what `observe` returns, or a failure of the device. What
    /// was kept until then is still there.
    pub fn run(
        &mut self,
        data: &TrainingData<'_>,
        interrupt: &AtomicBool,
        mut observe: impl FnMut(&EpochMetrics) -> Result<()>,
    ) -> Result<StoppedBy> {
        while self.epoch < self.config.file().epochs {
            let Some(metrics) = self.run_epoch(data, interrupt)? else {
                return Ok(StoppedBy::Interrupted);
            };
            let state = || Ok::<_, anyhow::Error>(State::of(&self.network, &self.depth));
            self.selector.observe(&metrics, state)?;
            observe(&metrics)?;
            if self.selector.stops_after(self.epoch) {
                return Ok(StoppedBy::EarlyStopping);
            }
        }
        Ok(StoppedBy::MaxEpochs)
    }

    /// Epochs completed.
    pub fn epochs(&self) -> usize {
        self.epoch
    }

    /// The network after the steps so far.
    pub(crate) fn network(&self) -> &Network<D> {
        &self.network
    }

    /// The network of the epoch that was kept. If none was completed after an interruption, what the steps so far have made.
    ///
    /// # Errors
    /// If the device fails.
    pub fn finish(mut self, stopped_by: Option<StoppedBy>) -> Result<Trained<D>> {
        let kept = self.selector.kept();
        let epoch = kept.epoch;
        if epoch > 0 || stopped_by != Some(StoppedBy::Interrupted) {
            self.network.restore(&kept.state.network)?;
            self.depth.restore(kept.state.posterior_logits.as_deref())?;
        }
        Ok(Trained {
            posterior: self.depth.posterior()?,
            posterior_logits: self.depth.logits(),
            network: self.network,
            epoch,
        })
    }

    /// The next epoch, or the rest of one; nothing if it was interrupted.
    fn run_epoch(&mut self, data: &TrainingData<'_>, interrupt: &AtomicBool) -> Result<Option<EpochMetrics>> {
        let stopwatch = Stopwatch::start();
        let epoch = self.epoch + 1;
        let mut rng = stream(self.config.seed(), Purpose::Shuffle, epoch);
        let batches = shuffled_batches(data.train.len(), self.config.file().batch_size, &mut rng);
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        if self.step == 0 {
            self.train_depth = self.depth_of_epoch(epoch)?;
        }
        for batch in &batches[self.step..] {
            if interrupt.load(Ordering::SeqCst) {
                return Ok(None);
            }
            data.train
                .fill_batch(batch, data.standardization, &mut inputs, &mut labels);
            let means = self.train_step(&inputs, &labels, data.train.len())?;
            self.totals.add(&means);
            self.step += 1;
        }
        self.epoch = epoch;
        self.step = 0;
        let totals = std::mem::take(&mut self.totals);
        let end = self.epoch_end(data, &stopwatch)?;
        Ok(Some(totals.metrics(end)))
    }

    /// How deep the steps of an epoch go: all the way in every fifth epoch, so that the losses of the depths that are left
    /// out do not go stale and the posterior can grow back.
    fn depth_of_epoch(&self, epoch: usize) -> Result<usize> {
        match self.config.file().truncate_tail {
            Some(tail) if epoch % PROBE_EVERY != 1 => Ok(self.depth.depth_with_tail(tail)?),
            _ => Ok(self.network.max_depth()),
        }
    }

    fn epoch_end(&self, data: &TrainingData<'_>, stopwatch: &Stopwatch) -> Result<EpochEnd> {
        let posterior = self.depth.posterior().map_err(|error| self.loss_error(error))?;
        let score = |examples| {
            let split = Split {
                examples,
                standardization: data.standardization,
            };
            marginal_scores(&self.network, &split, &posterior)
        };
        let validation = data.selection.map(score).transpose();
        Ok(EpochEnd {
            epoch: self.epoch,
            learning_rate: self.config.learning_rate(self.epoch - 1),
            kl: self.depth.kl()?,
            validation: validation.with_context(|| format!("evaluating after epoch {}", self.epoch))?,
            posterior,
            seconds: stopwatch.seconds(),
            train_depth: self.config.file().truncate_tail.map(|_| self.train_depth),
        })
    }

    /// One step on a batch: training pass, loss, way back, update of the network and of the posterior.
    pub(crate) fn train_step(&mut self, inputs: &[f32], labels: &[u32], n_train: usize) -> Result<StepMeans> {
        let rate = to_f32(self.config.learning_rate(self.epoch));
        let logits = self.network.forward_train_to(inputs, labels.len(), self.train_depth)?;
        let terms = self
            .depth
            .loss(logits, labels, n_train)
            .map_err(|error| self.loss_error(error))?;
        let means = StepMeans {
            batch: labels.len(),
            loss: terms.value,
            nll: terms.expected_nll,
            errors: terms.marginal_errors,
        };
        // dfdx's errors are no `std::error::Error`.
        let mut gradients = terms
            .loss
            .try_backward()
            .map_err(|error| anyhow::anyhow!("backward pass: {error:?}"))?;
        self.optimizer.step(self.network.params_mut(), &mut gradients, rate)?;
        let of_posterior = self.depth.step(&mut gradients, rate)?;
        let of_network = self.optimizer.last_gradient().iter().copied().find(|g| !g.is_finite());
        match of_network.or(of_posterior) {
            None => Ok(means),
            Some(value) => Err(self.non_finite("a gradient", f64::from(value)).into()),
        }
    }

    fn loss_error(&self, error: vds_variational::Error) -> anyhow::Error {
        match error {
            vds_variational::Error::NonFinite { what, value } => self.non_finite(what, value).into(),
            vds_variational::Error::Entry {
                what: "mean_nll",
                index,
                value,
                ..
            } => self.non_finite(&format!("the loss at depth {index}"), value).into(),
            vds_variational::Error::Entry { what, index, value, .. } => {
                self.non_finite(&format!("{what}[{index}]"), value).into()
            }
            other => other.into(),
        }
    }

    /// The failure of the step that is being done.
    fn non_finite(&self, what: &str, value: f64) -> Error {
        Error::NonFinite {
            what: what.to_owned(),
            value,
            epoch: self.epoch + 1,
            step: self.step + 1,
        }
    }
}

impl State {
    fn of<D: TrainingDevice>(network: &Network<D>, depth: &DepthModel<D>) -> Self {
        Self {
            network: network.snapshot(),
            posterior_logits: depth.logits(),
        }
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the network computes in single precision"
)]
fn to_f32(value: f64) -> f32 {
    value as f32
}
