//! What one process does of a run: steps, checkpoints, log lines.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use vds_checkpoint::{Array, CheckpointStore};
use vds_files::Shown as _;
use vds_model::NetworkConfig;
use vds_records::files::{NON_FINITE, WEIGHTS};
use vds_records::{EpochMetrics, Event, NonFiniteStep, StoppedBy, Summary};
use vds_training::{PausePoint, StepOutcome, Trainer};

use super::resume;
use crate::clock::Stopwatch;
use crate::config::Config;
use crate::data::Data;
use crate::device::Device;
use crate::error::Error;
use crate::finalize::{self, Outcome};
use crate::progress::Progress;
use crate::run_dir::{Journal, MetricsLog, RunDir, session_ends};
use crate::signals::Interrupt;

/// When checkpoints are written.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct Checkpoints {
    /// Write a checkpoint after every N epochs, beside those of --checkpoint-minutes
    #[arg(long, value_name = "N")]
    pub(crate) checkpoint_epochs: Option<NonZeroUsize>,
    /// Write a checkpoint when the last one is so many minutes old; fractions are allowed
    #[arg(long, value_name = "X", default_value = "5", value_parser = minutes)]
    pub(crate) checkpoint_minutes: Duration,
}

/// The part of a run that one process does.
pub(super) struct Session<'a> {
    pub(super) config: &'a Config,
    pub(super) data: &'a Data,
    pub(super) run_dir: &'a RunDir,
    pub(super) interrupt: &'a Interrupt,
    pub(super) checkpoints: CheckpointStore,
    pub(super) metrics: MetricsLog,
    pub(super) journal: Journal,
    pub(super) progress: Progress,
    pub(super) intervals: Checkpoints,
    /// Since the process began.
    pub(super) process: Stopwatch,
    /// Since the last checkpoint.
    pub(super) since_checkpoint: Stopwatch,
    /// Epochs and steps at the last checkpoint of this process.
    pub(super) last_checkpoint: Option<(usize, usize)>,
}

