//! The state of a run as a checkpoint, and back.

use std::collections::BTreeMap;

use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use vds_checkpoint::{Array, Checkpoint};
use vds_model::Snapshot;

use super::depth::TrainingDevice;
use super::epoch::Totals;
use super::selection::{Best, Kept};
use super::trainer::{State, Trainer};
use crate::error::Error;

/// What of a trainer's state is no tensor.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Position {
    /// Epochs completed.
    pub epoch: usize,
    /// Steps done in the epoch after those. Its order of the examples is a function of the seed and its number, so that
    /// randomness has no state beside these two.
    pub step: usize,
    train_depth: usize,
    totals: Totals,
    best: Option<Best>,
    not_compared: usize,
    kept_epoch: usize,
}

impl Position {
    /// Refuses numbers that no run comes to; a checkpoint may be a stranger's.
    fn check(&self, epochs: usize, max_depth: usize) -> Result<(), Error> {
        let best = self.best.map_or(0, |best| best.epoch);
        let problem = if self.epoch > epochs || self.epoch == epochs && self.step > 0 {
            format!(
                "it lies {} steps after epoch {}, and the run has {epochs} epochs",
                self.step, self.epoch
            )
        } else if self.train_depth > max_depth {
            format!(
                "train_depth is {}, and the network has {max_depth} blocks",
                self.train_depth
            )
        } else if self.kept_epoch > self.epoch || best > self.epoch || self.not_compared > self.epoch - best {
            format!("its best or kept epoch comes after epoch {}", self.epoch)
        } else {
            return Ok(());
        };
        Err(Error::input(format!("the position is none of this run: {problem}")))
    }
}

impl<D: TrainingDevice> Trainer<D> {
    /// The position and the tensors of the state.
    pub fn state(&self) -> (Position, BTreeMap<String, Array>) {
        let position = Position {
            epoch: self.epoch,
            step: self.step,
            train_depth: self.train_depth,
            totals: self.totals,
            best: self.selector.best,
            not_compared: self.selector.not_compared,
            kept_epoch: self.selector.kept.epoch,
        };
        let mut tensors = BTreeMap::new();
        put_network(&mut tensors, "network", self.network.snapshot());
        put(&mut tensors, "velocity.network", self.optimizer.velocity().to_vec());
        if let (Some(logits), Some(velocity)) = (self.depth.logits(), self.depth.velocity()) {
            put(&mut tensors, "posterior", logits);
            put(&mut tensors, "velocity.posterior", velocity.to_vec());
        }
        let kept = &self.selector.kept.state;
        put_network(&mut tensors, "kept.network", kept.network.clone());
        if let Some(logits) = &kept.posterior_logits {
            put(&mut tensors, "kept.posterior", logits.clone());
        }
        (position, tensors)
    }

    /// Takes up a state of a run of the same configuration.
    ///
    /// # Errors
    /// If a tensor is missing or has another length, or the position lies outside the run.
    pub fn restore(&mut self, position: &Position, checkpoint: &mut Checkpoint) -> Result<()> {
        position.check(self.config.file().epochs, self.network.max_depth())?;
        self.network.restore(&take_network(checkpoint, "network")?)?;
        self.optimizer
            .set_velocity(&checkpoint.take_f32("velocity.network")?)
            .context("the network's optimiser")?;
        let mut kept = State {
            network: take_network(checkpoint, "kept.network")?,
            posterior_logits: None,
        };
        if self.depth.logits().is_some() {
            self.depth.restore(Some(&checkpoint.take_f32("posterior")?))?;
            self.depth
                .set_velocity(&checkpoint.take_f32("velocity.posterior")?)
                .context("the posterior's optimiser")?;
            kept.posterior_logits = Some(checkpoint.take_f32("kept.posterior")?);
        }
        self.epoch = position.epoch;
        self.step = position.step;
        self.train_depth = position.train_depth;
        self.totals = position.totals;
        self.selector.best = position.best;
        self.selector.not_compared = position.not_compared;
        self.selector.kept = Kept {
            epoch: position.kept_epoch,
            state: kept,
        };
        Ok(())
    }
}

fn put(tensors: &mut BTreeMap<String, Array>, name: &str, values: Vec<f32>) {
    tensors.insert(name.to_owned(), Array::F32(values));
}

fn put_network(tensors: &mut BTreeMap<String, Array>, name: &str, network: Snapshot) {
    put(tensors, &format!("{name}.params"), network.params);
    put(tensors, &format!("{name}.statistics"), network.statistics);
    tensors.insert(format!("{name}.n_batches"), Array::U64(network.n_batches));
}

fn take_network(checkpoint: &mut Checkpoint, name: &str) -> vds_checkpoint::Result<Snapshot> {
    Ok(Snapshot {
        params: checkpoint.take_f32(&format!("{name}.params"))?,
        statistics: checkpoint.take_f32(&format!("{name}.statistics"))?,
        n_batches: checkpoint.take_u64(&format!("{name}.n_batches"))?,
    })
}
