//! A training step as the authors' code makes it.

use std::collections::BTreeMap;

use dfdx::prelude::{Backward, Cpu, Gradients, OwnedTape, SplitTape, Tensor, TensorFromVec};
use vds_model::{Convolution, Network, Sgd, TapedLogits, weights};
use vds_testkit::golden::GoldenCase;
use vds_variational::{DepthPosterior, DepthPrior, LossTerms};
use vds_variational::{deterministic_loss, negative_elbo};

/// A network with its objective and optimizers, on one fixed batch.
pub(super) struct Trainer {
    pub(super) network: Network<Cpu>,
    objective: Objective,
    sgd: Sgd,
    learning_rate: f32,
    input: Vec<f32>,
    labels: Vec<u32>,
}

/// What is minimised.
pub(super) enum Objective {
    Deterministic { depth: usize },
    Learnt(Box<Learnt>),
}

pub(super) struct Learnt {
    logits: Tensor<(usize,), f32, Cpu>,
    prior: DepthPrior,
    n_train: usize,
    sgd: Sgd,
}

/// What one training pass gave.
pub(super) struct Pass {
    pub(super) logits: Vec<f32>,
    pub(super) loss: f64,
    pub(super) expected_nll: f64,
    pub(super) kl: f64,
    pub(super) errors: i64,
    pub(super) gradient: Vec<f32>,
    pub(super) posterior_gradient: Option<Vec<f32>>,
    pub(super) state_after_forward: Vec<u8>,
}

impl Objective {
    pub(super) fn learnt(logits: Vec<f32>, prior: Vec<f64>, n_train: usize, momentum: f32) -> Self {
        let n = logits.len();
        Self::Learnt(Box::new(Learnt {
            logits: Cpu::default().tensor_from_vec(logits, (n,)),
            prior: DepthPrior::from_probs(&prior).unwrap(),
            n_train,
            sgd: Sgd::new(n, momentum),
        }))
    }
}

impl Trainer {
    pub(super) fn new(case: &GoldenCase, input: &str) -> Self {
        Self::with(case, input, Convolution::default())
    }

    pub(super) fn with(case: &GoldenCase, input: &str, convolution: Convolution) -> Self {
        let (network, posterior_logits) = super::stored_network(case, convolution);
        let momentum: f32 = case.meta("momentum");
        Self {
            sgd: Sgd::new(network.params_vec().len(), momentum),
            objective: Objective::of(case, posterior_logits),
            learning_rate: case.meta("lr"),
            input: case.f32(input),
            labels: case.labels("labels"),
            network,
        }
    }

    /// Posterior probabilities.
    pub(super) fn q(&self) -> Vec<f64> {
        match &self.objective {
            Objective::Deterministic { depth } => DepthPosterior::one_hot(*depth, *depth).unwrap().probs().to_vec(),
            Objective::Learnt(learnt) => {
                let logits: Vec<f64> = learnt.logits.as_vec().into_iter().map(f64::from).collect();
                DepthPosterior::from_logits(&logits).unwrap().probs().to_vec()
            }
        }
    }

    /// Parameters and running statistics under the authors' names.
    pub(super) fn state(&self) -> Vec<u8> {
        self.named(&self.network.params_vec(), self.posterior_logits().as_deref())
    }

    fn posterior_logits(&self) -> Option<Vec<f32>> {
        match &self.objective {
            Objective::Deterministic { .. } => None,
            Objective::Learnt(learnt) => Some(learnt.logits.as_vec()),
        }
    }

    /// Any vector laid out as the parameters, under the authors' names.
    pub(super) fn named(&self, params: &[f32], posterior: Option<&[f32]>) -> Vec<u8> {
        let mut network = self.network.pruned(self.network.max_depth()).unwrap();
        network.set_params(params).unwrap();
        let extra = posterior.map(|logits| (super::POSTERIOR_LOGITS.to_owned(), logits.to_vec()));
        weights::to_bytes(&network, &extra.into_iter().collect(), &BTreeMap::new()).unwrap()
    }

    /// The loss of the batch for logits on a tape.
    pub(super) fn loss(&self, logits: TapedLogits<Cpu>) -> LossTerms<Cpu, OwnedTape<f32, Cpu>> {
        match &self.objective {
            Objective::Deterministic { depth } => deterministic_loss(logits, &self.labels, *depth),
            Objective::Learnt(l) => negative_elbo(logits, &self.labels, &l.logits, &l.prior, l.n_train),
        }
        .unwrap()
    }

    pub(super) fn step(&mut self) -> Pass {
        let max_depth = self.network.max_depth();
        let (depth_logits, pass) = self
            .network
            .forward_train(&self.input, self.labels.len(), max_depth)
            .unwrap();
        pass.commit();
        let (logits, tape) = depth_logits.split_tape();
        let depth_logits = dfdx::prelude::PutTape::put_tape(logits.clone(), tape);
        let state_after_forward = self.state();
        let terms = self.loss(depth_logits);
        let mut gradients: Gradients<f32, Cpu> = terms.loss.backward();
        let gradient = gradients.get(self.network.params()).as_vec();
        let (sgd, rate) = (&mut self.sgd, self.learning_rate);
        let step = sgd.propose(self.network.params(), &mut gradients, rate).unwrap();
        step.apply(self.network.params_mut());
        let posterior_gradient = match &mut self.objective {
            Objective::Deterministic { .. } => None,
            Objective::Learnt(learnt) => {
                let gradient = gradients.get(&learnt.logits).as_vec();
                let step = learnt.sgd.propose(&learnt.logits, &mut gradients, rate).unwrap();
                step.apply(&mut learnt.logits);
                Some(gradient)
            }
        };
        Pass {
            logits: logits.as_vec(),
            loss: terms.value,
            expected_nll: terms.expected_nll,
            kl: terms.kl,
            errors: i64::try_from(terms.marginal_errors).unwrap(),
            gradient,
            posterior_gradient,
            state_after_forward,
        }
    }
}
