//! One pass over a data split, batch by batch.

use vds_calibration::{DepthUncertainty, depth_uncertainty};
use vds_datasets::View;
use vds_model::{Backend, HeadStatistics, Network};
use vds_variational::depth_log_probs;

use super::mixture::Mixture;
use crate::error::{Error, Result};

/// Examples of a batch. The results do not depend on it; memory does.
pub(super) const BATCH: usize = 500;

/// Class log-probabilities of one batch: `[n_depths, batch, n_classes]`, and the labels, `[batch]`.
#[derive(Debug)]
pub(super) struct BatchLogProbs<'a> {
    pub(super) log_probs: &'a [f64],
    pub(super) labels: &'a [u32],
    pub(super) n_classes: usize,
}

/// Calls `visit` with every batch of `batch_size` examples, in order.
pub(super) fn for_each_batch<D: Backend>(
    network: &Network<D>,
    head_statistics: HeadStatistics,
    view: View<'_>,
    batch_size: usize,
    mut visit: impl FnMut(&BatchLogProbs<'_>) -> Result<()>,
) -> Result<()> {
    let visit = |batch: &BatchLogProbs<'_>| visit(batch).map(|()| true);
    for_each_batch_while(network, head_statistics, view, batch_size, visit).map(|_| ())
}

/// Calls `visit` with every batch of `batch_size` examples, in order, as long as it returns true. Returns whether all batches
/// were visited.
pub(super) fn for_each_batch_while<D: Backend>(
    network: &Network<D>,
    head_statistics: HeadStatistics,
    view: View<'_>,
    batch_size: usize,
    mut visit: impl FnMut(&BatchLogProbs<'_>) -> Result<bool>,
) -> Result<bool> {
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    let indices: Vec<usize> = (0..view.len()).collect();
    let n_classes = network.n_classes();
    for batch in indices.chunks(batch_size) {
        view.fill_batch(batch, &mut inputs, &mut labels);
        let logits = network.forward_eval_with(head_statistics, &inputs, batch.len())?;
        let log_probs = depth_log_probs(&logits, n_classes).map_err(|source| Error::Output {
            first: batch[0],
            last: batch[batch.len() - 1],
            source,
        })?;
        let is_to_continue = visit(&BatchLogProbs {
            log_probs: &log_probs,
            labels: &labels,
            n_classes,
        })?;
        if !is_to_continue {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A predictive distribution on a view.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Predicted {
    /// Class probabilities, `[n, n_classes]`.
    pub probs: Vec<f32>,
    /// Negative log-likelihood of each example's label, nats, from log-probabilities that cannot underflow: `[n]`.
    pub nll: Vec<f64>,
    /// Uncertainty of each example.
    pub uncertainty: DepthUncertainty,
}

impl Predicted {
    /// The most probable class of each example, the first on ties, and its probability.
    pub fn winners(&self, n_classes: usize) -> Vec<(u32, f32)> {
        let winner = |row: &[f32]| {
            let first = (0, row[0]);
            (1..).zip(&row[1..]).fold(
                first,
                |best, (class, &prob)| {
                    if prob > best.1 { (class, prob) } else { best }
                },
            )
        };
        self.probs.chunks_exact(n_classes).map(winner).collect()
    }

    /// Adds a batch.
    pub(super) fn extend(&mut self, batch: &BatchLogProbs<'_>, mixture: &Mixture) -> Result<()> {
        let stride = batch.labels.len() * batch.n_classes;
        let log_probs = mixture.log_probs(batch.log_probs, stride, batch.n_classes)?;
        self.nll.extend(negative_log_likelihoods(
            &log_probs.mixture,
            batch.labels,
            batch.n_classes,
        ));
        self.probs.extend(probs(&log_probs.mixture));
        let depth_probs: Vec<f32> = probs(&log_probs.depths).collect();
        let uncertainty = depth_uncertainty(&depth_probs, mixture.weights.probs(), batch.n_classes)?;
        self.uncertainty.append(uncertainty);
        Ok(())
    }
}

/// A predictive distribution of a network for every example of a view.
///
/// # Errors
/// If the network's output is not finite, or the device fails.
pub fn predict<D: Backend>(network: &Network<D>, view: View<'_>, mixture: &Mixture) -> Result<Predicted> {
    let mut predicted = Predicted::default();
    for_each_batch(network, network.head_statistics(), view, BATCH, |batch| {
        predicted.extend(batch, mixture)
    })?;
    Ok(predicted)
}

/// `-log p` of the label of each example.
pub(super) fn negative_log_likelihoods<'a>(
    log_probs: &'a [f64],
    labels: &'a [u32],
    n_classes: usize,
) -> impl Iterator<Item = f64> + 'a {
    let rows = log_probs.chunks_exact(n_classes).zip(labels);
    // The sum is at most zero; this turns minus zero into zero.
    rows.map(|(row, &label)| -row[label as usize] + 0.0)
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "scores and records keep single precision"
)]
pub(super) fn probs(log_probs: &[f64]) -> impl Iterator<Item = f32> {
    log_probs.iter().map(|log_prob| log_prob.exp() as f32)
}
