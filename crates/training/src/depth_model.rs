//! The depth of a network in training: a posterior that is learnt, or one depth that is given.

use dfdx::prelude::{Gradients, OwnedTape, Tensor};
use vds_model::{Backend, Place, ProposedStep, Schedule, Sgd, TapedLogits};
use vds_variational::{
    DepthPosterior, DepthPrior, HostGradients, LossTerms, PruningRule, RunningNll, deterministic_loss, exact_posterior,
    negative_elbo,
};

use crate::error::{Error, Result, on_device, step_error};
use crate::options::{LogitsRate, Objective, PosteriorUpdate};
use crate::step::{StepSettings, to_f32};

/// Name of the posterior's logits in weights files, that of the authors' `state_dict`.
pub(crate) const POSTERIOR_LOGITS: &str = "prob_model.q_logits";

/// A device that can train.
pub trait TrainingDevice: Backend + HostGradients {}

impl<D: Backend + HostGradients> TrainingDevice for D {}

/// The posterior over depth, and how it changes.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "a run has one")]
pub(crate) enum DepthModel<D: TrainingDevice> {
    /// Learnt depth.
    Learnt {
        logits: Tensor<(usize,), f32, D>,
        update: Update,
        prior: DepthPrior,
    },
    /// All mass on the deepest depth.
    Deterministic { max_depth: usize },
}

/// How the logits of a learnt posterior change.
#[derive(Debug)]
pub(crate) enum Update {
    Sgd {
        optimizer: Sgd,
        /// Rate and schedule; `None` for those of the weights.
        own: Option<(LogitsRate, Schedule)>,
    },
    ClosedForm {
        warm_up_epochs: usize,
        damping: f64,
        running: RunningNll,
    },
    Fixed,
}

/// A step of the posterior that is not taken yet; a posterior that is fixed takes none.
#[derive(Debug)]
#[must_use = "a step that is not applied is dropped"]
pub(crate) enum ProposedPosterior<'a, D: TrainingDevice> {
    Sgd {
        step: ProposedStep<'a>,
        logits: &'a mut Tensor<(usize,), f32, D>,
    },
    ClosedForm {
        logits: &'a mut Tensor<(usize,), f32, D>,
        /// `None` in the warm-up.
        next_logits: Option<Vec<f32>>,
        running: &'a mut RunningNll,
        next_running: RunningNll,
    },
    Fixed,
}

impl<D: TrainingDevice> ProposedPosterior<'_, D> {
    /// The gradient in the logits of a posterior that is learnt by gradient descent.
    pub(crate) fn gradient(&self) -> Option<&[f32]> {
        match self {
            Self::Sgd { step, .. } => Some(step.gradient()),
            Self::ClosedForm { .. } | Self::Fixed => None,
        }
    }

    pub(crate) fn apply(self) {
        match self {
            Self::Sgd { step, logits } => step.apply(logits),
            Self::ClosedForm {
                logits,
                next_logits,
                running,
                next_running,
            } => {
                *running = next_running;
                if let Some(next) = next_logits {
                    logits.copy_from(&next);
                }
            }
            Self::Fixed => {}
        }
    }
}

/// The loss of a step, with the tape that leads back to the parameters.
pub(crate) type StepLoss<D> = LossTerms<D, OwnedTape<f32, D>>;

