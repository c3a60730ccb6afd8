//! The state of a trainer as the content of a checkpoint, and back.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vds_checkpoint::{Array, Checkpoint};
use vds_model::Snapshot;
use vds_variational::RunningNll;

use crate::depth_model::TrainingDevice;
use crate::epoch::Totals;
use crate::error::{Error, Result};
use crate::selection::{Best, Kept};
use crate::trainer::{Candidate, Trainer};

/// The part of a trainer's state that is not an array.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TrainerState {
    /// Epochs completed.
    pub epoch: usize,
    /// Steps done in the epoch after those. Its order of the examples is a function of the seed and its number, so that
    /// randomness has no state beside these two.
    pub step: usize,
    train_depth: usize,
    totals: Totals,
    best: Option<Best>,
    epochs_skipped: usize,
    kept_epoch: usize,
    /// Running losses of the depths, where the posterior follows from them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    running_nll: Option<RunningNll>,
}

impl TrainerState {
    /// Refuses numbers that no run arrives at; a checkpoint may come from elsewhere.
    fn check(&self, epochs: usize, max_depth: usize) -> Result<()> {
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
        } else if self.kept_epoch > self.epoch || best > self.epoch || self.epochs_skipped > self.epoch - best {
            format!("its best or kept epoch comes after epoch {}", self.epoch)
        } else {
            return Ok(());
        };
        Err(Error::State { problem })
    }
}

impl<D: TrainingDevice> Trainer<D> {
    /// The state: what is not an array, and the arrays by name.
    pub fn state(&self) -> (TrainerState, BTreeMap<String, Array>) {
        let state = TrainerState {
            epoch: self.epoch,
            step: self.step,
            train_depth: self.train_depth,
            totals: self.totals.clone(),
            best: self.selector.best,
            epochs_skipped: self.selector.epochs_skipped,
            kept_epoch: self.selector.kept.epoch,
            running_nll: self.learner.depth.running_nll().cloned(),
        };
        let mut arrays = BTreeMap::new();
        put_network(&mut arrays, "network", self.learner.network.snapshot());
        put(
            &mut arrays,
            "velocity.network",
            self.learner.optimizer.velocity().to_vec(),
        );
        if let Some(logits) = self.learner.depth.logits() {
            put(&mut arrays, "posterior", logits);
        }
        if let Some(velocity) = self.learner.depth.velocity() {
            put(&mut arrays, "velocity.posterior", velocity.to_vec());
        }
        let kept = &self.selector.kept.state;
        put_network(&mut arrays, "kept.network", kept.network.clone());
        if let Some(logits) = &kept.posterior_logits {
            put(&mut arrays, "kept.posterior", logits.clone());
        }
        (state, arrays)
    }

    /// Restores the state of a run with the same options, network and `n_train` training examples.
    ///
    /// # Errors
    /// If an array is missing, has another length or holds a number that is not finite, or the state lies outside the run.
    /// Then the trainer is not to be used any more.
    pub fn restore(&mut self, state: &TrainerState, checkpoint: &mut Checkpoint, n_train: usize) -> Result<()> {
        state.check(self.options.epochs, self.learner.network.max_depth())?;
        let kept_network = take_network(checkpoint, "kept.network")?;
        // The state to be kept goes through the same checks as the current one, which takes its place afterwards.
        self.learner.network.restore(&kept_network)?;
        self.learner.network.restore(&take_network(checkpoint, "network")?)?;
        let velocity = take_finite(checkpoint, "velocity.network")?;
        self.learner.optimizer.set_velocity(&velocity)?;
        let mut kept_logits = None;
        if self.learner.depth.logits().is_some() {
            let logits = take_finite(checkpoint, "kept.posterior")?;
            self.learner.depth.restore(Some(&logits))?;
            kept_logits = Some(logits);
            self.learner
                .depth
                .restore(Some(&take_finite(checkpoint, "posterior")?))?;
        }
        if self.learner.depth.velocity().is_some() {
            let velocity = take_finite(checkpoint, "velocity.posterior")?;
            self.learner.depth.set_velocity(&velocity)?;
        }
        self.learner.depth.restore_running_nll(state.running_nll.as_ref())?;
        self.epoch = state.epoch;
        self.step = state.step;
        self.train_depth = state.train_depth;
        self.totals = state.totals.clone();
        self.selector.best = state.best;
        self.selector.epochs_skipped = state.epochs_skipped;
        self.selector.kept = Kept {
            epoch: state.kept_epoch,
            state: Candidate {
                network: kept_network,
                posterior_logits: kept_logits,
            },
        };
        self.check_progress(&self.batches(n_train))
    }
}

fn put(arrays: &mut BTreeMap<String, Array>, name: &str, values: Vec<f32>) {
    arrays.insert(name.to_owned(), Array::F32(values));
}

fn put_network(arrays: &mut BTreeMap<String, Array>, name: &str, network: Snapshot) {
    put(arrays, &format!("{name}.params"), network.params);
    put(arrays, &format!("{name}.statistics"), network.running_stats);
    arrays.insert(format!("{name}.n_batches"), Array::U64(network.n_batches));
}

fn take_network(checkpoint: &mut Checkpoint, name: &str) -> Result<Snapshot> {
    Ok(Snapshot {
        params: take_finite(checkpoint, &format!("{name}.params"))?,
        running_stats: take_finite(checkpoint, &format!("{name}.statistics"))?,
        n_batches: checkpoint.take_u64(&format!("{name}.n_batches"))?,
    })
}

fn take_finite(checkpoint: &mut Checkpoint, name: &str) -> Result<Vec<f32>> {
    let values = checkpoint.take_f32(name)?;
    match values.iter().position(|value| !value.is_finite()) {
        None => Ok(values),
        Some(index) => Err(Error::State {
            problem: format!("{name}[{index}] is {}, expected a finite number", values[index]),
        }),
    }
}
