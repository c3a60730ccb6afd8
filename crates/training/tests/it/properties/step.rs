//! What the product makes of a problem in one training step, and how far rounding moves that.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use super::problem::{Problem, Slot};
use super::reference::widened;

/// Everything that a training pass and the backward pass give.
#[derive(Debug)]
pub(super) struct Step {
    /// `[depth + 1, batch, n_classes]`.
    pub(super) logits: Vec<f64>,
    /// Running statistics after the pass.
    pub(super) statistics: Vec<f64>,
    /// One number, in nats an example.
    pub(super) loss: Vec<f64>,
    /// Of the loss in the network's parameters.
    pub(super) gradient: Vec<f64>,
    /// Of the loss in the posterior's logits.
    pub(super) posterior_gradient: Vec<f64>,
}

/// A step, and that at parameters that differ in their last bits.
#[derive(Debug)]
pub(super) struct Measured {
    pub(super) step: Step,
    rerolled: Vec<Step>,
}

/// How often rounding is rolled again. The largest of so few changes is multiplied by [`SAFETY`].
const REROLLS: usize = 8;
const SAFETY: f64 = 8.0;

/// Of the proposed step. None is committed, so that it changes no number here.
pub(super) const LEARNING_RATE: f32 = 0.1;

impl Step {
    pub(super) fn of(problem: &Problem) -> Self {
        let mut learner = problem.learner();
        let step = learner.propose(problem.examples(), &problem.settings(LEARNING_RATE));
        let step = step.unwrap();
        Self {
            logits: widened(&step.logits()),
            statistics: widened(step.network().running_stats()),
            loss: vec![step.means().loss],
            gradient: widened(step.gradient()),
            posterior_gradient: widened(step.posterior_gradient().unwrap()),
        }
    }

    /// The gradient in one tensor.
    pub(super) fn gradient_in(&self, slot: &Slot) -> &[f64] {
        match slot {
            Slot::Params(range) => &self.gradient[range.clone()],
            Slot::Posterior => &self.posterior_gradient,
        }
    }

    /// The norm of the gradient in everything.
    pub(super) fn gradient_norm(&self) -> f64 {
        norm(&self.gradient).hypot(norm(&self.posterior_gradient))
    }
}

impl Measured {
    pub(super) fn of(problem: &Problem) -> Self {
        let rerolled = (0..REROLLS as u64).map(|roll| Step::of(&nudged(problem, roll)));
        Self {
            step: Step::of(problem),
            rerolled: rerolled.collect(),
        }
    }

    /// How far rounding may have moved some numbers of the step, as the norm of the change.
    ///
    /// Single precision is all that the product has, and some gradients are small differences of large terms: what cancels in a
    /// batch norm, above all. How much that matters depends on the network, so it is asked: moving every parameter by its
    /// last bit rolls all roundings again. A wrong formula gives the same wrong numbers each time, and gains nothing.
    pub(super) fn rounding(&self, of: impl Fn(&Step) -> &[f64]) -> f64 {
        let here = of(&self.step);
        let moved = self.rerolled.iter().map(|step| distance(of(step), here));
        SAFETY * moved.fold(0.0, f64::max)
    }
}

fn nudged(problem: &Problem, roll: u64) -> Problem {
    let (mut nudged, mut rng) = (problem.clone(), ChaCha8Rng::seed_from_u64(roll));
    for value in nudged.params.iter_mut().chain(&mut nudged.posterior) {
        *value = match rng.next_u32() % 2 {
            0 => value.next_down(),
            _ => value.next_up(),
        };
    }
    nudged
}

pub(super) fn norm(values: &[f64]) -> f64 {
    values.iter().map(|x| x * x).sum::<f64>().sqrt()
}

pub(super) fn distance(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
}
