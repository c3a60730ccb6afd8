//! The state of a training run and the epochs that change it.

use vds_datasets::View;
use vds_model::{Network, NetworkConfig, Snapshot};
use vds_records::{EpochMetrics, StoppedBy};

use crate::batches::shuffled_batches;
use crate::depth_model::TrainingDevice;
use crate::epoch::{EpochEnd, Totals};
use crate::error::{Error, Result};
use crate::evaluation::epoch_scores;
use crate::fitted::FittedModel;
use crate::learner::Learner;
use crate::options::TrainOptions;
use crate::outcome::{PausePoint, ShouldPause, StepOutcome};
use crate::selection::Selector;
use crate::step::{Batch, StepSettings, to_f32};
use crate::streams::{Purpose, stream};

/// One epoch of so many runs all blocks even if the posterior's tail is negligible.
const PROBE_EVERY: usize = 5;

/// What a run trains on and selects by.
#[derive(Clone, Copy, Debug)]
pub struct TrainingData<'a> {
    /// The training examples, at least two.
    pub train: View<'a>,
    /// The examples on which epochs are compared, if there are any.
    pub selection: Option<View<'a>>,
}

/// The state of a run: everything that the next step depends on, beside the options and the data.
#[derive(Debug)]
pub struct Trainer<D: TrainingDevice> {
    pub(crate) options: TrainOptions,
    pub(crate) learner: Learner<D>,
    pub(crate) selector: Selector<Candidate>,
    /// Epochs completed.
    pub(crate) epoch: usize,
    /// The depth that the steps of the epoch in progress go to.
    pub(crate) train_depth: usize,
    /// Steps done in the epoch after those.
    pub(crate) step: usize,
    pub(crate) totals: Totals,
}

/// What selection keeps of an epoch.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) network: Snapshot,
    pub(crate) posterior_logits: Option<Vec<f32>>,
}

impl<D: TrainingDevice> Trainer<D> {
    /// A run before its first step. The initial parameters are a function of `options.seed`.
    ///
    /// # Errors
    /// If the network's sizes are out of range, the prior does not have one entry per depth, or the device fails.
    pub fn new(options: TrainOptions, network: &NetworkConfig, device: &D) -> Result<Self> {
        let mut rng = stream(options.seed, Purpose::Initialization, 0);
        let mut network = Network::new(network, device, &mut rng)?;
        network.set_head_statistics(options.head_statistics);
        let learner = Learner::new(network, &options.objective, to_f32(options.momentum), device)?;
        Ok(Self {
            selector: Selector::new(options.early_stopping, Candidate::of(&learner)),
            train_depth: learner.network.max_depth(),
            learner,
            options,
            epoch: 0,
            step: 0,
            totals: Totals::default(),
        })
    }

    /// Trains to the end and gives the network of the epoch that was kept; `on_epoch` sees each epoch's metrics.
    ///
    /// # Errors
    /// As [`Self::train_epoch`].
    pub fn train(mut self, data: &TrainingData<'_>, mut on_epoch: impl FnMut(&EpochMetrics)) -> Result<FittedModel<D>> {
        loop {
            match self.train_epoch(data, &|_| false)? {
                StepOutcome::Epoch(metrics) => on_epoch(&metrics),
                StepOutcome::Paused => {}
                StepOutcome::Ended(_) => return self.finish(),
            }
        }
    }

    /// Trains until the end of the epoch in progress, or until `should_pause` returns true; it is called before every step
    /// and after every batch that is evaluated. A paused run continues as if it had not been interrupted.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the loss, a gradient, a parameter or a running statistic is NaN or infinite: the state is
    /// that before the step. [`Error::State`] if the state that was restored has done more steps than an epoch of these data
    /// has. Otherwise a failure of the device.
    pub fn train_epoch(&mut self, data: &TrainingData<'_>, should_pause: ShouldPause<'_>) -> Result<StepOutcome> {
        if let Some(stopped_by) = self.stopped_by() {
            return Ok(StepOutcome::Ended(stopped_by));
        }
        let Some(metrics) = self.run_epoch(data, should_pause)? else {
            return Ok(StepOutcome::Paused);
        };
        self.selector.observe(&metrics, || Candidate::of(&self.learner));
        Ok(StepOutcome::Epoch(Box::new(metrics)))
    }

    /// Epochs completed.
    pub fn epochs(&self) -> usize {
        self.epoch
    }

    /// Steps done in the epoch after those.
    pub fn steps(&self) -> usize {
        self.step
    }

    /// The network after the steps so far.
    pub fn network(&self) -> &Network<D> {
        &self.learner.network
    }

