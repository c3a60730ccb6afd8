//! From predictive distributions to the scores that are stored.

use std::collections::BTreeMap;

use vds_calibration::{Evaluated, Predictions, ReliabilityDiagram, SCORES, Scores, brier_scores, ece_uncertainty};
use vds_datasets::View;
use vds_model::{Backend, HeadStatistics, Network};
use vds_records::{Fitted, PerExample, Predictive, SplitScores};
use vds_variational::DepthPosterior;

use super::mixture::Mixture;
use super::pass::{BATCH, BatchLogProbs, Predicted, for_each_batch, negative_log_likelihoods, probs};
use crate::error::{Error, Result};
use crate::streams::{Purpose, stream};

/// What is evaluated beside the network.
#[derive(Clone, Copy, Debug)]
pub struct EvaluationSettings<'a> {
    /// Running statistics of the output block.
    pub head_statistics: HeadStatistics,
    /// The posterior over the network's depths.
    pub posterior: &'a DepthPosterior,
    /// The posterior of the pruned network, over its depths
    /// ([`FittedModel::pruned_posterior`](crate::FittedModel::pruned_posterior)).
    pub pruned: &'a DepthPosterior,
    /// What was fitted to held-out data; without it fewer predictive distributions are evaluated.
    pub fitted: Option<&'a Fitted>,
    /// Bins of calibration errors and reliability diagrams.
    pub ece_bins: usize,
    /// Resamples of the examples for the interval and the floor of the ECE.
    pub n_resamples: usize,
    /// Their seed. Every predictive distribution has the same resamples, so that equal ones have equal intervals.
    pub seed: u64,
}

/// Scores of a split, and of its single examples.
#[derive(Clone, Debug)]
pub struct Scored {
    /// Means over the examples.
    pub scores: SplitScores,
    /// Of each example, by predictive distribution.
    pub examples: BTreeMap<Predictive, PerExample>,
}

/// Scores every predictive distribution of a network and every depth alone, in one pass.
///
/// # Errors
/// If the network's output is not finite, or the device fails.
pub fn evaluate<D: Backend>(network: &Network<D>, view: View<'_>, settings: &EvaluationSettings<'_>) -> Result<Scored> {
    let mut predicted = Vec::new();
    for predictive in Predictive::ALL {
        match Mixture::new(predictive, settings.posterior, settings.fitted, settings.pruned) {
            Ok(mixture) => predicted.push((predictive, mixture, Predicted::default())),
            Err(Error::NotFitted { .. }) => {}
            Err(error) => return Err(error),
        }
    }
    let mut depths = Depths::new(network.max_depth() + 1);
    for_each_batch(network, settings.head_statistics, view, BATCH, |batch| {
        for (_, mixture, predicted) in &mut predicted {
            predicted.extend(batch, mixture)?;
        }
        depths.extend(batch);
        Ok(())
    })?;
    let (n_classes, labels) = (network.n_classes(), view.labels());
    let (mut predictives, mut examples) = (BTreeMap::new(), BTreeMap::new());
    for (predictive, _, predicted) in &predicted {
        let predictions = Predictions::new(&predicted.probs, n_classes, labels)?;
        predictives.insert(*predictive, scores(&predictions, predicted, settings)?);
        examples.insert(*predictive, per_example(&predictions, predicted));
    }
    Ok(Scored {
        scores: SplitScores {
            n: labels.len(),
            predictives,
            per_depth: depths.scores(n_classes, labels, settings.ece_bins)?,
        },
        examples,
    })
}

/// Scores of every depth alone.
///
/// # Errors
/// If the network's output is not finite, or the device fails.
pub fn depth_scores<D: Backend>(network: &Network<D>, view: View<'_>, ece_bins: usize) -> Result<Vec<Scores>> {
    let mut depths = Depths::new(network.max_depth() + 1);
    for_each_batch(network, network.head_statistics(), view, BATCH, |batch| {
        depths.extend(batch);
        Ok(())
    })?;
    depths.scores(network.n_classes(), view.labels(), ece_bins)
}

/// Class probabilities of every depth and their negative log-likelihoods.
struct Depths {
    probs: Vec<Vec<f32>>,
    nll: Vec<Vec<f64>>,
}

impl Depths {
    fn new(n_depths: usize) -> Self {
        Self {
            probs: vec![Vec::new(); n_depths],
            nll: vec![Vec::new(); n_depths],
        }
    }

    fn extend(&mut self, batch: &BatchLogProbs<'_>) {
        let stride = batch.labels.len() * batch.n_classes;
        let depths = self.probs.iter_mut().zip(&mut self.nll);
        for (log_probs, (kept, nll)) in batch.log_probs.chunks_exact(stride).zip(depths) {
            kept.extend(probs(log_probs));
            nll.extend(negative_log_likelihoods(log_probs, batch.labels, batch.n_classes));
        }
    }

    fn scores(self, n_classes: usize, labels: &[u32], ece_bins: usize) -> Result<Vec<Scores>> {
        let depths = self.probs.iter().zip(&self.nll);
        let score = |(probs, nll): (&Vec<f32>, &Vec<f64>)| {
            let predictions = Predictions::new(probs, n_classes, labels)?;
            let evaluated = Evaluated {
                predictions,
                nll,
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

fn scores(predictions: &Predictions<'_>, predicted: &Predicted, settings: &EvaluationSettings<'_>) -> Result<Scores> {
    let reliability = ReliabilityDiagram::new(predictions, settings.ece_bins)?;
    let evaluated = Evaluated {
        predictions: *predictions,
        nll: &predicted.nll,
        reliability: &reliability,
        uncertainty: Some(&predicted.uncertainty),
    };
    let rng = &mut stream(settings.seed, Purpose::Bootstrap, 0);
    let uncertainty = ece_uncertainty(predictions, settings.ece_bins, settings.n_resamples, rng)?;
    let scores = Scores::compute(SCORES, &evaluated);
    Ok(scores.with_reliability(&reliability).with_ece_uncertainty(uncertainty))
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "single examples are stored in single precision"
)]
fn per_example(predictions: &Predictions<'_>, predicted: &Predicted) -> PerExample {
    PerExample {
        nll: predicted.nll.iter().map(|&nll| nll as f32).collect(),
        brier: brier_scores(predictions)
            .into_iter()
            .map(|score| score as f32)
            .collect(),
        error: predictions
            .outcomes()
            .map(|(_, is_right)| u8::from(!is_right))
            .collect(),
    }
}
