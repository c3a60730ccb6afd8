//! From predictive distributions to the scores that are stored.

use vds_calibration::{Evaluated, Predictions, ReliabilityDiagram, SCORES, Scores, error_rate};
use vds_datasets::View;
use vds_model::{Backend, Network};
use vds_records::TestScores;
use vds_variational::DepthPosterior;

use super::pass::{BATCH, BatchLogProbs, Predicted, for_each_batch, negative_log_likelihoods, predict_unless, probs};
use crate::error::Result;

/// Error rate and negative log-likelihood (nats per example) of the marginal predictive.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarginalScores {
    /// Error rate.
    pub error: f64,
    /// Mean negative log-likelihood.
    pub nll: f64,
}

/// Error and NLL of the marginal predictive on a view; `None` if `pause`, which is called after every batch, returns true.
///
/// # Errors
/// If the network's output is not finite, or the device fails.
pub fn marginal_scores<D: Backend>(
    network: &Network<D>,
    view: View<'_>,
    posterior: &DepthPosterior,
    pause: &dyn Fn() -> bool,
) -> Result<Option<MarginalScores>> {
    let Some(predicted) = predict_unless(network, view, posterior, pause)? else {
        return Ok(None);
    };
    let labels = view.labels();
    let predictions = Predictions::new(&predicted.probs, network.n_classes(), labels)?;
    Ok(Some(MarginalScores {
        error: error_rate(&predictions),
        nll: mean(&predicted.nll),
    }))
}

/// Scores of the marginal predictive, of the network pruned to `pruned_depth` with its truncated posterior, of the deepest
/// depth alone and of every depth alone.
///
/// # Errors
/// If the network's output is not finite, `pruned_depth` is beyond the last depth, or the device fails.
pub fn test_scores<D: Backend>(
    network: &Network<D>,
    view: View<'_>,
    posterior: &DepthPosterior,
    pruned_depth: usize,
    ece_bins: usize,
) -> Result<TestScores> {
    let max_depth = network.max_depth();
    let posteriors = [
        posterior.clone(),
        posterior.truncated(pruned_depth)?,
        DepthPosterior::one_hot(max_depth, max_depth)?,
    ];
    let mut predicted = [(); 3].map(|()| Predicted::default());
    let mut depths = Depths::new(max_depth + 1);
    for_each_batch(network, view, BATCH, |batch| {
        for (predicted, posterior) in predicted.iter_mut().zip(&posteriors) {
            predicted.extend(batch, posterior)?;
        }
        depths.extend(batch);
        Ok(())
    })?;
    let (n_classes, labels) = (network.n_classes(), view.labels());
    let [marginal, pruned, deepest] = predicted.map(|predicted| scores(&predicted, n_classes, labels, ece_bins));
    Ok(TestScores {
        marginal: marginal?,
        pruned: pruned?,
        deepest: deepest?,
        per_depth: depths.scores(n_classes, labels, ece_bins)?,
    })
}

/// Scores of every depth alone.
///
/// # Errors
/// If the network's output is not finite, or the device fails.
pub fn depth_scores<D: Backend>(network: &Network<D>, view: View<'_>, ece_bins: usize) -> Result<Vec<Scores>> {
    let mut depths = Depths::new(network.max_depth() + 1);
    for_each_batch(network, view, BATCH, |batch| {
        depths.extend(batch);
        Ok(())
    })?;
    depths.scores(network.n_classes(), view.labels(), ece_bins)
}

/// Class probabilities of every depth and the sums of their negative log-likelihoods.
struct Depths {
    probs: Vec<Vec<f32>>,
    nll: Vec<f64>,
}

impl Depths {
    fn new(n_depths: usize) -> Self {
        Self {
            probs: vec![Vec::new(); n_depths],
            nll: vec![0.0; n_depths],
        }
    }

    fn extend(&mut self, batch: &BatchLogProbs<'_>) {
        let stride = batch.labels.len() * batch.n_classes;
        let depths = self.probs.iter_mut().zip(&mut self.nll);
        for (log_probs, (kept, nll)) in batch.log_probs.chunks_exact(stride).zip(depths) {
            kept.extend(probs(log_probs));
            *nll += negative_log_likelihoods(log_probs, batch.labels, batch.n_classes).sum::<f64>();
        }
    }

    fn scores(self, n_classes: usize, labels: &[u32], ece_bins: usize) -> Result<Vec<Scores>> {
        let depths = self.probs.iter().zip(&self.nll);
        let score = |(probs, nll): (&Vec<f32>, &f64)| {
            let predictions = Predictions::new(probs, n_classes, labels)?;
            let evaluated = Evaluated {
                predictions,
                nll: nll / labels.len() as f64,
                reliability: &ReliabilityDiagram::new(&predictions, ece_bins)?,
                uncertainty: None,
            };
            Ok(Scores::compute(
                SCORES.iter().filter(|score| score.per_depth),
                &evaluated,
            ))
        };
        depths.map(score).collect()
    }
}

fn scores(predicted: &Predicted, n_classes: usize, labels: &[u32], ece_bins: usize) -> Result<Scores> {
    let predictions = Predictions::new(&predicted.probs, n_classes, labels)?;
    let reliability = ReliabilityDiagram::new(&predictions, ece_bins)?;
    let evaluated = Evaluated {
        predictions,
        nll: mean(&predicted.nll),
        reliability: &reliability,
        uncertainty: Some(&predicted.uncertainty),
    };
    Ok(Scores::compute(SCORES, &evaluated).with_reliability(&reliability))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
