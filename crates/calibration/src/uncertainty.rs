//! The entropy of a mixture over depths and its two parts.

use crate::scores::entropy;
use crate::{Error, Result};

/// Uncertainty of each example, nats; all vectors are `[n]`.
#[derive(Clone, Debug, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct DepthUncertainty {
    /// Probabilities that marginalise over depth, `[n, n_classes]`.
    pub marginal_probs: Vec<f64>,
    /// `H[Σ_i q_i p_i]`.
    pub predictive_entropy: Vec<f64>,
    /// `Σ_i q_i H[p_i]`: what remains if the depth were known, the aleatoric part.
    pub expected_entropy: Vec<f64>,
    /// Their difference, the mutual information of label and depth: the epistemic part. Not negative but for rounding.
    pub mutual_information: Vec<f64>,
    /// Largest marginal probability; one minus it is the variation ratio.
    pub confidence: Vec<f64>,
}

/// Splits the uncertainty of a mixture of the depths' class probabilities.
///
/// # Shapes
/// `depth_probs`: `[n_depths, n, n_classes]`, row-major; `posterior`: `[n_depths]`. Both are used as they are.
///
/// # Errors
/// [`Error::Depths`] if the lengths do not fit, [`Error::NoClasses`].
pub fn depth_uncertainty(depth_probs: &[f32], posterior: &[f64], n_classes: usize) -> Result<DepthUncertainty> {
    if n_classes == 0 {
        return Err(Error::NoClasses);
    }
    let n_depths = posterior.len();
    if n_depths == 0 || !depth_probs.len().is_multiple_of(n_depths * n_classes) {
        return Err(Error::Depths {
            actual: depth_probs.len(),
            n_depths,
            n_classes,
        });
    }
    let n = depth_probs.len() / (n_depths * n_classes);
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
