//! The maximizer of the mean log density of a mixture over its weights.

use super::densities::{Densities, em_step, gap, normalized};

/// Iterations stop within this of the maximum, in nats per example.
const TOLERANCE: f64 = 1e-6;

/// Steps of expectation maximization from uniform weights, before Newton's method.
///
/// The first of them take most weight from poor depths at the cost of a gradient; the last digits, for which they would need
/// thousands, are left to Newton's method.
const EM_STEPS: usize = 20;

/// Newton's method needs about ten steps; the limit is for data on which rounding keeps the gap above the tolerance.
const MAX_STEPS: usize = 200;

/// Where the iterations start.
#[derive(Debug, Clone, Copy)]
pub(super) enum Start<'a> {
    /// At equal weights, with steps of expectation maximization.
    Uniform,
    /// At the weights of similar data.
    Near(&'a [f64]),
}

/// The weights that maximize the mean over the examples of `log Σ_i w_i p_in`, by expectation maximization and then Newton's method.
///
/// # Source
/// The constrained Newton method of Wang, *On fast computation of the non-parametric maximum likelihood estimate of a mixing
/// distribution*, JRSS B 69(2), 2007.
pub(super) fn maximizer(densities: &Densities, start: Start<'_>) -> Vec<f64> {
    let n_depths = densities.n_depths();
    let (mut weights, em_steps) = match start {
        Start::Uniform => (vec![1.0 / n_depths as f64; n_depths], EM_STEPS),
        Start::Near(weights) => (weights.to_vec(), 0),
    };
    for step in 0..MAX_STEPS {
        let mixture = densities.mixture(&weights);
        let gradient = densities.gradient(&mixture);
        if gap(&gradient) <= TOLERANCE {
            break;
        }
        let newton = (step >= em_steps).then(|| newton_step(densities, &weights, &mixture, &gradient));
        weights = newton.flatten().unwrap_or_else(|| em_step(&weights, &gradient));
    }
    weights
}

/// Weights of a higher mean log density: the maximizer of its quadratic approximation, or a point on the way there.
///
/// `None` if rounding hides the increase.
fn newton_step(densities: &Densities, weights: &[f64], mixture: &[f64], gradient: &[f64]) -> Option<Vec<f64>> {
    let active = active_set(weights, gradient);
    let curvature = densities.curvature(&active, mixture);
    let start: Vec<f64> = active.iter().map(|&depth| weights[depth]).collect();
    let scores: Vec<f64> = active.iter().map(|&depth| gradient[depth]).collect();
    let mut target = vec![0.0; weights.len()];
    for (&depth, weight) in active.iter().zip(quadratic_maximizer(&curvature, &scores, start)) {
        target[depth] = weight;
    }
    let target_mixture = densities.mixture(&target);
    let slope = weights.iter().zip(&target).zip(gradient);
    let slope: f64 = slope.map(|((from, to), score)| (to - from) * (score - 1.0)).sum();
    let mut fraction = 1.0;
    while fraction > 1e-6 {
        let between = |(from, to): (&f64, &f64)| (1.0 - fraction) * from + fraction * to;
        let candidate: Vec<f64> = weights.iter().zip(&target).map(between).collect();
        let sum: f64 = candidate.iter().sum();
        let candidate_mixture: Vec<f64> = mixture.iter().zip(&target_mixture).map(between).collect();
        // Dividing the weights by their sum subtracts its logarithm.
        let increase = densities.mean_log_ratio(&candidate_mixture, mixture) - sum.ln();
        if increase > 1e-4 * fraction * slope {
            return Some(normalized(&candidate));
        }
        fraction /= 2.0;
    }
    None
}

/// The depths that have weight, and those that should get some: the local maxima of the gradient above one.
///
/// Neighboring depths predict alike, and one of several is enough.
fn active_set(weights: &[f64], gradient: &[f64]) -> Vec<usize> {
    let at = |depth: Option<usize>| depth.and_then(|depth| gradient.get(depth)).copied();
    let is_peak = |depth: usize| {
        let neighbors = [at(depth.checked_sub(1)), at(depth.checked_add(1))];
        gradient[depth] > 1.0 && neighbors.iter().flatten().all(|&neighbor| neighbor <= gradient[depth])
    };
    (0..weights.len())
        .filter(|&depth| weights[depth] > 0.0 || is_peak(depth))
        .collect()
}

/// The point `v ≥ 0` that maximizes `(2 g − 1)·v − v·H v / 2`, from a point below which it never falls, by coordinate ascent.
///
/// This is the quadratic approximation at `w` of the mean log density less `Σ_i w_i`, a penalty with which the maximizer sums to one
/// without a constraint; `H w = g` has been used. Coordinate ascent needs no inverse, which near-equal depths would not have.
fn quadratic_maximizer(curvature: &[f64], gradient: &[f64], start: Vec<f64>) -> Vec<f64> {
    const MAX_SWEEPS: usize = 1000;
    let mut point = start;
    for _ in 0..MAX_SWEEPS {
        let mut largest: f64 = 0.0;
        for (i, row) in curvature.chunks_exact(gradient.len()).enumerate() {
            let product: f64 = row.iter().zip(&point).map(|(entry, value)| entry * value).sum();
            let slope = 2.0 * gradient[i] - 1.0 - product;
            let moved = match row[i] > 0.0 {
                true => (point[i] + slope / row[i]).max(0.0),
                false => 0.0,
            };
            if moved > 0.0 || point[i] > 0.0 {
                largest = largest.max(slope.abs());
            }
            point[i] = moved;
        }
        if largest <= 0.1 * TOLERANCE {
            break;
        }
    }
    point
}