    /// Network and posterior of the epoch that was kept.
    ///
    /// # Errors
    /// If the device fails.
    pub fn finish(mut self) -> Result<FittedModel<D>> {
        let kept = self.selector.kept();
        let epoch = kept.epoch;
        self.learner.network.restore(&kept.state.network)?;
        self.learner.depth.restore(kept.state.posterior_logits.as_deref())?;
        Ok(FittedModel {
            epoch: Some(epoch),
            ..self.learner.into_model()?
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

    /// Why training has ended, if it has.
    fn stopped_by(&self) -> Option<StoppedBy> {
        if self.step > 0 {
            None
        } else if self.epoch > 0 && self.selector.stops_after(self.epoch) {
            Some(StoppedBy::EarlyStopping)
        } else {
            (self.epoch >= self.options.epochs).then_some(StoppedBy::MaxEpochs)
        }
    }

    /// The batches of the epoch in progress.
    pub(crate) fn batches(&self, n_train: usize) -> Vec<Vec<usize>> {
        let mut rng = stream(self.options.seed, Purpose::Shuffle, self.epoch + 1);
        shuffled_batches(n_train, self.options.batch_size, &mut rng)
    }

    /// Refuses steps and sums that the batches of the epoch in progress cannot have led to.
    pub(crate) fn check_progress(&self, batches: &[Vec<usize>]) -> Result<()> {
        let step = self.step;
        let problem = match batches.get(..step) {
            None => format!("{step} steps are done, and an epoch has {}", batches.len()),
            Some(done) => {
                let n_seen = done.iter().map(Vec::len).sum();
                if self.totals.match_count(n_seen) {
                    return Ok(());
                }
                format!("the sums over the epoch so far are not those of {n_seen} examples")
            }
        };
        Err(Error::State { problem })
    }

    /// The next epoch, or the rest of one; `None` if it was paused.
    fn run_epoch(&mut self, data: &TrainingData<'_>, should_pause: ShouldPause<'_>) -> Result<Option<EpochMetrics>> {
        let n_train = data.train.len();
        let batches = self.batches(n_train);
        self.check_progress(&batches)?;
        if self.step == 0 {
            self.train_depth = self.depth_of_epoch(self.epoch + 1)?;
        }
        let settings = StepSettings {
            depth: self.train_depth,
            n_train,
            learning_rate: to_f32(self.options.learning_rate_in(self.epoch)),
            epoch: self.epoch,
        };
        let (mut inputs, mut labels) = (Vec::new(), Vec::new());
        for indices in &batches[self.step..] {
            if should_pause(PausePoint::Step) {
                return Ok(None);
            }
            data.train.fill_batch(indices, &mut inputs, &mut labels);
            let batch = Batch {
                inputs: &inputs,
                labels: &labels,
            };
            let means = self.learner.step(batch, &settings);
            let means = means.map_err(|error| error.in_step(self.epoch + 1, self.step + 1))?;
            self.totals.add(&means);
            self.step += 1;
        }
        let Some(end) = self.epoch_end(data, should_pause)? else {
            return Ok(None);
        };
        let metrics = self.totals.metrics(end)?;
        self.epoch += 1;
        self.step = 0;
        self.totals = Totals::default();
        Ok(Some(metrics))
    }

    /// How deep the steps of an epoch go: all the way in every fifth epoch, so that the losses of the depths that are skipped
    /// do not go stale and the posterior can grow back.
    fn depth_of_epoch(&self, epoch: usize) -> Result<usize> {
        match self.options.skip_tail_mass {
            Some(tail) if epoch % PROBE_EVERY != 1 => Ok(self.learner.depth.depth_with_tail(tail)?),
            _ => Ok(self.learner.network.max_depth()),
        }
    }

    /// What closes the epoch in progress; `None` if it was paused.
    fn epoch_end(&self, data: &TrainingData<'_>, should_pause: ShouldPause<'_>) -> Result<Option<EpochEnd>> {
        let epoch = self.epoch + 1;
        let posterior = self.learner.posterior()?;
        let mut validation = None;
        if let Some(view) = data.selection {
            let pause = || should_pause(PausePoint::Evaluation);
            let scores = epoch_scores(&self.learner.network, view, &posterior, self.options.batch_size, &pause);
            validation = scores.map_err(|source| Error::Evaluation {
                epoch,
                source: Box::new(source),
            })?;
            if validation.is_none() {
                return Ok(None);
            }
        }
        Ok(Some(EpochEnd {
            epoch,
            learning_rate: self.options.learning_rate_in(self.epoch),
            validation,
            posterior,
            prior: self.learner.depth.prior().cloned(),
            train_depth: self.options.skip_tail_mass.map(|_| self.train_depth),
        }))
    }
}

impl Candidate {
    fn of<D: TrainingDevice>(learner: &Learner<D>) -> Self {
        Self {
            network: learner.network.snapshot(),
            posterior_logits: learner.depth.logits(),
        }
    }
}
