//! What is fitted to data that the network was not trained on.

use rand::Rng;
use vds_calibration::{fit_temperature, paired_difference};
use vds_datasets::View;
use vds_model::{Backend, HeadStatistics, Network};
use vds_records::{Fitted, RuleChoice, Temperatures};
use vds_variational::{DepthPosterior, HeldOut, PruningRule, Stacking, log_marginal_predictive};

use super::pass::{BATCH, for_each_batch, negative_log_likelihoods};
use crate::error::Result;

/// Resamples of the examples for the spread of the stacking weights.
const N_BOOTSTRAP: usize = 100;

/// The class log-probabilities of every depth on held-out data.
#[derive(Clone, Debug, PartialEq)]
pub struct HeldOutPass {
    n_classes: usize,
    /// `[n]`
    labels: Vec<u32>,
    /// `[n, n_classes]` for each depth.
    depths: Vec<Vec<f64>>,
}

impl HeldOutPass {
    /// One pass over held-out data.
    ///
    /// # Errors
    /// If the network's output is not finite, or the device fails.
    pub fn new<D: Backend>(network: &Network<D>, head_statistics: HeadStatistics, view: View<'_>) -> Result<Self> {
        let n_classes = network.n_classes();
        let mut depths = vec![Vec::new(); network.max_depth() + 1];
        for_each_batch(network, head_statistics, view, BATCH, |batch| {
            let of_depths = batch.log_probs.chunks_exact(batch.labels.len() * n_classes);
            for (depth, log_probs) in depths.iter_mut().zip(of_depths) {
                depth.extend_from_slice(log_probs);
            }
            Ok(())
        })?;
        Ok(Self {
            n_classes,
            labels: view.labels().to_vec(),
            depths,
        })
    }

    /// Fits stacking weights and temperatures.
    ///
    /// # Errors
    /// If there are no examples, or a likelihood is zero.
    pub fn fit(&self, posterior: &DepthPosterior, rng: &mut impl Rng) -> Result<Fitted> {
        let held_out = HeldOut::new(&self.log_likelihoods(), self.depths.len(), N_BOOTSTRAP, rng)?;
        let temperature = |log_probs: &[f64]| fit_temperature(log_probs, self.n_classes, &self.labels);
        let marginal = log_marginal_predictive(posterior, &self.depths.concat(), self.n_classes)?;
        let per_depth = self.depths.iter().map(|log_probs| temperature(log_probs));
        Ok(Fitted {
            held_out,
            temperatures: Temperatures {
                marginal: temperature(&marginal)?,
                per_depth: per_depth.collect::<Result<_, _>>()?,
            },
        })
    }

    /// What each rule chooses, and what pruning there costs on these data: the rules with their default parameters, and the given
    /// one, if it is none of them.
    ///
    /// # Errors
    /// If there are no examples.
    pub fn choices(
        &self,
        rule: PruningRule,
        posterior: &DepthPosterior,
        fitted: &Fitted,
        rng: &mut impl Rng,
    ) -> Result<Vec<RuleChoice>> {
        let others = PruningRule::EXAMPLES.into_iter().filter(|&example| example != rule);
        let rules = [rule].into_iter().chain(others);
        let log_likelihoods = self.log_likelihoods();
        let stacked = &fitted.held_out.stacking.weights;
        let (whole, whole_stacked) = (nll(posterior, &log_likelihoods)?, nll(stacked, &log_likelihoods)?);
        let mut choices: Vec<RuleChoice> = Vec::new();
        for rule in rules {
            let depth = rule.pruned_depth(posterior, Some(&fitted.held_out))?;
            if let Some(same) = choices.iter().find(|choice| choice.depth == depth) {
                choices.push(RuleChoice { rule, ..same.clone() });
                continue;
            }
            let kept = &log_likelihoods[..(depth + 1) * self.labels.len()];
            let pruned = nll(&posterior.truncated(depth)?, kept)?;
            let weights = Stacking::fit(kept, depth + 1, 2, rng)?.weights;
            choices.push(RuleChoice {
                rule,
                depth,
                cost: paired_difference(&pruned, &whole)?,
                stacked_cost: paired_difference(&nll(&weights, kept)?, &whole_stacked)?,
            });
        }
        Ok(choices)
    }

    /// `log p(y_n | x_n, d = i)`, `[n_depths, n]`.
    fn log_likelihoods(&self) -> Vec<f64> {
        let of_depth = |log_probs| negative_log_likelihoods(log_probs, &self.labels, self.n_classes).map(|nll| -nll);
        self.depths.iter().flat_map(|log_probs| of_depth(log_probs)).collect()
    }
}

/// Negative log-likelihood of each example under a mixture of depths, `[n]`.
fn nll(weights: &DepthPosterior, log_likelihoods: &[f64]) -> Result<Vec<f64>> {
    let mixture = log_marginal_predictive(weights, log_likelihoods, 1)?;
    Ok(mixture.into_iter().map(|log_likelihood| -log_likelihood).collect())
}
