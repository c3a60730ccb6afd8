//! A categorical distribution over depths: what the prior and the posterior have in common.

use crate::log_space::{log_softmax, log_sum_exp};
use crate::{Error, Result};

/// How far the sum of given probabilities may be from one.
///
/// Probabilities come from single precision arrays and from decimal literals in configuration files;
/// the rounding of either stays below this, a forgotten or doubled entry does not.
const SUM_TOLERANCE: f64 = 1e-6;

/// Probabilities with their logarithms, which are kept since a probability may underflow where its logarithm does not.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Categorical {
    pub(crate) log_probs: Vec<f64>,
    pub(crate) probs: Vec<f64>,
}

impl Categorical {
    /// Normalizes `logits` in log space; minus infinity is a probability of zero.
    pub(crate) fn from_logits(what: &'static str, logits: &[f64]) -> Result<Self> {
        check_logits(what, logits)?;
        let log_probs = log_softmax(logits).ok_or(Error::NoMass { what })?;
        Ok(Self::from_log_probs(log_probs))
    }

    /// Checks that `probs` are probabilities that sum to one up to rounding, and divides by the sum.
    pub(crate) fn from_probs(what: &'static str, probs: &[f64]) -> Result<Self> {
        let expected = "a probability in [0, 1]";
        check_entries(what, probs, |prob| (0.0..=1.0).contains(prob), expected)?;
        let sum: f64 = probs.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(Error::NotNormalized { what, sum });
        }
        Ok(Self::from_checked(probs.iter().map(|prob| prob / sum).collect()))
    }

    /// Probabilities that a distribution held before: those whose sum is one up to its own rounding stay as they are, so that
    /// what is stored reads back to the same bits. Another division could change the last one.
    pub(crate) fn from_stored(what: &'static str, probs: Vec<f64>) -> Result<Self> {
        let normalized = Self::from_probs(what, &probs)?;
        let sum: f64 = probs.iter().sum();
        let rounding = probs.len() as f64 * f64::EPSILON;
        match (sum - 1.0).abs() <= rounding {
            true => Ok(Self::from_checked(probs)),
            false => Ok(normalized),
        }
    }

    fn from_checked(probs: Vec<f64>) -> Self {
        let log_probs = probs.iter().map(|prob| prob.ln()).collect();
        Self { log_probs, probs }
    }

    /// All mass on `depth`.
    pub(crate) fn one_hot(depth: usize, max_depth: usize) -> Result<Self> {
        check_depth(depth, max_depth)?;
        let mut log_probs = vec![f64::NEG_INFINITY; max_depth + 1];
        log_probs[depth] = 0.0;
        Ok(Self::from_log_probs(log_probs))
    }

    /// The distribution over `0 ..= depth` that gives the mass beyond `depth` to `depth`.
    pub(crate) fn truncated(&self, depth: usize) -> Result<Self> {
        check_depth(depth, self.probs.len() - 1)?;
        let mut log_probs = self.log_probs[..=depth].to_vec();
        // Rounding can take the sum of all mass above one by an ulp.
        log_probs[depth] = log_sum_exp(&self.log_probs[depth..]).min(0.0);
        Ok(Self::from_log_probs(log_probs))
    }

    /// `(1 − weight) p + weight p'`, of two distributions over the same depths.
    pub(crate) fn mixed(&self, other: &Self, weight: f64) -> Self {
        let (log_keep, log_weight) = ((-weight).ln_1p(), weight.ln());
        let pairs = self.log_probs.iter().zip(&other.log_probs);
        // Rounding can take a probability of one above it by an ulp.
        let mixed = pairs.map(|(log_p, log_other)| log_sum_exp(&[log_keep + log_p, log_weight + log_other]).min(0.0));
        Self::from_log_probs(mixed.collect())
    }

    fn from_log_probs(log_probs: Vec<f64>) -> Self {
        let probs = log_probs.iter().map(|log_prob| log_prob.exp()).collect();
        Self { log_probs, probs }
    }
}

