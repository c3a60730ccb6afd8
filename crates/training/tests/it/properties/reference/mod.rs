//! A network's training pass and its loss in double precision, written down from the equations and from nothing else.
//!
//! It shares with the product only where each tensor lies in the flat parameters.

mod piece;
mod tensor;

use vds_kernels::layout::{ConvLayout, FcLayout, LinearRanges, NormRanges};
use vds_variational::{DepthPosterior, minibatch_loss};

use self::tensor::Activations;
use super::layout::Layout;
use super::problem::{Problem, Slot};

pub(super) use self::piece::{Piece, Walk};

/// Parameters and posterior logits at which the loss is wanted.
#[derive(Clone, Debug)]
pub(super) struct Point {
    pub(super) params: Vec<f64>,
    pub(super) posterior: Vec<f64>,
}

impl Point {
    /// The point that the product holds in single precision.
    pub(super) fn of(problem: &Problem) -> Self {
        Self {
            params: widened(&problem.params),
            posterior: widened(&problem.posterior),
        }
    }

    /// One tensor, to be moved.
    pub(super) fn tensor_mut(&mut self, slot: &Slot) -> &mut [f64] {
        match slot {
            Slot::Params(range) => &mut self.params[range.clone()],
            Slot::Posterior => &mut self.posterior,
        }
    }

    fn linear(&self, ranges: &LinearRanges) -> (&[f64], &[f64]) {
        (&self.params[ranges.weight.clone()], &self.params[ranges.bias.clone()])
    }

    fn norm(&self, ranges: &NormRanges) -> (&[f64], &[f64]) {
        (&self.params[ranges.scale.clone()], &self.params[ranges.shift.clone()])
    }
}

/// Logits of depths `0..=problem.depth`, each `[batch, n_classes]`.
pub(super) fn depth_logits(problem: &Problem, point: &Point, walk: &mut Walk<'_>) -> Vec<Vec<f64>> {
    match Layout::of(&problem.config) {
        Layout::Conv(layout) => conv_logits(&layout, problem, point, walk),
        Layout::Fc(layout) => fc_logits(&layout, problem, point, walk),
    }
}

/// The loss in nats an example: the mean over the batch of the expected negative log-likelihood, and `KL / n_train`.
pub(super) fn loss(problem: &Problem, point: &Point, walk: &mut Walk<'_>) -> f64 {
    let logits = depth_logits(problem, point, walk);
    let mut nll: Vec<f64> = logits.iter().map(|logits| mean_nll(logits, &problem.labels)).collect();
    // Depths that did not run are taken to be as good as the deepest that did.
    nll.resize(point.posterior.len(), nll[problem.depth]);
    let posterior = DepthPosterior::from_logits(&point.posterior).unwrap();
    minibatch_loss(&posterior, &problem.prior, &nll, problem.n_train).unwrap()
}

/// The mean over the batch of `log Σ_k exp(logit_k) − logit_label`.
pub(super) fn mean_nll(logits: &[f64], labels: &[u32]) -> f64 {
    let rows = logits.chunks_exact(logits.len() / labels.len()).zip(labels);
    let nll = rows.map(|(row, &label)| {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = row.iter().map(|logit| (logit - largest).exp()).sum();
        sum.ln() + largest - row[label as usize]
    });
    nll.sum::<f64>() / labels.len() as f64
}

fn conv_logits(layout: &ConvLayout, problem: &Problem, point: &Point, walk: &mut Walk<'_>) -> Vec<Vec<f64>> {
    let images = Activations {
        channels: layout.config.in_channels,
        height: layout.config.height,
        width: layout.config.width,
        values: widened(&problem.inputs),
    };
    let mut a = images.convolved(point.linear(&layout.stem), 5, 0).pooled();
    let mut logits = vec![conv_output(layout, point, &a, walk)];
    for block in &layout.blocks[..problem.depth] {
        let x = walk.normalized(a.clone(), point.norm(&block.norm1));
        let x = walk.rectified(x);
        let x = x.mapped(point.linear(&block.conv1));
        let x = walk.normalized(x, point.norm(&block.norm2));
        let x = walk.rectified(x);
        let x = x.convolved(point.linear(&block.conv2), 3, 1);
        let x = walk.normalized(x, point.norm(&block.norm3));
        let x = walk.rectified(x);
        a = a.plus(&x.mapped(point.linear(&block.conv3)));
        logits.push(conv_output(layout, point, &a, walk));
    }
    logits
}

fn conv_output(layout: &ConvLayout, point: &Point, a: &Activations, walk: &mut Walk<'_>) -> Vec<f64> {
    let h = a.averaged();
    let x = walk.rectified(h.mapped(point.linear(&layout.head_linear)));
    let h = h.plus(&walk.normalized(x, point.norm(&layout.head_norm)));
    h.mapped(point.linear(&layout.read_out)).values
}

fn fc_logits(layout: &FcLayout, problem: &Problem, point: &Point, walk: &mut Walk<'_>) -> Vec<Vec<f64>> {
    let features = Activations {
        channels: layout.config.n_inputs,
        height: 1,
        width: 1,
        values: widened(&problem.inputs),
    };
    let mut a = features.mapped(point.linear(&layout.stem));
    let output = |a: &Activations| a.mapped(point.linear(&layout.read_out)).values;
    let mut logits = vec![output(&a)];
    for block in &layout.blocks[..problem.depth] {
        let x = walk.rectified(a.mapped(point.linear(&block.linear)));
        a = a.plus(&walk.normalized(x, point.norm(&block.norm)));
        logits.push(output(&a));
    }
    logits
}

pub(super) fn widened(values: &[f32]) -> Vec<f64> {
    values.iter().copied().map(f64::from).collect()
}