impl<D: TrainingDevice> DepthModel<D> {
    /// The start: the given posterior or depth, else a uniform posterior.
    pub(crate) fn new(objective: &Objective, max_depth: usize, momentum: f32, device: &D) -> Result<Self> {
        let n_depths = max_depth + 1;
        let (prior, posterior) = match objective {
            Objective::DeterministicDepth => return Ok(Self::Deterministic { max_depth }),
            Objective::LearntDepth { prior, posterior } => (prior, posterior),
        };
        let (initial, update) = match posterior {
            PosteriorUpdate::Published => (None, Update::sgd(n_depths, momentum, None)),
            PosteriorUpdate::Sgd {
                learning_rate,
                momentum,
                schedule,
            } => {
                let own = Some((*learning_rate, schedule.clone()));
                (None, Update::sgd(n_depths, to_f32(*momentum), own))
            }
            &PosteriorUpdate::ClosedForm {
                warm_up_epochs,
                damping,
            } => {
                let running = RunningNll::new(n_depths);
                let update = Update::ClosedForm {
                    warm_up_epochs,
                    damping,
                    running,
                };
                (None, update)
            }
            PosteriorUpdate::Fixed(posterior) => (Some(posterior), Update::Fixed),
        };
        let lengths = [Some(prior.n_depths()), initial.map(DepthPosterior::n_depths)];
        if let Some(actual) = lengths.into_iter().flatten().find(|&actual| actual != n_depths) {
            return Err(Error::PriorLength {
                actual,
                expected: n_depths,
            });
        }
        let initial = initial.map_or_else(|| vec![0.0; n_depths], |posterior| logits(posterior.log_probs()));
        let initial = device.try_tensor_from_vec(initial, (n_depths,));
        Ok(Self::Learnt {
            logits: on_device("posterior logits", initial)?,
            update,
            prior: prior.clone(),
        })
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

    /// Computes a step of the posterior without taking it, from the gradients of the loss or from the depths' losses.
    pub(crate) fn propose(
        &mut self,
        gradients: &mut Gradients<f32, D>,
        (depth_nll, batch): (&[f64], usize),
        settings: &StepSettings,
    ) -> Result<ProposedPosterior<'_, D>> {
        let Self::Learnt { logits, update, prior } = self else {
            return Ok(ProposedPosterior::Fixed);
        };
        match update {
            Update::Fixed => Ok(ProposedPosterior::Fixed),
            Update::Sgd { optimizer, own } => {
                let rate = match own {
                    None => settings.learning_rate,
                    Some((rate, schedule)) => to_f32(schedule.rate(rate.for_loss(settings.n_train), settings.epoch)),
                };
                let step = optimizer.propose(logits, gradients, rate);
                let last = prior.n_depths() - 1;
                let step = step.map_err(|error| step_error(error, |index| Self::place(index.min(last))))?;
                Ok(ProposedPosterior::Sgd { step, logits })
            }
            Update::ClosedForm {
                warm_up_epochs,
                damping,
                running,
            } => {
                let mut next = running.clone();
                // The mean over about the last epoch.
                next.update(depth_nll, batch as f64 / settings.n_train as f64)?;
                let next_logits = match next.values() {
                    Some(nll) if settings.epoch >= *warm_up_epochs => {
                        let log_likelihoods: Vec<f64> = nll.iter().map(|nll| -nll * settings.n_train as f64).collect();
                        let target = exact_posterior(prior, &log_likelihoods)?;
                        let next = posterior(&logits.as_vec())?.damped_towards(&target, *damping)?;
                        Some(self::logits(next.log_probs()))
                    }
                    _ => None,
                };
                Ok(ProposedPosterior::ClosedForm {
                    logits,
                    next_logits,
                    running,
                    next_running: next,
                })
            }
        }
    }

    /// What a learnt posterior's update keeps beside the logits: the velocity of gradient descent.
    pub(crate) fn velocity(&self) -> Option<&[f32]> {
        match self {
            Self::Learnt {
                update: Update::Sgd { optimizer, .. },
                ..
            } => Some(optimizer.velocity()),
            _ => None,
        }
    }

    /// Replaces the velocity of gradient descent.
    pub(crate) fn set_velocity(&mut self, velocity: &[f32]) -> vds_model::Result<()> {
        match self {
            Self::Learnt {
                update: Update::Sgd { optimizer, .. },
                ..
            } => optimizer.set_velocity(velocity),
            _ => Ok(()),
        }
    }

    /// The running means of the depths' losses, where the posterior follows from them.
    pub(crate) fn running_nll(&self) -> Option<&RunningNll> {
        match self {
            Self::Learnt {
                update: Update::ClosedForm { running, .. },
                ..
            } => Some(running),
            _ => None,
        }
    }

    /// Restores the running means of the depths' losses.
    pub(crate) fn restore_running_nll(&mut self, stored: Option<&RunningNll>) -> Result<()> {
        let expected = self.n_depths();
        match (self, stored) {
            (
                Self::Learnt {
                    update: Update::ClosedForm { running, .. },
                    ..
                },
                Some(stored),
            ) if stored.n_depths() == expected => {
                running.clone_from(stored);
                Ok(())
            }
            (
                Self::Learnt {
                    update: Update::ClosedForm { .. },
                    ..
                },
                _,
            ) => Err(Error::State {
                problem: format!("it does not have the running losses of {expected} depths"),
            }),
            _ => Ok(()),
        }
    }

    /// The prior of a learnt depth.
    pub(crate) fn prior(&self) -> Option<&DepthPrior> {
        match self {
            Self::Learnt { prior, .. } => Some(prior),
            Self::Deterministic { .. } => None,
        }
    }

    fn n_depths(&self) -> usize {
        match self {
            Self::Learnt { prior, .. } => prior.n_depths(),
            Self::Deterministic { max_depth } => max_depth + 1,
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
        rule.pruned_depth(&self.posterior()?, None)
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

impl Update {
    fn sgd(n_depths: usize, momentum: f32, own: Option<(LogitsRate, Schedule)>) -> Self {
        let optimizer = Sgd::new(n_depths, momentum);
        Self::Sgd { optimizer, own }
    }
}

/// Log-probabilities as logits in single precision.
#[expect(clippy::cast_possible_truncation, reason = "weights are stored in single precision")]
pub(crate) fn logits(log_probs: &[f64]) -> Vec<f32> {
    // A probability that has underflowed to zero keeps a finite logit, as a reader expects.
    log_probs
        .iter()
        .map(|&log_prob| log_prob.max(f64::from(f32::MIN)) as f32)
        .collect()
}

/// The posterior of logits in single precision.
pub(crate) fn posterior(logits: &[f32]) -> vds_variational::Result<DepthPosterior> {
    let logits: Vec<f64> = logits.iter().map(|&logit| f64::from(logit)).collect();
    DepthPosterior::from_logits(&logits)
}
