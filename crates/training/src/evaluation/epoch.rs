//! Scores by which epochs are compared.

use vds_calibration::{Predictions, error_rate};
use vds_datasets::View;
use vds_model::{Backend, Network};
use vds_variational::DepthPosterior;

use super::mixture::Mixture;
use super::pass::{BATCH, Predicted, for_each_batch_while, negative_log_likelihoods};
use crate::error::Result;

/// Scores on the selection split at the end of an epoch.
#[derive(Clone, Debug, PartialEq)]
pub struct EpochScores {
    /// Examples.
    pub n: usize,
    /// Error rate of the marginal predictive.
    pub error: f64,
    /// Its mean negative log-likelihood, nats per example.
    pub nll: f64,
    /// The unweighted mean over batches of their means of it, as the published code has it; the last batch may be smaller.
    pub nll_of_batches: f64,
    /// Mean negative log-likelihood of each depth alone, nats per example: `[max_depth + 1]`.
    pub depth_nll: Vec<f64>,
}

/// Scores of a network on a view, some of them over batches of `batch_size` examples; `None` if `pause`, which is called after every batch, returns true.
///
/// # Errors
/// If the network's output is not finite, or the device fails.
pub fn epoch_scores<D: Backend>(
    network: &Network<D>,
    view: View<'_>,
    posterior: &DepthPosterior,
    batch_size: usize,
    pause: &dyn Fn() -> bool,
) -> Result<Option<EpochScores>> {
    let mixture = Mixture::of(posterior.clone());
    let (mut predicted, n_classes) = (Predicted::default(), network.n_classes());
    let mut depth_nll = vec![0.0; network.max_depth() + 1];
    let is_whole = for_each_batch_while(network, network.head_statistics(), view, BATCH, |batch| {
        predicted.extend(batch, &mixture)?;
        let depths = batch.log_probs.chunks_exact(batch.labels.len() * n_classes);
        for (total, log_probs) in depth_nll.iter_mut().zip(depths) {
            *total += negative_log_likelihoods(log_probs, batch.labels, n_classes).sum::<f64>();
        }
        Ok(!pause())
    })?;
    if !is_whole {
        return Ok(None);
    }
    let n = view.len() as f64;
    let mean = |nll: &[f64]| nll.iter().sum::<f64>() / nll.len() as f64;
    let of_batches: Vec<f64> = predicted.nll.chunks(batch_size).map(mean).collect();
    Ok(Some(EpochScores {
        n: view.len(),
        error: error_rate(&Predictions::new(&predicted.probs, n_classes, view.labels())?),
        nll: mean(&predicted.nll),
        nll_of_batches: mean(&of_batches),
        depth_nll: depth_nll.into_iter().map(|total| total / n).collect(),
    }))
}
