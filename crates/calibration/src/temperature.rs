//! Temperature scaling: one number, fitted on held-out examples, that sharpens or softens all predictions.

use crate::{Error, Result};

/// Range of temperatures that [`fit_temperature`] considers.
const TEMPERATURES: [f64; 2] = [0.05, 20.0];

/// The temperature `T` in `[0.05, 20]` that minimizes the mean negative log-likelihood of `softmax(log_probs / T)`.
///
/// # Shapes
/// `log_probs`: `[n, n_classes]`, row-major, normalized or not, where minus infinity is the logarithm of 0; `labels`: `[n]`.
///
/// # Numerics
/// The mean is convex in `1 / T`; the root of its derivative is found by Newton's method inside a bracket, with bisection where a
/// step leaves the bracket or does not halve the derivative, until a step is at most four roundings or the bracket holds no other float.
/// An example whose label has probability 0 is infinitely unlikely at every temperature and does not take part.
/// Where the likelihood does not depend on the temperature at all, it is 1.
///
/// # Errors
/// If there are no examples or classes, the lengths do not fit, a label is not a class, an entry is NaN or plus infinity, or a row
/// has no finite entry.
///
/// # Source
/// Guo et al., On calibration of modern neural networks (2017).
pub fn fit_temperature(log_probs: &[f64], n_classes: usize, labels: &[u32]) -> Result<f64> {
    let n = labels.len();
    match (n, n_classes) {
        (0, _) => return Err(Error::Empty),
        (_, 0) => return Err(Error::NoClasses),
        _ if n.checked_mul(n_classes) != Some(log_probs.len()) => {
            return Err(Error::Shape {
                actual: log_probs.len(),
                n,
                n_classes,
            });
        }
        _ => {}
    }
    let mut rows = Vec::with_capacity(n);
    for (example, (row, label)) in log_probs.chunks_exact(n_classes).zip(labels).enumerate() {
        let largest = largest(example, row)?;
        let Some(of_label) = row.get(*label as usize) else {
            return Err(Error::Label {
                example,
                label: *label,
                n_classes,
            });
        };
        if (of_label - largest).is_finite() {
            rows.push(Row {
                log_probs: row,
                largest,
                of_label: of_label - largest,
            });
        }
    }
    Ok(1.0 / minimum(&rows))
}

/// Replaces each row by the normalized logarithms of `softmax(row / temperature)`.
///
/// # Shapes
/// `log_probs`: `[n, n_classes]`, row-major, normalized or not, where minus infinity is the logarithm of 0.
///
/// # Numerics
/// Log space throughout: no probability underflows. The order of a row's entries is kept, but that neighbors can become equal.
///
/// # Errors
/// If the temperature is not positive and finite, there is no class, the entries do not divide into rows, an entry is NaN or plus
/// infinity, or a row has no finite entry. Nothing is changed then.
pub fn apply_temperature(log_probs: &mut [f64], n_classes: usize, temperature: f64) -> Result<()> {
    if !(temperature > 0.0 && temperature.is_finite()) {
        return Err(Error::Temperature { value: temperature });
    }
    if n_classes == 0 {
        return Err(Error::NoClasses);
    }
    if !log_probs.len().is_multiple_of(n_classes) {
        return Err(Error::Shape {
            actual: log_probs.len(),
            n: log_probs.len() / n_classes,
            n_classes,
        });
    }
    for (example, row) in log_probs.chunks_exact(n_classes).enumerate() {
        largest(example, row)?;
    }
    for row in log_probs.chunks_exact_mut(n_classes) {
        let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row.iter_mut()
            .for_each(|value| *value = (*value - largest) / temperature);
        let normalizer = row.iter().map(|value| value.exp()).sum::<f64>().ln();
        row.iter_mut().for_each(|value| *value -= normalizer);
    }
    Ok(())
}

/// Largest entry of a row that is checked.
fn largest(example: usize, row: &[f64]) -> Result<f64> {
    if let Some((class, value)) = row.iter().enumerate().find(|(_, x)| x.is_nan() || **x == f64::INFINITY) {
        return Err(Error::LogProbability {
            example,
            class,
            value: *value,
        });
    }
    let largest = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest == f64::NEG_INFINITY {
        return Err(Error::NoFiniteLogProbability { example });
    }
    Ok(largest)
}

/// One example.
struct Row<'a> {
    log_probs: &'a [f64],
    /// Its largest entry.
    largest: f64,
    /// Entry of the label minus the largest.
    of_label: f64,
}

impl Row<'_> {
    /// Mean and variance of the entries, less the largest, under `softmax(scale * log_probs)`.
    fn moments(&self, scale: f64) -> (f64, f64) {
        let (mut total, mut first, mut second) = (0.0, 0.0, 0.0);
        for log_prob in self.log_probs {
            let x = log_prob - self.largest;
            let weight = (scale * x).exp();
            // An entry of minus infinity has weight 0, and 0 times infinity is NaN.
            if weight > 0.0 {
                total += weight;
                first += weight * x;
                second += weight * x * x;
            }
        }
        let mean = first / total;
        (mean, (second / total - mean * mean).max(0.0))
    }
}

/// First and second derivative of the mean negative log-likelihood with respect to `scale = 1 / T`.
fn derivatives(rows: &[Row<'_>], scale: f64) -> (f64, f64) {
    let n = rows.len() as f64;
    rows.iter().fold((0.0, 0.0), |(slope, curvature), row| {
        let (mean, variance) = row.moments(scale);
        (slope + (mean - row.of_label) / n, curvature + variance / n)
    })
}

/// The `1 / T` of least mean negative log-likelihood.
fn minimum(rows: &[Row<'_>]) -> f64 {
    let [mut lower, mut upper] = [1.0 / TEMPERATURES[1], 1.0 / TEMPERATURES[0]];
    let mut scale = 1.0;
    let (mut slope, mut curvature) = derivatives(rows, scale);
    // The slope rises with the scale: if it has no root inside, an end is the minimum.
    if slope > 0.0 && derivatives(rows, lower).0 >= 0.0 {
        return lower;
    }
    if slope < 0.0 && derivatives(rows, upper).0 <= 0.0 {
        return upper;
    }
    let mut halved = true;
    while slope != 0.0 {
        if slope > 0.0 {
            upper = scale;
        } else {
            lower = scale;
        }
        let newton = scale - slope / curvature;
        let next = if halved && newton > lower && newton < upper {
            newton
        } else {
            f64::midpoint(lower, upper)
        };
        if (next - scale).abs() <= 4.0 * f64::EPSILON * scale || next <= lower || next >= upper {
            return next;
        }
        let before = slope;
        scale = next;
        (slope, curvature) = derivatives(rows, scale);
        halved = slope.abs() <= before.abs() / 2.0;
    }
    scale
}
