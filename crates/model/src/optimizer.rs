//! Stochastic gradient descent with momentum, and the learning rate over the epochs.

use dfdx::prelude::{Gradients, HasShape, Tensor};

use crate::Result;
use crate::backend::Backend;
use crate::error::{Error, check_len};

/// SGD with momentum as PyTorch's, for one parameter tensor: `v = momentum v + g; p -= rate v`.
///
/// It is this crate's own because its state has to be stored and restored exactly. It works on the host, where that
/// state lives; on the CPU the transfers are copies in memory. A step is proposed first and then applied, so that one whose
/// parameters would be NaN or infinite changes nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Sgd {
    momentum: f32,
    velocity: Vec<f32>,
    gradient: Vec<f32>,
    /// Velocity and parameters after the proposed step.
    next_velocity: Vec<f32>,
    params: Vec<f32>,
}

impl Sgd {
    /// An optimizer for a tensor of `len` elements; its velocity starts at zero.
    pub fn new(len: usize, momentum: f32) -> Self {
        let zeros = vec![0.0; len];
        Self {
            momentum,
            velocity: zeros.clone(),
            gradient: zeros.clone(),
            next_velocity: zeros.clone(),
            params: zeros,
        }
    }

    /// Computes a step against the gradient of `params` in `gradients`; nothing changes until it is applied, and dropping it
    /// drops the step. A tensor without a gradient has a gradient of zero, so that its velocity alone moves it.
    ///
    /// # Errors
    /// [`Error::NonFinite`] if the step does not lead to finite parameters, [`Error::Device`].
    ///
    /// # Panics
    /// If `params` has another length than announced.
    pub fn propose<D: Backend>(
        &mut self,
        params: &Tensor<(usize,), f32, D>,
        gradients: &mut Gradients<f32, D>,
        learning_rate: f32,
    ) -> Result<ProposedStep<'_>> {
        assert_eq!(params.shape().0, self.velocity.len(), "parameters of this optimizer");
        crate::error::device("gradient", gradients.try_alloc_for(params))?;
        gradients.get(params).copy_into(&mut self.gradient);
        params.copy_into(&mut self.params);
        let momentum = self.momentum;
        let states = self.params.iter_mut().zip(&mut self.next_velocity);
        let mut all_finite = true;
        for ((param, next), (velocity, gradient)) in states.zip(self.velocity.iter().zip(&self.gradient)) {
            *next = momentum * velocity + gradient;
            *param -= learning_rate * *next;
            // No early exit, so that the loop is vectorized.
            all_finite &= param.is_finite();
        }
        if all_finite {
            Ok(ProposedStep { sgd: self })
        } else {
            Err(self.non_finite())
        }
    }

    /// The last element, as the backward pass runs from the output to the input.
    fn non_finite(&self) -> Error {
        let last = |values: &[f32]| values.iter().rposition(|value| !value.is_finite());
        let (what, index, value) = match (last(&self.gradient), last(&self.params)) {
            (Some(index), _) => ("gradient", index, self.gradient[index]),
            (None, Some(index)) => ("parameter after the step", index, self.params[index]),
            (None, None) => ("velocity", 0, f32::NAN),
        };
        Error::NonFinite { what, index, value }
    }

    /// The velocity, `[len]`.
    pub fn velocity(&self) -> &[f32] {
        &self.velocity
    }

    /// Replaces the velocity.
    ///
    /// # Errors
    /// [`Error::Length`] if the length differs.
    pub fn set_velocity(&mut self, velocity: &[f32]) -> Result<()> {
        check_len("velocity", velocity.len(), self.velocity.len())?;
        self.velocity.copy_from_slice(velocity);
        Ok(())
    }
}

/// A step that [`Sgd::propose`] has computed and found finite.
#[derive(Debug)]
#[must_use = "a step that is not applied is dropped"]
pub struct ProposedStep<'s> {
    sgd: &'s mut Sgd,
}

impl ProposedStep<'_> {
    /// The gradient that the step follows, `[len]`.
    pub fn gradient(&self) -> &[f32] {
        &self.sgd.gradient
    }

    /// Takes the step: moves the parameters that it was computed for, and their velocity.
    ///
    /// # Panics
    /// If `params` has another length than the optimizer's.
    pub fn apply<D: Backend>(self, params: &mut Tensor<(usize,), f32, D>) {
        let Self { sgd } = self;
        assert_eq!(params.shape().0, sgd.velocity.len(), "parameters of this optimizer");
        std::mem::swap(&mut sgd.velocity, &mut sgd.next_velocity);
        params.copy_from(&sgd.params);
    }
}

/// The learning rate over the epochs.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(
    feature = "serde",
    derive(serde::Serialize, serde::Deserialize),
    serde(deny_unknown_fields)
)]
pub enum Schedule {
    /// The base rate throughout.
    Constant,
    /// The base rate times `factor` for every epoch of `at` that has been reached.
    Steps {
        /// Epochs, counted from 0.
        at: Vec<usize>,
        /// Factor of each.
        factor: f64,
    },
}

impl Schedule {
    /// The rate in `epoch`, counted from 0.
    pub fn rate(&self, base: f64, epoch: usize) -> f64 {
        match self {
            Self::Constant => base,
            Self::Steps { at, factor } => at
                .iter()
                .filter(|&&start| epoch >= start)
                .fold(base, |rate, _| rate * factor),
        }
    }
}
