//! Strategies for posteriors and priors, and the tolerance that their magnitude allows.

use proptest::collection::vec;
use proptest::prelude::*;
use vds_variational::{DepthPosterior, DepthPrior};

/// A posterior, a prior and the log-likelihood of every depth, for one maximum depth in `0..=100`.
#[derive(Debug, Clone)]
pub(crate) struct Case {
    pub(crate) logits: Vec<f64>,
    pub(crate) prior: DepthPrior,
    pub(crate) log_likelihoods: Vec<f64>,
}

impl Case {
    pub(crate) fn posterior(&self) -> DepthPosterior {
        DepthPosterior::from_logits(&self.logits).unwrap()
    }

    /// The error of an expectation over depth by rounding, see [`rounding`].
    pub(crate) fn rounding(&self) -> f64 {
        let posterior = self.posterior();
        rounding(&[posterior.log_probs(), self.prior.log_probs(), &self.log_likelihoods])
    }
}

/// The error of an expectation over depth of these values by rounding: at most 101 terms, each a few roundings
/// of the largest magnitude, 101 · 4 · 2.2e-16 = 9e-14 of it.
pub(crate) fn rounding(values: &[&[f64]]) -> f64 {
    1e-13 * magnitude(values)
}

/// The sum of the largest finite magnitudes, at least one.
pub(crate) fn magnitude(values: &[&[f64]]) -> f64 {
    let largest = |values: &&[f64]| {
        let finite = values.iter().filter(|value| value.is_finite());
        finite.fold(0.0, |max: f64, value| max.max(value.abs()))
    };
    values.iter().map(largest).sum::<f64>().max(1.0)
}

pub(crate) fn cases() -> impl Strategy<Value = Case> {
    max_depths().prop_flat_map(|max_depth| {
        let parts = (logits(max_depth + 1), priors(max_depth), log_likelihoods(max_depth + 1));
        parts.prop_map(|(logits, prior, log_likelihoods)| Case {
            logits,
            prior,
            log_likelihoods,
        })
    })
}

/// Cases whose logits are moderate, so that gradients do not vanish.
pub(crate) fn moderate_cases() -> impl Strategy<Value = Case> {
    max_depths().prop_flat_map(|max_depth| {
        let values = || vec(-4.0..4.0, max_depth + 1);
        let parts = (values(), priors(max_depth), values());
        parts.prop_map(|(logits, prior, log_likelihoods)| Case {
            logits,
            prior,
            log_likelihoods,
        })
    })
}

pub(crate) fn posteriors() -> impl Strategy<Value = DepthPosterior> {
    let from_logits = max_depths()
        .prop_flat_map(|max_depth| logits(max_depth + 1))
        .prop_map(|logits| DepthPosterior::from_logits(&logits).unwrap());
    prop_oneof![4 => from_logits, 1 => one_hots()]
}

pub(crate) fn one_hots() -> impl Strategy<Value = DepthPosterior> {
    max_depths()
        .prop_flat_map(|max_depth| (0..=max_depth, Just(max_depth)))
        .prop_map(|(depth, max_depth)| DepthPosterior::one_hot(depth, max_depth).unwrap())
}

pub(crate) fn max_depths() -> impl Strategy<Value = usize> {
    prop_oneof![1 => Just(0_usize), 1 => Just(1), 2 => 2..8_usize, 4 => 0..=100_usize]
}

pub(crate) fn logits(n_depths: usize) -> impl Strategy<Value = Vec<f64>> {
    let spread = prop_oneof![Just(1e3), Just(10.0), Just(1.0), Just(1e-6), Just(0.0)];
    (spread, -1.0..1.0).prop_flat_map(move |(spread, center)| {
        // With the widest spread, logits stay within ±1e3.
        let center = center * (1e3 - spread);
        vec(-1.0..=1.0, n_depths)
            .prop_map(move |units: Vec<f64>| units.iter().map(|unit| center + spread * unit).collect())
    })
}

pub(crate) fn priors(max_depth: usize) -> impl Strategy<Value = DepthPrior> {
    let explicit = vec(1e-9..1.0, max_depth + 1).prop_map(|weights: Vec<f64>| {
        let sum: f64 = weights.iter().sum();
        let probs: Vec<f64> = weights.iter().map(|weight| weight / sum).collect();
        DepthPrior::from_probs(&probs).unwrap()
    });
    prop_oneof![
        (0.05..1.5).prop_map(move |decay| DepthPrior::geometric(decay, max_depth).unwrap()),
        Just(DepthPrior::uniform(max_depth)),
        explicit,
    ]
}

/// From the log-likelihoods of a few examples to those of a large data set.
fn log_likelihoods(n_depths: usize) -> impl Strategy<Value = Vec<f64>> {
    let scale = prop_oneof![Just(1.0), Just(1e2), Just(1e5)];
    scale.prop_flat_map(move |scale| {
        vec(-1.0..0.01, n_depths).prop_map(move |units: Vec<f64>| units.iter().map(|unit| scale * unit).collect())
    })
}

/// The log-likelihood of each example at each depth, `[n_depths, n]`.
#[derive(Debug, Clone)]
pub(crate) struct Examples {
    pub(crate) n_depths: usize,
    pub(crate) log_likelihoods: Vec<f64>,
}

impl Examples {
    pub(crate) fn n(&self) -> usize {
        self.log_likelihoods.len() / self.n_depths
    }

    /// The mean over the examples of the mixture's log density.
    pub(crate) fn mean_log_density(&self, weights: &DepthPosterior) -> f64 {
        let sum: f64 = (0..self.n()).map(|example| self.log_density(weights, example)).sum();
        sum / self.n() as f64
    }

    /// The mean over the examples of each depth's density over the mixture's.
    pub(crate) fn mean_density_ratios(&self, weights: &DepthPosterior) -> Vec<f64> {
        let log_densities: Vec<f64> = (0..self.n())
            .map(|example| self.log_density(weights, example))
            .collect();
        let mean = |row: &[f64]| {
            let ratios = row.iter().zip(&log_densities).map(|(value, log)| (value - log).exp());
            ratios.sum::<f64>() / self.n() as f64
        };
        self.log_likelihoods.chunks_exact(self.n()).map(mean).collect()
    }

    fn log_density(&self, weights: &DepthPosterior, example: usize) -> f64 {
        let joint = |(depth, log_weight): (usize, &f64)| log_weight + self.log_likelihoods[depth * self.n() + example];
        let joint: Vec<f64> = weights.log_probs().iter().enumerate().map(joint).collect();
        let max = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        max + joint.iter().map(|value| (value - max).exp()).sum::<f64>().ln()
    }
}

/// Up to 40 examples at up to 101 depths, from depths that hardly differ to examples that most depths rule out.
pub(crate) fn examples() -> impl Strategy<Value = Examples> {
    let scale = prop_oneof![Just(1e-3), Just(0.1), Just(1.0), Just(30.0), Just(1e3)];
    (max_depths(), 1..40_usize, scale).prop_flat_map(|(max_depth, n, scale)| {
        let n_depths = max_depth + 1;
        vec(-1.0..0.0, n_depths * n).prop_map(move |units: Vec<f64>| Examples {
            n_depths,
            log_likelihoods: units.iter().map(|unit| scale * unit).collect(),
        })
    })
}
