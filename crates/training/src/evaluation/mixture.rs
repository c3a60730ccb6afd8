//! From the class probabilities of every depth to a predictive distribution.

use std::borrow::Cow;

use vds_calibration::apply_temperature;
use vds_records::{Fitted, Predictive};
use vds_variational::{DepthPosterior, log_marginal_predictive};

use crate::error::{Error, Result};

/// A predictive distribution: weights of the depths, and temperatures.
#[derive(Clone, Debug, PartialEq)]
pub struct Mixture {
    /// Weights of depths from 0 on, which may be fewer than the network has.
    pub(super) weights: DepthPosterior,
    temperature: Temperature,
}

#[derive(Clone, Debug, PartialEq)]
enum Temperature {
    None,
    /// Of the mixture.
    Whole(f64),
    /// Of each depth, before they are mixed.
    Depths(Vec<f64>),
}

impl Mixture {
    /// The depths with these weights.
    pub fn of(weights: DepthPosterior) -> Self {
        Self {
            weights,
            temperature: Temperature::None,
        }
    }

    /// One of the predictive distributions of a network with a posterior, pruned to a depth or not.
    ///
    /// # Errors
    /// [`Error::NotFitted`] if it takes what is fitted to held-out data and nothing is; if that is for other depths.
    pub fn new(
        predictive: Predictive,
        posterior: &DepthPosterior,
        fitted: Option<&Fitted>,
        pruned: &DepthPosterior,
    ) -> Result<Self> {
        let max_depth = posterior.max_depth();
        let fitted = || {
            let fitted = fitted.ok_or(Error::NotFitted { predictive })?;
            let n_depths = [fitted.held_out.n_depths(), fitted.temperatures.per_depth.len()];
            match n_depths.iter().all(|&n| n == posterior.n_depths()) {
                true => Ok(fitted),
                false => Err(Error::Metadata {
                    problem: format!("what was fitted is for {} depths", n_depths[0]),
                }),
            }
        };
        let deepest = || DepthPosterior::one_hot(max_depth, max_depth);
        let (weights, temperature) = match predictive {
            Predictive::Marginal => (posterior.clone(), Temperature::None),
            Predictive::Stacked => (fitted()?.held_out.stacking.weights.clone(), Temperature::None),
            Predictive::Pruned => (pruned.clone(), Temperature::None),
            Predictive::Deepest => (deepest()?, Temperature::None),
            Predictive::MarginalTempered => {
                let temperature = Temperature::Whole(fitted()?.temperatures.marginal);
                (posterior.clone(), temperature)
            }
            Predictive::DepthTempered => {
                let temperatures = fitted()?.temperatures.per_depth.clone();
                (posterior.clone(), Temperature::Depths(temperatures))
            }
            Predictive::DeepestTempered => {
                let temperature = fitted()?.temperatures.per_depth[max_depth];
                (deepest()?, Temperature::Whole(temperature))
            }
        };
        Ok(Self { weights, temperature })
    }

    /// Class log-probabilities of the mixture, `[batch, n_classes]`, and those of its depths, `[n_depths, batch, n_classes]`,
    /// from those of all depths of the network.
    ///
    /// # Errors
    /// If a temperature is out of range, or a log-probability is not a number.
    pub(super) fn log_probs<'a>(&self, depths: &'a [f64], stride: usize, n_classes: usize) -> Result<LogProbs<'a>> {
        let mut depths = Cow::Borrowed(&depths[..self.weights.n_depths() * stride]);
        if let Temperature::Depths(temperatures) = &self.temperature {
            for (depth, &temperature) in depths.to_mut().chunks_exact_mut(stride).zip(temperatures) {
                apply_temperature(depth, n_classes, temperature)?;
            }
        }
        let mut mixture = log_marginal_predictive(&self.weights, &depths, n_classes)?;
        if let Temperature::Whole(temperature) = self.temperature {
            apply_temperature(&mut mixture, n_classes, temperature)?;
        }
        Ok(LogProbs { mixture, depths })
    }
}

/// Class log-probabilities of a batch.
pub(super) struct LogProbs<'a> {
    /// Of the mixture, `[batch, n_classes]`.
    pub(super) mixture: Vec<f64>,
    /// Of its depths, `[n_depths, batch, n_classes]`.
    pub(super) depths: Cow<'a, [f64]>,
}
