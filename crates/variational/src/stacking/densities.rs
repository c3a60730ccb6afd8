//! The predictive densities of a data set, and the sums over it that fitting weights needs.

use rand::{Rng, RngExt as _};

use crate::categorical::check_logits;
use crate::log_space::maximum;
use crate::{Error, Result};

/// Densities below this fraction of an example's largest one count as zero.
///
/// At the maximizer a mixture over `n` examples gives each at least `1 / n` of its largest density, so that these do not matter there;
/// and arithmetic on numbers that underflow is slow.
const NEGLIGIBLE: f64 = 1e-100;

/// The density of each example at each depth, relative to the example's largest one.
#[derive(Debug, Clone)]
pub(super) struct Densities {
    /// `[n_depths, n]`; each example has an entry of one.
    relative: Vec<f64>,
    /// `[n]`, the logarithms of the largest densities.
    log_maxima: Vec<f64>,
    /// `[n]`, the weights of the examples, which sum to one.
    example_weights: Vec<f64>,
}

impl Densities {
    pub(super) fn new(log_likelihoods: &[f64], n_depths: usize) -> Result<Self> {
        let what = "log_likelihoods";
        check_logits(what, log_likelihoods)?;
        if n_depths == 0 || !log_likelihoods.len().is_multiple_of(n_depths) {
            let actual = log_likelihoods.len();
            let factor = n_depths;
            return Err(Error::NotAMultiple { what, factor, actual });
        }
        let n = log_likelihoods.len() / n_depths;
        let mut log_maxima = log_likelihoods[..n].to_vec();
        for depth in log_likelihoods.chunks_exact(n) {
            for (max, log_likelihood) in log_maxima.iter_mut().zip(depth) {
                *max = max.max(*log_likelihood);
            }
        }
        if let Some(index) = log_maxima.iter().position(|&max| max == f64::NEG_INFINITY) {
            return Err(Error::ImpossibleExample { index });
        }
        let mut relative = Vec::with_capacity(log_likelihoods.len());
        for depth in log_likelihoods.chunks_exact(n) {
            let densities = depth.iter().zip(&log_maxima).map(|(value, max)| (value - max).exp());
            relative.extend(densities.map(|density| if density < NEGLIGIBLE { 0.0 } else { density }));
        }
        Ok(Self {
            relative,
            log_maxima,
            example_weights: vec![1.0 / n as f64; n],
        })
    }

    pub(super) fn n_depths(&self) -> usize {
        self.relative.len() / self.n()
    }

    fn n(&self) -> usize {
        self.example_weights.len()
    }

    /// As many examples drawn with replacement, each kept once with its number of draws as weight.
    pub(super) fn resampled(&self, rng: &mut impl Rng) -> Self {
        let mut counts = vec![0.0; self.n()];
        for _ in 0..self.n() {
            counts[rng.random_range(0..self.n())] += 1.0;
        }
        let drawn: Vec<usize> = (0..self.n()).filter(|&example| counts[example] > 0.0).collect();
        let select = |row: &[f64]| -> Vec<f64> { drawn.iter().map(|&example| row[example]).collect() };
        let n = self.n() as f64;
        Self {
            relative: self.relative.chunks_exact(self.n()).flat_map(select).collect(),
            log_maxima: select(&self.log_maxima),
            example_weights: drawn.iter().map(|&example| counts[example] / n).collect(),
        }
    }

    /// The relative density of every example at a depth.
    fn row(&self, depth: usize) -> &[f64] {
        &self.relative[depth * self.n()..][..self.n()]
    }

    /// `Σ_i w_i p_in` for every example.
    pub(super) fn mixture(&self, weights: &[f64]) -> Vec<f64> {
        let mut mixture = vec![0.0; self.n()];
        for (depth, &weight) in weights.iter().enumerate().filter(|(_, weight)| **weight > 0.0) {
            for (sum, density) in mixture.iter_mut().zip(self.row(depth)) {
                *sum += weight * density;
            }
        }
        mixture
    }

    /// `mean_n p_in / mixture_n` for every depth: the gradient of the mean log density.
    pub(super) fn gradient(&self, mixture: &[f64]) -> Vec<f64> {
        let weights = self.example_weights.iter().zip(mixture);
        let ratios: Vec<f64> = weights.map(|(weight, mixture)| weight / mixture).collect();
        self.relative
            .chunks_exact(self.n())
            .map(|row| dot(row, &ratios))
            .collect()
    }

    /// `mean_n p_in p_jn / mixture_n²` for every pair of `depths`, row by row: minus the Hessian of the mean log density.
    pub(super) fn curvature(&self, depths: &[usize], mixture: &[f64]) -> Vec<f64> {
        let factors: Vec<f64> = (self.example_weights.iter().zip(mixture))
            .map(|(weight, mixture)| weight.sqrt() / mixture)
            .collect();
        let scale = |&depth: &usize| -> Vec<f64> {
            let pairs = self.row(depth).iter().zip(&factors);
            pairs.map(|(density, factor)| density * factor).collect()
        };
        let rows: Vec<Vec<f64>> = depths.iter().map(scale).collect();
        let mut curvature = vec![0.0; depths.len() * depths.len()];
        for i in 0..depths.len() {
            for j in 0..=i {
                let entry = dot(&rows[i], &rows[j]);
                curvature[i * depths.len() + j] = entry;
                curvature[j * depths.len() + i] = entry;
            }
        }
        curvature
    }

    /// The mean over the examples of `log mixture_n − log reference_n`.
    pub(super) fn mean_log_ratio(&self, mixture: &[f64], reference: &[f64]) -> f64 {
        let ratios = mixture.iter().zip(reference).map(|(value, other)| (value / other).ln());
        ratios
            .zip(&self.example_weights)
            .map(|(log, weight)| log * weight)
            .sum()
    }

    /// The mean over the examples of `log Σ_i w_i p(y_n | x_n, d = i)`.
    pub(super) fn mean_log_density(&self, weights: &[f64]) -> f64 {
        let mixture = self.mixture(weights);
        let log_densities = mixture
            .iter()
            .zip(&self.log_maxima)
            .map(|(value, max)| value.ln() + max);
        let terms = log_densities.zip(&self.example_weights);
        terms.map(|(log, weight)| log * weight).sum()
    }
}

/// The step of expectation maximization, `w_i · mean_n p_in / mixture_n`, which never decreases the mean log density.
pub(super) fn em_step(weights: &[f64], gradient: &[f64]) -> Vec<f64> {
    let raised: Vec<f64> = weights
        .iter()
        .zip(gradient)
        .map(|(weight, score)| weight * score)
        .collect();
    normalized(&raised)
}

/// Weights divided by their sum.
pub(super) fn normalized(weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

/// The largest entry of the gradient less one: a bound of how far the mean log density is below its maximum.
pub(super) fn gap(gradient: &[f64]) -> f64 {
    maximum(gradient) - 1.0
}

/// A dot product in independent sums, which the processor can run side by side.
fn dot(a: &[f64], b: &[f64]) -> f64 {
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        for lane in 0..8 {
            sums[lane] += a[lane] * b[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f64>() + rest
}