impl Session<'_> {
    /// Trains to the end, or until a signal comes; then nothing is returned. Either way the state is on the disk, and from now
    /// on a signal ends the process.
    ///
    /// # Errors
    /// [`Error::Stopped`] with what can be done about it.
    pub(super) fn train(&mut self, mut trainer: Trainer<Device>) -> Result<Option<(Trainer<Device>, StoppedBy)>> {
        let ended = self.train_to_end(&mut trainer);
        self.progress.finish();
        let stopped_by = match ended {
            Ok(stopped_by) => stopped_by,
            Err(failure) => return Err(self.stopped(trainer, failure)),
        };
        self.interrupt.nothing_to_save();
        if self.interrupt.came() {
            self.progress.interrupted(trainer.epochs(), self.run_dir.path());
            return Ok(None);
        }
        Ok(stopped_by.map(|stopped_by| (trainer, stopped_by)))
    }

    /// Notes in the journal that the process ends.
    pub(super) fn end(&mut self, reason: &str) -> Result<()> {
        Ok(self.journal.add(&session_ends(reason, self.process.seconds()))?)
    }

    /// Evaluates and stores what a training to its end has left, and notes its end in the journal.
    ///
    /// # Errors
    /// [`Error::Stopped`] with how to resume.
    pub(super) fn store(&mut self, trainer: Trainer<Device>, stopped_by: StoppedBy) -> Result<Summary> {
        let stored = self.evaluate_and_write(trainer, stopped_by).map_err(|failure| {
            let _ = self.end("failed");
            with_hint(failure, self.resume_hint())
        });
        let summary = stored?;
        self.end(stopped_by.name())?;
        Ok(summary)
    }

    fn evaluate_and_write(&self, trainer: Trainer<Device>, stopped_by: StoppedBy) -> Result<Summary> {
        let outcome = Outcome {
            epochs: trainer.epochs(),
            stopped_by: Some(stopped_by),
            pruned_from: None,
            train_flops: self.train_flops(trainer.network().config())?,
        };
        let mut model = trainer.finish()?;
        let evaluated = finalize::finalize(self.config, self.data, &mut model, &outcome)?;
        self.run_dir.check_held()?;
        finalize::write(self.run_dir, self.config, &model, &evaluated)?;
        Ok(evaluated.summary)
    }

    /// Operations of all epochs; a backward pass takes twice as many as the forward pass.
    fn train_flops(&self, network: &NetworkConfig) -> Result<f64> {
        let mut flops = 0.0;
        for line in self
            .metrics
            .content()
            .split(|&byte| byte == b'\n')
            .filter(|line| !line.is_empty())
        {
            let epoch: EpochMetrics = serde_json::from_slice(line)?;
            let depth = epoch.train_depth.unwrap_or(network.max_depth());
            flops += 3.0 * network.forward_flops(depth) * self.data.train.len() as f64;
        }
        Ok(flops)
    }

    fn train_to_end(&mut self, trainer: &mut Trainer<Device>) -> Result<Option<StoppedBy>> {
        let data = self.data.training();
        let mut stopwatch = Stopwatch::start();
        // A pause is followed by a step, however short the interval is.
        let has_paused = Cell::new(false);
        loop {
            let should_pause = |point| {
                self.interrupt.came()
                    || point == PausePoint::Step && !has_paused.take() && self.is_old(self.since_checkpoint)
            };
            match trainer.train_epoch(&data, &should_pause)? {
                StepOutcome::Epoch(metrics) => {
                    self.epoch(&metrics, stopwatch.seconds())?;
                    stopwatch = Stopwatch::start();
                    if self.is_due(metrics.epoch) {
                        self.checkpoint(trainer)?;
                    }
                }
                StepOutcome::Paused => {
                    self.checkpoint(trainer)?;
                    has_paused.set(true);
                    if self.interrupt.came() {
                        return Ok(None);
                    }
                }
                StepOutcome::Ended(stopped_by) => {
                    self.checkpoint(trainer)?;
                    // The checkpoints, which hold the lines too, are about to be removed.
                    self.metrics.sync()?;
                    return Ok(Some(stopped_by));
                }
            }
        }
    }

    fn epoch(&mut self, metrics: &EpochMetrics, seconds: f64) -> Result<()> {
        self.run_dir.check_held()?;
        self.metrics.append(metrics)?;
        let epoch = metrics.epoch;
        self.journal.add(&Event::Epoch { epoch, seconds })?;
        self.progress.epoch(metrics, seconds);
        Ok(())
    }

    fn is_due(&self, epoch: usize) -> bool {
        let interval = self.intervals.checkpoint_epochs;
        interval.is_some_and(|interval| epoch.is_multiple_of(interval.get()))
    }

    fn is_old(&self, since: Stopwatch) -> bool {
        since.seconds() >= self.intervals.checkpoint_minutes.as_secs_f64()
    }

    /// Writes a checkpoint, unless the last one holds the same state.
    fn checkpoint(&mut self, trainer: &Trainer<Device>) -> Result<()> {
        let place = (trainer.epochs(), trainer.steps());
        if self.last_checkpoint != Some(place) {
            let stopwatch = Stopwatch::start();
            let path = self.write_checkpoint(trainer)?;
            let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            self.journal.add(&Event::Checkpoint {
                file,
                epochs: place.0,
                steps: place.1,
                seconds: stopwatch.seconds(),
            })?;
            self.last_checkpoint = Some(place);
        }
        self.since_checkpoint = Stopwatch::start();
        Ok(())
    }

    fn write_checkpoint(&mut self, trainer: &Trainer<Device>) -> Result<PathBuf> {
        let (position, mut arrays): (_, BTreeMap<_, _>) = trainer.state();
        let history = Array::U8(self.metrics.content().to_vec());
        arrays.insert(resume::HISTORY.to_owned(), history);
        self.run_dir.check_held()?;
        let checkpoint = resume::checkpoint(self.config, self.data, position, arrays)?;
        Ok(self.checkpoints.write(&checkpoint)?)
    }

    /// Adds to a failure how to resume; keeps the last good state if numbers were not finite.
    fn stopped(&mut self, trainer: Trainer<Device>, failure: anyhow::Error) -> anyhow::Error {
        let _ = self.end("failed");
        let hint = match failure.downcast_ref::<vds_training::Error>() {
            Some(vds_training::Error::NonFinite { .. }) => self.keep_last_good(trainer, &failure),
            _ => self.resume_hint(),
        };
        with_hint(failure, hint)
    }

    fn resume_hint(&self) -> Result<Option<String>> {
        let run = self.run_dir.path().quoted();
        // What is there if the folder is another one now is not this run's.
        Ok(
            match self.run_dir.check_held().is_err() || self.checkpoints.is_empty()? {
                true => None,
                false => Some(format!("`vds train --resume {run}` resumes from the last checkpoint")),
            },
        )
    }

    /// The state before the step, the batch, and the weights of the best epoch.
    fn keep_last_good(&mut self, trainer: Trainer<Device>, failure: &anyhow::Error) -> Result<Option<String>> {
        let Some(vds_training::Error::NonFinite {
            what,
            value,
            at: Some((epoch, step)),
            place,
        }) = failure.downcast_ref::<vds_training::Error>()
        else {
            return Ok(None);
        };
        self.checkpoint(&trainer)?;
        let train = &self.data.train;
        let batch = trainer.next_batch(train.len());
        let step = NonFiniteStep {
            epoch: *epoch,
            step: *step,
            what: what.clone(),
            value: value.to_string(),
            depth: place.as_ref().map(|place| place.depth),
            layer: place.as_ref().map(|place| place.layer.clone()),
            labels: batch.iter().map(|&index| train.labels()[index]).collect(),
            batch,
        };
        self.run_dir.write_json(NON_FINITE, &step)?;
        let model = trainer.finish()?;
        finalize::write_network(self.run_dir, self.config, &model)?;
        Ok(Some(format!(
            "the state before the step is in {}, the batch in {}, the weights of epoch {} in {}; a smaller \
             optimizer.learning_rate may help",
            self.checkpoints.folder().shown(),
            self.run_dir.path().join(NON_FINITE).shown(),
            model.epoch.unwrap_or(0),
            self.run_dir.path().join(WEIGHTS).shown()
        )))
    }
}

/// A year: beyond it nobody waits.
const MAX_MINUTES: f64 = 525_600.0;

fn minutes(text: &str) -> Result<Duration, String> {
    let in_range = text.parse().ok().filter(|x: &f64| *x > 0.0 && *x <= MAX_MINUTES);
    let expected = || format!("expected a number of minutes above 0, at most {MAX_MINUTES}");
    in_range.map(|x| Duration::from_secs_f64(60.0 * x)).ok_or_else(expected)
}

fn with_hint(failure: anyhow::Error, hint: Result<Option<String>>) -> anyhow::Error {
    match hint {
        // That something could not be kept adds nothing to the failure itself.
        Err(_) | Ok(None) => failure,
        Ok(Some(hint)) => Error::Stopped {
            hint,
            // Whoever chooses the exit code looks for the error itself, which a plain conversion wraps.
            source: failure.reallocate_into_boxed_dyn_error_without_backtrace(),
        }
        .into(),
    }
}
