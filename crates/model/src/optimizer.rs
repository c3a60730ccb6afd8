//! Stochastic gradient descent with momentum, and the learning rate over the epochs.

use dfdx::prelude::{Gradients, HasShape, Tensor};

use crate::Result;
use crate::backend::Backend;

/// SGD with momentum as PyTorch's, for one parameter tensor: `v = momentum v + g; p -= rate v`.
///
/// It is this crate's own because its state has to be stored and restored exactly. It works on the host, where that
/// state lives; on the CPU the transfers are copies in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Sgd {
    momentum: f32,
    velocity: Vec<f32>,
    params: Vec<f32>,
    gradient: Vec<f32>,
}

impl Sgd {
    /// An optimiser for a tensor of `len` elements; its velocity starts at zero.
    pub fn new(len: usize, momentum: f32) -> Self {
        let zeros = vec![0.0; len];
        Self {
            momentum,
            velocity: zeros.clone(),
            params: zeros.clone(),
            gradient: zeros,
        }
    }

    /// One step against the gradient of `params` in `gradients`; a tensor without one stays as it is but for its velocity.
    ///
    /// # Errors
    /// [`Error::Device`](crate::Error::Device).
    ///
    /// # Panics
    /// If `params` has another length than announced.
    pub fn step<D: Backend>(
        &mut self,
        params: &mut Tensor<(usize,), f32, D>,
        gradients: &mut Gradients<f32, D>,
        learning_rate: f32,
    ) -> Result<()> {
        assert_eq!(params.shape().0, self.velocity.len(), "parameters of this optimiser");
        crate::error::device("gradient", gradients.try_alloc_for(params))?;
        gradients.get(params).copy_into(&mut self.gradient);
        params.copy_into(&mut self.params);
        let values = self.params.iter_mut().zip(&mut self.velocity).zip(&self.gradient);
        for ((param, velocity), gradient) in values {
            *velocity = self.momentum * *velocity + gradient;
            *param -= learning_rate * *velocity;
        }
        params.copy_from(&self.params);
        Ok(())
    }

    /// The velocity, `[len]`.
    pub fn velocity(&self) -> &[f32] {
        &self.velocity
    }

    /// Replaces the velocity.
    ///
    /// # Panics
    /// If the length differs.
    pub fn set_velocity(&mut self, velocity: &[f32]) {
        self.velocity.copy_from_slice(velocity);
    }

    /// The gradient of the last step, `[len]`.
    pub fn last_gradient(&self) -> &[f32] {
        &self.gradient
    }
}

/// The learning rate over the epochs.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
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
