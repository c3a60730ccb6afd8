//! One step of training.

use anyhow::Result;
use dfdx::prelude::Backward as _;
use vds_model::{Network, Place};

use super::depth::TrainingDevice;
use super::epoch::StepMeans;
use super::failure::Failure;
use super::trainer::Trainer;

impl<D: TrainingDevice> Trainer<D> {
    /// One step on a batch: training pass, loss, way back, update of the network and of the posterior. One that fails leaves
    /// everything as it was.
    pub(crate) fn train_step(&mut self, inputs: &[f32], labels: &[u32], n_train: usize) -> Result<StepMeans> {
        let stepped = self.try_step(inputs, labels, n_train);
        stepped.map_err(|failure| {
            self.network.forget_last_batch();
            let walk = |network: &Network<D>| network.first_non_finite(inputs, self.train_depth).ok().flatten();
            failure.told_of(self.epoch + 1, self.step + 1, || walk(&self.network))
        })
    }

    fn try_step(&mut self, inputs: &[f32], labels: &[u32], n_train: usize) -> Result<StepMeans, Failure> {
        let rate = to_f32(self.config.learning_rate(self.epoch));
        let logits = self.network.forward_train_to(inputs, labels.len(), self.train_depth)?;
        if let Some((place, value)) = self.network.non_finite_statistic() {
            return Err(Failure::of_statistic(place, value));
        }
        let terms = self.depth.loss(logits, labels, n_train)?;
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
        let proposed = self.optimizer.propose(self.network.params(), &mut gradients, rate);
        proposed.map_err(|error| Failure::of_step(error, |index| self.network.place_of(index)))?;
        let max_depth = self.network.max_depth();
        let proposed = self.depth.propose(&mut gradients, rate);
        proposed.map_err(|error| Failure::of_step(error, |depth| Place::posterior(depth.min(max_depth))))?;
        self.optimizer.take(self.network.params_mut());
        self.depth.take();
        Ok(means)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "the network computes in single precision"
)]
pub(super) fn to_f32(value: f64) -> f32 {
    value as f32
}
