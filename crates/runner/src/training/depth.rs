//! What a training run knows of depth: a posterior that is learnt, or one depth that is given.

use dfdx::prelude::{Gradients, OwnedTape, Tensor};
use vds_model::{Backend, ProposedStep, Sgd, TapedLogits};
use vds_variational::negative_elbo;
use vds_variational::{
    DepthPosterior, DepthPrior, HostGradients, LossTerms, PruningRule, deterministic_loss, kl_divergence,
};

use crate::config::{Config, Method};
use anyhow::{Context as _, Result, ensure};

/// Name of the posterior's logits in a weights file.
pub(crate) const POSTERIOR_LOGITS: &str = "prob_model.q_logits";

/// A device that can train.
pub trait TrainingDevice: Backend + HostGradients {}

impl<D: Backend + HostGradients> TrainingDevice for D {}

/// The posterior over depth, and how it changes.
#[derive(Debug)]
pub(super) enum DepthModel<D: TrainingDevice> {
    /// Learnt depth: logits with an optimiser of their own.
    Learnt {
        logits: Tensor<(usize,), f32, D>,
        optimizer: Sgd,
        prior: DepthPrior,
    },
    /// All mass on the deepest depth.
    Deterministic { max_depth: usize },
}

/// A step of the posterior that is not taken yet.
#[must_use = "a step that is not applied is dropped"]
pub(super) struct ProposedPosterior<'a, D: TrainingDevice>(
    Option<(ProposedStep<'a>, &'a mut Tensor<(usize,), f32, D>)>,
);

impl<D: TrainingDevice> ProposedPosterior<'_, D> {
    pub(super) fn apply(self) {
        if let Some((step, logits)) = self.0 {
            step.apply(logits);
        }
    }
}

/// The loss of a step, with the tape that leads back to the parameters.
pub(super) type StepLoss<D> = LossTerms<D, OwnedTape<f32, D>>;

impl<D: TrainingDevice> DepthModel<D> {
    /// The start: a uniform posterior, or the given depth.
    pub(super) fn new(config: &Config, device: &D, momentum: f32) -> Result<Self> {
        let max_depth = config.max_depth();
        if config.method() == Method::Ddn {
            return Ok(Self::Deterministic { max_depth });
        }
        let n_depths = max_depth + 1;
        Ok(Self::Learnt {
            logits: tensor(device, vec![0.0; n_depths])?,
            optimizer: Sgd::new(n_depths, momentum),
            prior: config.prior().clone(),
        })
    }

    pub(super) fn loss(
        &self,
        depth_logits: TapedLogits<D>,
        labels: &[u32],
        n_train: usize,
    ) -> vds_variational::Result<StepLoss<D>> {
        match self {
            Self::Learnt { logits, prior, .. } => negative_elbo(depth_logits, labels, logits, prior, n_train),
            Self::Deterministic { max_depth } => deterministic_loss(depth_logits, labels, *max_depth),
        }
    }

    /// Computes a step of the posterior without taking it.
    pub(super) fn propose(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        rate: f32,
    ) -> vds_model::Result<ProposedPosterior<'_, D>> {
        Ok(ProposedPosterior(match self {
            Self::Learnt { logits, optimizer, .. } => Some((optimizer.propose(logits, gradients, rate)?, logits)),
            Self::Deterministic { .. } => None,
        }))
    }

    /// The velocity of a learnt posterior's logits.
    pub(super) fn velocity(&self) -> Option<&[f32]> {
        match self {
            Self::Learnt { optimizer, .. } => Some(optimizer.velocity()),
            Self::Deterministic { .. } => None,
        }
    }

    /// Replaces the velocity of a learnt posterior's logits.
    pub(super) fn set_velocity(&mut self, velocity: &[f32]) -> vds_model::Result<()> {
        match self {
            Self::Learnt { optimizer, .. } => optimizer.set_velocity(velocity),
            Self::Deterministic { .. } => Ok(()),
        }
    }

    pub(super) fn posterior(&self) -> vds_variational::Result<DepthPosterior> {
        match self {
            Self::Learnt { logits, .. } => posterior(&logits.as_vec()),
            Self::Deterministic { max_depth } => DepthPosterior::one_hot(*max_depth, *max_depth),
        }
    }

    /// The smallest depth with less than `tail` of the posterior's mass behind it.
    pub(super) fn depth_with_tail(&self, tail: f64) -> vds_variational::Result<usize> {
        let rule = PruningRule::TailMass { tolerance: tail };
        Ok(rule.pruned_depth(&self.posterior()?))
    }

    /// Divergence of the posterior from the prior, nats; 0 for a given depth.
    pub(super) fn kl(&self) -> vds_variational::Result<f64> {
        match self {
            Self::Learnt { prior, .. } => kl_divergence(&self.posterior()?, prior),
            Self::Deterministic { .. } => Ok(0.0),
        }
    }

    /// The logits of a learnt posterior.
    pub(super) fn logits(&self) -> Option<Vec<f32>> {
        match self {
            Self::Learnt { logits, .. } => Some(logits.as_vec()),
            Self::Deterministic { .. } => None,
        }
    }

    /// Goes back to stored logits.
    pub(super) fn restore(&mut self, stored: Option<&[f32]>) -> Result<()> {
        match (self, stored) {
            (Self::Learnt { logits, .. }, Some(values)) => {
                ensure!(
                    values.len() == logits.as_vec().len(),
                    "posterior logits of another depth"
                );
                logits.copy_from(values);
            }
            (Self::Deterministic { .. }, None) => {}
            _ => anyhow::bail!("posterior logits do not belong to this method"),
        }
        Ok(())
    }
}

/// The posterior of logits in single precision.
pub(crate) fn posterior(logits: &[f32]) -> vds_variational::Result<DepthPosterior> {
    let logits: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
    DepthPosterior::from_logits(&logits)
}

fn tensor<D: TrainingDevice>(device: &D, values: Vec<f32>) -> Result<Tensor<(usize,), f32, D>> {
    let len = values.len();
    // dfdx's errors are no `std::error::Error`.
    let tensor = device
        .try_tensor_from_vec(values, (len,))
        .map_err(|error| anyhow::anyhow!("{error:?}"));
    tensor.context("placing the posterior's logits on the device")
}
