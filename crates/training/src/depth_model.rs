//! The depth of a network in training: a posterior that is learnt, or one depth that is given.

use dfdx::prelude::{Gradients, OwnedTape, Tensor};
use vds_model::{Backend, Place, ProposedStep, Sgd, TapedLogits};
use vds_variational::{
    DepthPosterior, DepthPrior, HostGradients, LossTerms, PruningRule, deterministic_loss, kl_divergence, negative_elbo,
};

use crate::error::{Error, Result, on_device};
use crate::options::Objective;

/// Name of the posterior's logits in weights files, that of the authors' `state_dict`.
pub(crate) const POSTERIOR_LOGITS: &str = "prob_model.q_logits";

/// A device that can train.
pub trait TrainingDevice: Backend + HostGradients {}

impl<D: Backend + HostGradients> TrainingDevice for D {}

/// The posterior over depth, and how it changes.
#[derive(Debug)]
pub(crate) enum DepthModel<D: TrainingDevice> {
    /// Learnt depth: logits with an optimizer of their own.
    Learnt {
        logits: Tensor<(usize,), f32, D>,
        optimizer: Sgd,
        prior: DepthPrior,
    },
    /// All mass on the deepest depth.
    Deterministic { max_depth: usize },
}

/// A step of the posterior that is not taken yet; a depth that is given takes none.
#[derive(Debug)]
#[must_use = "a step that is not applied is dropped"]
pub(crate) enum ProposedPosterior<'a, D: TrainingDevice> {
    Learnt {
        step: ProposedStep<'a>,
        logits: &'a mut Tensor<(usize,), f32, D>,
    },
    Deterministic,
}

impl<D: TrainingDevice> ProposedPosterior<'_, D> {
    /// The gradient in the logits of a posterior that is learnt.
    pub(crate) fn gradient(&self) -> Option<&[f32]> {
        match self {
            Self::Learnt { step, .. } => Some(step.gradient()),
            Self::Deterministic => None,
        }
    }

    pub(crate) fn apply(self) {
        match self {
            Self::Learnt { step, logits } => step.apply(logits),
            Self::Deterministic => {}
        }
    }
}

/// The loss of a step, with the tape that leads back to the parameters.
pub(crate) type StepLoss<D> = LossTerms<D, OwnedTape<f32, D>>;

impl<D: TrainingDevice> DepthModel<D> {
    /// The start: a uniform posterior, or the given depth.
    pub(crate) fn new(objective: &Objective, max_depth: usize, momentum: f32, device: &D) -> Result<Self> {
        let n_depths = max_depth + 1;
        match objective {
            Objective::DeterministicDepth => Ok(Self::Deterministic { max_depth }),
            Objective::LearntDepth(prior) if prior.probs().len() != n_depths => Err(Error::PriorLength {
                actual: prior.probs().len(),
                expected: n_depths,
            }),
            Objective::LearntDepth(prior) => Ok(Self::Learnt {
                logits: on_device(
                    "posterior logits",
                    device.try_tensor_from_vec(vec![0.0; n_depths], (n_depths,)),
                )?,
                optimizer: Sgd::new(n_depths, momentum),
                prior: prior.clone(),
            }),
        }
    }

    /// Where weight files keep the logit of a depth.
    pub(crate) fn place(depth: usize) -> Place {
        Place {
            depth,
            layer: POSTERIOR_LOGITS.to_owned(),
        }
    }

    pub(crate) fn loss(
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
    pub(crate) fn propose(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        rate: f32,
    ) -> vds_model::Result<ProposedPosterior<'_, D>> {
        Ok(match self {
            Self::Learnt { logits, optimizer, .. } => ProposedPosterior::Learnt {
                step: optimizer.propose(logits, gradients, rate)?,
                logits,
            },
            Self::Deterministic { .. } => ProposedPosterior::Deterministic,
        })
    }

    /// The velocity of a learnt posterior's logits.
    pub(crate) fn velocity(&self) -> Option<&[f32]> {
        match self {
            Self::Learnt { optimizer, .. } => Some(optimizer.velocity()),
            Self::Deterministic { .. } => None,
        }
    }

    /// Replaces the velocity of a learnt posterior's logits.
    pub(crate) fn set_velocity(&mut self, velocity: &[f32]) -> vds_model::Result<()> {
        match self {
            Self::Learnt { optimizer, .. } => optimizer.set_velocity(velocity),
            Self::Deterministic { .. } => Ok(()),
        }
    }

    pub(crate) fn posterior(&self) -> vds_variational::Result<DepthPosterior> {
        match self {
            Self::Learnt { logits, .. } => posterior(&logits.as_vec()),
            Self::Deterministic { max_depth } => DepthPosterior::one_hot(*max_depth, *max_depth),
        }
    }

    /// The smallest depth with less than `tail` of the posterior's mass beyond it.
    pub(crate) fn depth_with_tail(&self, tail: f64) -> vds_variational::Result<usize> {
        let rule = PruningRule::TailMass { tolerance: tail };
        Ok(rule.pruned_depth(&self.posterior()?))
    }

    /// Divergence of the posterior from the prior, nats; 0 for a given depth.
    pub(crate) fn kl(&self) -> vds_variational::Result<f64> {
        match self {
            Self::Learnt { prior, .. } => kl_divergence(&self.posterior()?, prior),
            Self::Deterministic { .. } => Ok(0.0),
        }
    }

    /// The logits of a learnt posterior.
    pub(crate) fn logits(&self) -> Option<Vec<f32>> {
        match self {
            Self::Learnt { logits, .. } => Some(logits.as_vec()),
            Self::Deterministic { .. } => None,
        }
    }

    /// Restores stored logits.
    pub(crate) fn restore(&mut self, stored: Option<&[f32]>) -> Result<()> {
        let problem = match (self, stored) {
            (Self::Learnt { logits, .. }, Some(values)) if values.len() == logits.as_vec().len() => {
                logits.copy_from(values);
                return Ok(());
            }
            (Self::Deterministic { .. }, None) => return Ok(()),
            (Self::Learnt { .. }, Some(_)) => "its posterior logits are for another maximum depth",
            (Self::Learnt { .. }, None) => "it has no posterior logits, and the depth is learnt",
            (Self::Deterministic { .. }, Some(_)) => "it has posterior logits, and the depth is deterministic",
        };
        Err(Error::State {
            problem: problem.to_owned(),
        })
    }
}

/// The posterior of logits in single precision.
pub(crate) fn posterior(logits: &[f32]) -> vds_variational::Result<DepthPosterior> {
    let logits: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
    DepthPosterior::from_logits(&logits)
}
