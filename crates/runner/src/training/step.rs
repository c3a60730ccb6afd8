//! One step of training.

use anyhow::Result;
use dfdx::prelude::Backward as _;
use vds_model::{Network, Place};

use super::depth::{POSTERIOR_LOGITS, TrainingDevice};
use super::epoch::StepMeans;
use super::failure::Failure;
use super::trainer::Trainer;

impl<D: TrainingDevice> Trainer<D> {
    /// One step on a batch: training pass, loss, backward pass, update of the network and of the posterior. One that fails leaves
    /// everything as it was.
    pub(crate) fn train_step(&mut self, inputs: &[f32], labels: &[u32], n_train: usize) -> Result<StepMeans> {
        let stepped = self.try_step(inputs, labels, n_train);
        stepped.map_err(|failure| {
            let walk = |network: &Network<D>| network.first_non_finite(inputs, self.train_depth).ok().flatten();
            failure.told_of(self.epoch + 1, self.step + 1, || walk(&self.network))
        })
    }

    fn try_step(&mut self, inputs: &[f32], labels: &[u32], n_train: usize) -> Result<StepMeans, Failure> {
        let rate = to_f32(self.config.learning_rate(self.epoch));
        let (logits, pass) = self.network.forward_train(inputs, labels.len(), self.train_depth)?;
        let network = pass.network();
        if let Some((place, value)) = network.non_finite_statistic() {
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
        let step = self.optimizer.propose(network.params(), &mut gradients, rate);
        let step = step.map_err(|error| Failure::of_step(error, |index| network.place_of(index)))?;
        let posterior_step = self.depth.propose(&mut gradients, rate);
        let posterior_step = posterior_step.map_err(|error| {
            Failure::of_step(error, |depth| Place {
                depth: depth.min(network.max_depth()),
                layer: POSTERIOR_LOGITS.to_owned(),
            })
        })?;
        pass.commit();
        step.apply(self.network.params_mut());
        posterior_step.apply();
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