/// What the prior and the posterior have in common, for a type that is a tuple of one [`Categorical`].
macro_rules! impl_distribution {
    ($name:ident, $what:literal, $symbol:literal) => {
        impl $name {
            /// The distribution with these probabilities, from depth zero on; zeros are allowed.
            ///
            /// # Numerics
            /// The sum may be off by 1e-6, the rounding of single precision or of decimal literals; the probabilities are
            /// divided by it.
            ///
            /// # Errors
            /// If there is no entry, an entry is not in `[0, 1]`, or the sum is not one.
            pub fn from_probs(probs: &[f64]) -> Result<Self> {
                Ok(Self(Categorical::from_probs($what, probs)?))
            }

            #[doc = concat!("`", $symbol, "_i = 1 / (max_depth + 1)`.")]
            ///
            /// # Panics
            /// Never: equal logits always have a sum.
            #[must_use]
            pub fn uniform(max_depth: usize) -> Self {
                let logits = vec![0.0; max_depth + 1];
                Self(Categorical::from_logits($what, &logits).expect("equal logits are a distribution"))
            }

            #[doc = concat!("`", $symbol, "_i`, from depth zero on.")]
            #[must_use]
            pub fn probs(&self) -> &[f64] {
                &self.0.probs
            }

            #[doc = concat!("`log ", $symbol, "_i`, minus infinity where `", $symbol, "_i` is exactly zero.")]
            #[must_use]
            pub fn log_probs(&self) -> &[f64] {
                &self.0.log_probs
            }

            /// The largest depth `D`.
            #[must_use]
            pub fn max_depth(&self) -> usize {
                self.n_depths() - 1
            }

            /// The number of depths, `D + 1`.
            #[must_use]
            pub fn n_depths(&self) -> usize {
                self.0.probs.len()
            }
        }

        impl TryFrom<Vec<f64>> for $name {
            type Error = Error;

            fn try_from(probs: Vec<f64>) -> Result<Self> {
                Ok(Self(Categorical::from_stored($what, probs)?))
            }
        }

        impl From<$name> for Vec<f64> {
            fn from(distribution: $name) -> Self {
                distribution.0.probs
            }
        }
    };
}

pub(crate) use impl_distribution;

/// Refuses logits that are NaN or plus infinity.
pub(crate) fn check_logits(what: &'static str, logits: &[f64]) -> Result<()> {
    let expected = "a number below infinity";
    check_entries(what, logits, |&logit| logit < f64::INFINITY, expected)
}

/// Refuses an array without entries, or with one for which `holds` does not hold.
pub(crate) fn check_entries(
    what: &'static str,
    values: &[f64],
    holds: impl Fn(&f64) -> bool,
    expected: &'static str,
) -> Result<()> {
    if values.is_empty() {
        return Err(Error::Empty { what });
    }
    match values.iter().position(|value| !holds(value)) {
        None => Ok(()),
        Some(index) => Err(Error::Entry {
            what,
            index,
            value: values[index],
            expected,
        }),
    }
}

fn check_depth(depth: usize, max_depth: usize) -> Result<()> {
    if depth > max_depth {
        return Err(Error::DepthOutOfRange { depth, max_depth });
    }
    Ok(())
}

/// Refuses a value that is NaN or infinite, where it has no gradient.
pub(crate) fn check_finite(what: &'static str, value: f64) -> Result<()> {
    if !value.is_finite() {
        return Err(Error::NonFinite { what, value });
    }
    Ok(())
}

/// Refuses an array that does not have as many entries as the other arguments need.
pub(crate) fn check_length(what: &'static str, expected: usize, actual: usize) -> Result<()> {
    match expected == actual {
        true => Ok(()),
        false => Err(Error::Length { what, expected, actual }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn categorical_that_was_stored_reads_back_to_the_same_bits() {
        // Of a record: their sum is not one to the last bit, and divided by it they change.
        let probs = vec![
            0.191_965_602_064_796_38,
            0.209_515_589_790_077_2,
            0.099_451_674_587_009_1,
            0.343_895_958_998_663_6,
            0.155_171_174_559_453_62,
        ];
        let read = Categorical::from_stored("posterior", probs.clone()).unwrap();
        assert_eq!(read.probs, probs);
        assert_ne!(Categorical::from_probs("posterior", &probs).unwrap().probs, probs);
        let of_literals = Categorical::from_stored("posterior", vec![0.333_333_3; 3]).unwrap();
        assert!((of_literals.probs.iter().sum::<f64>() - 1.0).abs() < 1e-15);
    }
}
