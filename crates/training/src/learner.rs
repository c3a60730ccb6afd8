//! One step of training.

use dfdx::prelude::{Backward as _, NoneTape, PutTape as _, SplitTape as _};
use vds_model::{DepthLogits, Network, Sgd, TrainingPass};
use vds_variational::DepthPosterior;

use crate::depth_model::{DepthModel, ProposedPosterior, TrainingDevice};
use crate::error::{Error, Result, loss_error, non_finite, on_device, step_error};
use crate::options::Objective;
use crate::step::{Batch, StepMeans, StepSettings};

/// A network and its posterior over depth, with an optimizer for each.
#[derive(Debug)]
pub struct Learner<D: TrainingDevice> {
    pub(crate) network: Network<D>,
    pub(crate) optimizer: Sgd,
    pub(crate) depth: DepthModel<D>,
}

/// A step that has been computed: dropped, it leaves everything as it was before; [`Self::commit`] takes it.
#[derive(Debug)]
#[must_use = "a step that is not committed is rolled back"]
pub struct ProposedStep<'a, D: TrainingDevice> {
    pass: TrainingPass<'a, D>,
    step: vds_model::ProposedStep<'a>,
    posterior_step: ProposedPosterior<'a, D>,
    logits: DepthLogits<D, NoneTape>,
    means: StepMeans,
}

impl<D: TrainingDevice> Learner<D> {
    /// A network before its first step; a posterior that is learnt starts uniform.
    ///
    /// # Errors
    /// [`Error::PriorLength`], or a failure of the device.
    pub fn new(network: Network<D>, objective: &Objective, momentum: f32, device: &D) -> Result<Self> {
        Ok(Self {
            optimizer: Sgd::new(network.params_vec().len(), momentum),
            depth: DepthModel::new(objective, network.max_depth(), momentum, device)?,
            network,
        })
    }

    /// One step on a batch: training pass, loss, backward pass, update of the network and of the posterior. A step that fails
    /// changes nothing.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the loss, a gradient, a parameter or a running statistic is NaN or infinite. Otherwise if
    /// the batch does not fit the network, or the device fails.
    pub fn step(&mut self, batch: Batch<'_>, settings: &StepSettings) -> Result<StepMeans> {
        Ok(self.propose(batch, settings)?.commit())
    }

    /// Computes a step and takes it only when it is committed.
    ///
    /// # Errors
    /// As [`Self::step`].
    pub fn propose(&mut self, batch: Batch<'_>, settings: &StepSettings) -> Result<ProposedStep<'_, D>> {
        let &StepSettings {
            depth,
            n_train,
            learning_rate,
            ..
        } = settings;
        let Self {
            network,
            optimizer,
            depth: depth_model,
        } = self;
        let n = batch.labels.len();
        let (logits, pass) = network.forward_train(batch.inputs, n, depth)?;
        let network = pass.network();
        if let Some((place, value)) = network.non_finite_statistic() {
            return Err(non_finite("a running statistic", value, Some(place)));
        }
        let (logits, tape) = logits.split_tape();
        let terms = depth_model.loss(logits.clone().put_tape(tape), batch.labels, n_train);
        let terms = terms.map_err(|error| located(loss_error(error), network, batch.inputs, depth))?;
        let means = StepMeans {
            batch: n,
            loss: terms.value,
            nll: terms.expected_nll,
            kl: terms.kl,
            n_errors: terms.marginal_errors,
            depth_nll: terms.per_depth_nll,
        };
        let mut gradients = on_device("backward pass", terms.loss.try_backward())?;
        let step = optimizer.propose(network.params(), &mut gradients, learning_rate);
        let step = step.map_err(|error| step_error(error, |index| network.place_of(index)))?;
        let posterior_step = depth_model.propose(&mut gradients, (&means.depth_nll, n), settings)?;
        Ok(ProposedStep {
            pass,
            step,
            posterior_step,
            logits,
            means,
        })
    }

    /// The network after the steps so far.
    pub fn network(&self) -> &Network<D> {
        &self.network
    }

    /// The posterior after the steps so far.
    ///
    /// # Errors
    /// If its logits are not finite, which no step leaves behind.
    pub fn posterior(&self) -> Result<DepthPosterior> {
        Ok(self.depth.posterior()?)
    }

    /// The logits of a posterior that is learnt.
    pub fn posterior_logits(&self) -> Option<Vec<f32>> {
        self.depth.logits()
    }

    /// Replaces the logits of a posterior that is learnt.
    ///
    /// # Errors
    /// [`Error::State`] if they are for other depths, or the depth is deterministic.
    pub fn set_posterior_logits(&mut self, logits: &[f32]) -> Result<()> {
        self.depth.restore(Some(logits))
    }
}

impl<D: TrainingDevice> ProposedStep<'_, D> {
    /// Takes the step.
    pub fn commit(self) -> StepMeans {
        self.step.apply(self.pass.commit().params_mut());
        self.posterior_step.apply();
        self.means
    }

    /// What the step found on its batch.
    pub fn means(&self) -> &StepMeans {
        &self.means
    }

    /// Logits of every depth that ran, `[depth + 1, batch, n_classes]`.
    pub fn logits(&self) -> Vec<f32> {
        self.logits.as_vec()
    }

    /// The network before the step, its running statistics updated with the batch.
    pub fn network(&self) -> &Network<D> {
        self.pass.network()
    }

    /// Gradient of the loss in the network's parameters.
    pub fn gradient(&self) -> &[f32] {
        self.step.gradient()
    }

    /// Gradient of the loss in the logits of a posterior that is learnt by gradient descent.
    pub fn posterior_gradient(&self) -> Option<&[f32]> {
        self.posterior_step.gradient()
    }
}

/// Looks for the first layer whose output is not finite, if the error does not say where.
fn located<D: TrainingDevice>(error: Error, network: &Network<D>, inputs: &[f32], depth: usize) -> Error {
    match error {
        Error::NonFinite {
            what,
            value,
            at,
            place: None,
        } => Error::NonFinite {
            what,
            value,
            at,
            place: network.first_non_finite(inputs, depth).ok().flatten(),
        },
        other => other,
    }
}
