//! The maximizer of the mean log density of a mixture over its weights.

use super::densities::{Densities, em_step, gap, normalized};

/// Iterations stop within this of the maximum, in nats per example.
const TOLERANCE: f64 = 1e-6;

/// Steps of expectation maximization from uniform weights, before Newton's method.
///
/// The first of them take most weight from poor depths at the cost of a gradient; the last digits, for which they would need
/// thousands, are left to Newton's method.
const EM_STEPS: usize = 20;

/// Newton's method needs a handful of steps, and rarely more than ten; the limit is for data on which rounding keeps the gap above the tolerance.
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
    let slope: f64 = slope.map(|((from, to), score)| (to - from) * score).sum();
    let mut fraction = 1.0;
    while fraction > 1e-6 {
        let between = |(from, to): (&f64, &f64)| (1.0 - fraction) * from + fraction * to;
        let candidate: Vec<f64> = weights.iter().zip(&target).map(between).collect();
        let candidate_mixture: Vec<f64> = mixture.iter().zip(&target_mixture).map(between).collect();
        let increase = densities.mean_log_ratio(&candidate_mixture, mixture);
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

/// The point of the simplex that maximizes the quadratic approximation `g·(v − w) − (v − w)·H (v − w) / 2`, by moves of weight from
/// one depth to another.
///
/// A pair's curvature is that of the difference between its depths, so that the moves have the right length for depths that hardly
/// differ too, on which steps along single coordinates hardly move.
///
/// # Source
/// Sequential minimal optimization, with the choice of pairs of Fan, Chen, Lin, *Working Set Selection Using Second Order Information for
/// Training Support Vector Machines*, JMLR 6, 2005.
fn quadratic_maximizer(curvature: &[f64], gradient: &[f64], start: Vec<f64>) -> Vec<f64> {
    const MAX_MOVES: usize = 2000;
    let rows: Vec<&[f64]> = curvature.chunks_exact(gradient.len()).collect();
    let mut point = start;
    let mut slopes = gradient.to_vec();
    for _ in 0..MAX_MOVES {
        let to = argmax(slopes.iter().copied());
        // At most what the weight at `from` and the curvature allow, by which the approximation increases the most.
        let length = |from: usize| {
            let curvature = rows[to][to] + rows[from][from] - 2.0 * rows[to][from];
            ((slopes[to] - slopes[from]) / curvature.max(f64::MIN_POSITIVE)).min(point[from])
        };
        let increase = |from: usize| match point[from] > 0.0 {
            true => length(from) * (slopes[to] - slopes[from]),
            false => 0.0,
        };
        let from = argmax((0..point.len()).map(increase));
        if slopes[to] - slopes[from] <= 0.1 * TOLERANCE || point[from] <= 0.0 {
            break;
        }
        let length = length(from);
        point[to] += length;
        // All of the weight leaves exactly zero.
        point[from] -= length;
        for (slope, (row_to, row_from)) in slopes.iter_mut().zip(rows[to].iter().zip(rows[from])) {
            *slope -= length * (row_to - row_from);
        }
    }
    point
}

/// The position of the largest value, the first on ties.
fn argmax(values: impl Iterator<Item = f64>) -> usize {
    let start = (0, f64::NEG_INFINITY);
    let larger = |best: (usize, f64), (index, value)| if value > best.1 { (index, value) } else { best };
    values.enumerate().fold(start, larger).0
}
