//! One batch: its logits are copied from the tape to the host, and the gradients computed there go back on the tape.

use dfdx::prelude::{Device, Gradients, HasErr, HasShape, PutTape, ReshapeTo, Shape, SplitTape, Tape, Tensor};

use super::device::HostGradients;
use super::host::{BatchLoss, batch_loss, to_f32};
use super::recycled::Recycled;
use super::terms::{DepthLogits, LossTerms, PosteriorLogits};
use crate::categorical::{check_finite, check_length};
use crate::predictive::check_labels;
use crate::{DepthPosterior, Error, Result};

/// The logits of a batch, their loss and its gradient on the host, and the tape that takes the gradient.
pub(super) struct Batch<D: Device<f32>, T> {
    logits: DepthLogits<D>,
    tape: T,
    loss: BatchLoss,
    gradient: Recycled<f32>,
    posterior: Option<(PosteriorLogits<D>, Vec<f32>)>,
}

impl<D: HostGradients, T: Tape<f32, D>> Batch<D, T> {
    /// Checks the shapes, and computes the losses and the gradient with respect to the logits.
    pub(super) fn new(depth_logits: DepthLogits<D, T>, labels: &[u32], posterior: &DepthPosterior) -> Result<Self> {
        check_shape(&depth_logits, labels, posterior)?;
        let (logits, tape) = contiguous(depth_logits)?.split_tape();
        let mut gradient = Recycled::zeros(logits.shape().num_elements());
        logits.copy_into(&mut gradient);
        let loss = batch_loss(&mut gradient, labels, posterior);
        Ok(Self {
            logits,
            tape,
            loss,
            gradient,
            posterior: None,
        })
    }

    /// The mean cross-entropy of each depth.
    pub(super) fn per_depth_nll(&self) -> &[f64] {
        &self.loss.per_depth_nll
    }

    /// Adds the logits of the posterior with their tape, and the gradient of the loss with respect to them.
    pub(super) fn with_posterior(mut self, logits: PosteriorLogits<D, T>, gradient: Vec<f32>) -> Self {
        let (logits, tape) = logits.split_tape();
        self.tape = self.tape.merge(tape);
        self.posterior = Some((logits, gradient));
        self
    }

    /// The loss as a tensor whose backward pass accumulates the gradients.
    pub(super) fn finish(self, value: f64, expected_nll: f64, kl: f64) -> Result<LossTerms<D, T>> {
        let Self {
            logits,
            mut tape,
            loss: batch,
            gradient,
            posterior,
        } = self;
        check_finite("loss", value)?;
        let device = logits.device();
        // Not from a `Vec`: with dfdx's cache on, each would be kept and none taken from there.
        let mut loss: Tensor<(), f32, D> = device.try_zeros().map_err(device_error("loss"))?;
        loss.copy_from(&[to_f32(value)]);
        let output = loss.clone();
        tape.add_backward_op(move |gradients| {
            let scale = gradient_of(&output, gradients)?;
            accumulate(&logits, scale, &gradient, gradients)?;
            match posterior {
                Some((logits, gradient)) => accumulate(&logits, scale, &gradient, gradients),
                None => Ok(()),
            }
        });
        let BatchLoss {
            per_depth_nll,
            marginal_errors,
        } = batch;
        Ok(LossTerms {
            loss: loss.put_tape(tape),
            value,
            expected_nll,
            kl,
            per_depth_nll,
            marginal_errors,
        })
    }
}

/// The posterior whose logits are on the device.
pub(super) fn posterior_from<D: Device<f32>, T>(logits: &PosteriorLogits<D, T>) -> Result<DepthPosterior> {
    let mut values = vec![0.0; logits.shape().num_elements()];
    logits.copy_into(&mut values);
    let logits: Vec<f64> = values.into_iter().map(f64::from).collect();
    DepthPosterior::from_logits(&logits)
}

/// The tensor in row-major order; the tensor itself if it has that order already.
pub(super) fn contiguous<S: Shape, D: Device<f32>, T: Tape<f32, D>>(
    tensor: Tensor<S, f32, D, T>,
) -> Result<Tensor<S, f32, D, T>> {
    tensor.try_contiguous().map_err(device_error("contiguous"))
}

fn check_shape<D: Device<f32>, T>(
    depth_logits: &DepthLogits<D, T>,
    labels: &[u32],
    posterior: &DepthPosterior,
) -> Result<()> {
    let &(n_depths, batch, n_classes) = depth_logits.shape();
    check_length("depth_logits", posterior.n_depths(), n_depths)?;
    check_length("labels", batch, labels.len())?;
    if labels.is_empty() {
        return Err(Error::Empty { what: "labels" });
    }
    check_labels(labels, n_classes)
}

/// The gradient of what the backward pass started from with respect to the loss: one, unless the loss was scaled or summed.
fn gradient_of<D: HostGradients>(
    loss: &Tensor<(), f32, D>,
    gradients: &mut Gradients<f32, D>,
) -> Result<f32, <D as HasErr>::Err> {
    // Reading the gradient of a tensor that nothing has used would panic.
    gradients.get_or_alloc_mut(loss)?;
    let mut scale = [0.0];
    gradients.get(loss).copy_into(&mut scale);
    Ok(scale[0])
}

/// Adds `scale` times a gradient on the host to that of a tensor.
fn accumulate<S: Shape, D: HostGradients>(
    tensor: &Tensor<S, f32, D>,
    scale: f32,
    gradient: &[f32],
    gradients: &mut Gradients<f32, D>,
) -> Result<(), <D as HasErr>::Err> {
    let device = tensor.device();
    device.accumulate(gradients.get_or_alloc_mut(tensor)?, scale, gradient)
}

fn device_error<E: std::fmt::Display>(op: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::Device {
        op,
        message: error.to_string(),
    }
}
