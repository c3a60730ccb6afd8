//! The entropy of a mixture over depths and its two parts.

use crate::means::entropy;
use crate::predictions::{EXCESS, SUM_TOLERANCE, check_row};
use crate::{Error, Result};

/// Uncertainty of each example, nats; all vectors are `[n]`.
#[derive(Clone, Debug, Default, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DepthUncertainty {
    /// Probabilities that marginalize over depth, `[n, n_classes]`.
    pub marginal_probs: Vec<f64>,
    /// `H[Σ_i q_i p_i]`.
    pub predictive_entropy: Vec<f64>,
    /// `Σ_i q_i H[p_i]`: what remains if the depth were known, the aleatoric part.
    pub expected_entropy: Vec<f64>,
    /// Mutual information of label and depth, the difference of the two entropies: the epistemic part. Not negative but for rounding.
    pub mutual_information: Vec<f64>,
    /// Largest marginal probability; one minus it is the variation ratio.
    pub confidence: Vec<f64>,
}

impl DepthUncertainty {
    /// Adds the examples of another batch after those of this one.
    pub fn append(&mut self, mut batch: Self) {
        self.marginal_probs.append(&mut batch.marginal_probs);
        self.predictive_entropy.append(&mut batch.predictive_entropy);
        self.expected_entropy.append(&mut batch.expected_entropy);
        self.mutual_information.append(&mut batch.mutual_information);
        self.confidence.append(&mut batch.confidence);
    }
}

/// Splits the uncertainty of a mixture of the depths' class probabilities.
///
/// # Shapes
/// `depth_probs`: `[n_depths, n, n_classes]`, row-major; `posterior`: `[n_depths]`.
///
/// # Numerics
/// Rows and posterior are checked and used as they are, without normalization.
///
/// # Errors
/// If there is no class, the lengths do not fit, a number is NaN or outside `[0, 1]` (by more than rounding), or a depth's
/// probabilities of an example or the posterior do not sum to one within 1e-3.
pub fn depth_uncertainty(depth_probs: &[f32], posterior: &[f64], n_classes: usize) -> Result<DepthUncertainty> {
    let n = check(depth_probs, posterior, n_classes)?;
    let (mut marginal_probs, mut expected_entropy) = (vec![0.0; n * n_classes], vec![0.0; n]);
    for (probs, q) in depth_probs.chunks_exact((n * n_classes).max(1)).zip(posterior) {
        marginal_probs
            .iter_mut()
            .zip(probs)
            .for_each(|(sum, p)| *sum += q * f64::from(*p));
        let entropies = probs
            .chunks_exact(n_classes)
            .map(|row| entropy(row.iter().map(|p| f64::from(*p))));
        expected_entropy
            .iter_mut()
            .zip(entropies)
            .for_each(|(sum, h)| *sum += q * h);
    }
    let rows = || marginal_probs.chunks_exact(n_classes);
    let predictive_entropy: Vec<f64> = rows().map(|row| entropy(row.iter().copied())).collect();
    let confidence = rows().map(|row| row.iter().copied().fold(0.0, f64::max)).collect();
    let mutual_information = predictive_entropy
        .iter()
        .zip(&expected_entropy)
        .map(|(h, e)| h - e)
        .collect();
    Ok(DepthUncertainty {
        predictive_entropy,
        mutual_information,
        confidence,
        marginal_probs,
        expected_entropy,
    })
}

/// Checks shapes and probabilities, and returns the number of examples.
fn check(depth_probs: &[f32], posterior: &[f64], n_classes: usize) -> Result<usize> {
    if n_classes == 0 {
        return Err(Error::NoClasses);
    }
    let (actual, n_depths) = (depth_probs.len(), posterior.len());
    let stride = n_depths.checked_mul(n_classes).filter(|stride| *stride > 0);
    let Some(stride) = stride.filter(|stride| actual.is_multiple_of(*stride)) else {
        return Err(Error::Depths {
            actual,
            n_depths,
            n_classes,
        });
    };
    check_posterior(posterior)?;
    let n = actual / stride;
    for (index, row) in depth_probs.chunks_exact(n_classes).enumerate() {
        check_row(index % n, row).map_err(|source| Error::Depth {
            depth: index / n,
            source: Box::new(source),
        })?;
    }
    Ok(n)
}

fn check_posterior(posterior: &[f64]) -> Result<()> {
    let is_probability = |q: f64| (0.0..=1.0 + f64::from(EXCESS)).contains(&q);
    if let Some((depth, value)) = posterior.iter().enumerate().find(|(_, q)| !is_probability(**q)) {
        return Err(Error::PosteriorProbability { depth, value: *value });
    }
    let sum: f64 = posterior.iter().sum();
    if (sum - 1.0).abs() > SUM_TOLERANCE {
        return Err(Error::PosteriorSum { sum });
    }
    Ok(())
}
