//! The state of a training run and the steps that change it.

use anyhow::{Context as _, Result};
use dfdx::prelude::HasShape as _;
use vds_datasets::{Examples, Standardization};
use vds_model::{Network, NetworkConfig, Sgd, Snapshot};
use vds_variational::DepthPosterior;

use super::advance::{Advance, Moment, Pause, StoppedBy};
use super::batches::shuffled_batches;
use super::depth::{DepthModel, TrainingDevice};
use super::epoch::{EpochEnd, Totals};
use super::selection::Selector;
use super::step::to_f32;
use super::streams::{Purpose, stream};
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

/// The state of a run: everything that the next step depends on, beside the configuration and the data.
#[derive(Debug)]
pub struct Trainer<D: TrainingDevice> {
    pub(super) config: Config,
    pub(super) network: Network<D>,
    pub(super) optimizer: Sgd,
    pub(super) depth: DepthModel<D>,
    pub(super) selector: Selector<State>,
    /// Epochs completed.
    pub(super) epoch: usize,
    /// The depth that the steps of the epoch in progress go to.
    pub(super) train_depth: usize,
    /// Steps done in the epoch that follows them, and their sums.
    pub(super) step: usize,
    pub(super) totals: Totals,
}

/// What selection keeps of an epoch.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub(super) network: Snapshot,
    pub(super) posterior_logits: Option<Vec<f32>>,
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
            selector: Selector::new(*config.early_stopping(), initial),
            config: config.clone(),
            train_depth: network.max_depth(),
            network,
            depth,
            epoch: 0,
            step: 0,
            totals: Totals::default(),
        })
    }

    /// Trains until the end of the epoch in progress, or until `pause` says so; it is asked before every step and after every
    /// batch that is evaluated. A run that was paused goes on as if nothing had happened.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the loss, a gradient or a parameter is not finite: the state is
    /// that before the step. [`Error::Input`] if the state that was taken up has done more steps than an epoch of these data
    /// has. Otherwise a failure of the device.
    pub fn advance(&mut self, data: &TrainingData<'_>, pause: Pause<'_>) -> Result<Advance> {
        if let Some(stopped_by) = self.stopped_by() {
            return Ok(Advance::Ended(stopped_by));
        }
        let Some(metrics) = self.run_epoch(data, pause)? else {
            return Ok(Advance::Paused);
        };
        let state = || Ok::<_, anyhow::Error>(State::of(&self.network, &self.depth));
        self.selector.observe(&metrics, state)?;
        Ok(Advance::Epoch(metrics))
    }

    /// Epochs completed.
    pub fn epochs(&self) -> usize {
        self.epoch
    }

    /// Steps done in the epoch after those.
    pub fn steps(&self) -> usize {
        self.step
    }

    /// Why training has ended, if it has.
    fn stopped_by(&self) -> Option<StoppedBy> {
        if self.step > 0 {
            None
        } else if self.epoch > 0 && self.selector.stops_after(self.epoch) {
            Some(StoppedBy::EarlyStopping)
        } else {
            (self.epoch >= self.config.file().epochs).then_some(StoppedBy::MaxEpochs)
        }
    }

    /// The network after the steps so far.
    pub(crate) fn network(&self) -> &Network<D> {
        &self.network
    }

    /// The network of the epoch that was kept.
    ///
    /// # Errors
    /// If the device fails.
    pub fn finish(mut self) -> Result<Trained<D>> {
        let kept = self.selector.kept();
        let epoch = kept.epoch;
        self.network.restore(&kept.state.network)?;
        self.depth.restore(kept.state.posterior_logits.as_deref())?;
        Ok(Trained {
            epoch,
            ..self.into_current()?
        })
    }

    /// The network as the steps so far have made it, whatever selection says.
    pub(crate) fn into_current(self) -> Result<Trained<D>> {
        Ok(Trained {
            posterior: self.depth.posterior()?,
            posterior_logits: self.depth.logits(),
            network: self.network,
            epoch: self.epoch,
        })
    }

    /// The examples of the step that comes next, as indices into the training examples; empty at the end of an epoch.
    pub fn next_batch(&self, n_train: usize) -> Vec<usize> {
        let mut batches = self.batches(n_train);
        match self.step < batches.len() {
            true => batches.swap_remove(self.step),
            false => Vec::new(),
        }
    }

    /// The batches of the epoch in progress.
    fn batches(&self, n_train: usize) -> Vec<Vec<usize>> {
        let mut rng = stream(self.config.seed(), Purpose::Shuffle, self.epoch + 1);
        shuffled_batches(n_train, self.config.file().batch_size, &mut rng)
    }

    /// The next epoch, or the rest of one; nothing if it was paused.
    fn run_epoch(&mut self, data: &TrainingData<'_>, pause: Pause<'_>) -> Result<Option<EpochMetrics>> {
        let batches = self.batches(data.train.len());
        let Some((done, batches)) = batches.split_at_checked(self.step) else {
            let (step, n) = (self.step, batches.len());
            return Err(Error::input(format!("{step} steps are done, and an epoch has {n}")).into());
        };
        let n_seen = done.iter().map(Vec::len).sum();
        if !self.totals.are_of(n_seen) {
            return Err(Error::input(format!(
                "the sums over the epoch so far are not those of {n_seen} examples"
            ))
            .into());
        }
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        if self.step == 0 {
            self.train_depth = self.depth_of_epoch(self.epoch + 1)?;
        }
        for batch in batches {
            if pause(Moment::Step) {
                return Ok(None);
            }
            data.train
                .fill_batch(batch, data.standardization, &mut inputs, &mut labels);
            let means = self.train_step(&inputs, &labels, data.train.len())?;
            self.totals.add(&means);
            self.step += 1;
        }
        let Some(end) = self.epoch_end(data, pause)? else {
            return Ok(None);
        };
        self.epoch += 1;
        self.step = 0;
        let totals = std::mem::take(&mut self.totals);
        Ok(Some(totals.metrics(end)))
    }

    /// How deep the steps of an epoch go: all the way in every fifth epoch, so that the losses of the depths that are left
    /// out do not go stale and the posterior can grow back.
    fn depth_of_epoch(&self, epoch: usize) -> Result<usize> {
        match self.config.file().skip_tail_mass {
            Some(tail) if epoch % PROBE_EVERY != 1 => Ok(self.depth.depth_with_tail(tail)?),
            _ => Ok(self.network.max_depth()),
        }
    }

    /// What closes the epoch in progress; nothing if it was paused.
    fn epoch_end(&self, data: &TrainingData<'_>, pause: Pause<'_>) -> Result<Option<EpochEnd>> {
        let epoch = self.epoch + 1;
        let posterior = self.depth.posterior()?;
        let validation = match data.selection {
            None => None,
            Some(examples) => {
                let standardization = data.standardization;
                let split = Split {
                    examples,
                    standardization,
                };
                let scores = marginal_scores(&self.network, &split, &posterior, &|| pause(Moment::Evaluation));
                match scores.with_context(|| format!("evaluating after epoch {epoch}"))? {
                    None => return Ok(None),
                    scores => scores,
                }
            }
        };
        Ok(Some(EpochEnd {
            epoch,
            learning_rate: self.config.learning_rate(self.epoch),
            kl: self.depth.kl()?,
            validation,
            posterior,
            train_depth: self.config.file().skip_tail_mass.map(|_| self.train_depth),
        }))
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
