//! A categorical distribution over depths: what the prior and the posterior have in common.

use crate::log_space::{log_softmax, log_sum_exp};
use crate::{Error, Result};

/// How far the sum of given probabilities may be from one.
///
/// Probabilities come from single precision arrays and from decimal literals in configuration files;
/// the rounding of either stays below this, a forgotten or doubled entry does not.
const SUM_TOLERANCE: f64 = 1e-6;

/// Probabilities and their logarithms, both kept, so that a probability that underflows keeps its logarithm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Categorical {
    log_probs: Vec<f64>,
    probs: Vec<f64>,
}

impl Categorical {
    /// Normalises `logits`, in log space; minus infinity is a probability of zero.
    pub(crate) fn from_logits(what: &'static str, logits: &[f64]) -> Result<Self> {
        check_logits(what, logits)?;
        let log_probs = log_softmax(logits).ok_or(Error::NoMass { what })?;
        Ok(Self::from_log_probs(log_probs))
    }

    /// Checks that `probs` are probabilities that sum to one but for rounding, and removes the rounding.
    pub(crate) fn from_probs(what: &'static str, probs: &[f64]) -> Result<Self> {
        check_probs(what, probs)?;
        let sum: f64 = probs.iter().sum();
        if (sum - 1.0).abs() > SUM_TOLERANCE {
            return Err(Error::NotNormalized { what, sum });
        }
        let probs: Vec<f64> = probs.iter().map(|prob| prob / sum).collect();
        let log_probs = probs.iter().map(|prob| prob.ln()).collect();
        Ok(Self { log_probs, probs })
    }

    /// All mass on `depth`.
    pub(crate) fn one_hot(depth: usize, max_depth: usize) -> Result<Self> {
        check_depth(depth, max_depth)?;
        let mut log_probs = vec![f64::NEG_INFINITY; max_depth + 1];
        log_probs[depth] = 0.0;
        Ok(Self::from_log_probs(log_probs))
    }

    /// The same distribution with the mass beyond `depth` given to `depth`.
    pub(crate) fn truncated(&self, depth: usize) -> Result<Self> {
        check_depth(depth, self.max_depth())?;
        let mut log_probs = self.log_probs[..=depth].to_vec();
        // Rounding can take the sum of all mass above one by an ulp.
        log_probs[depth] = log_sum_exp(&self.log_probs[depth..]).min(0.0);
        Ok(Self::from_log_probs(log_probs))
    }

    pub(crate) fn log_probs(&self) -> &[f64] {
        &self.log_probs
    }

    pub(crate) fn probs(&self) -> &[f64] {
        &self.probs
    }

    pub(crate) fn max_depth(&self) -> usize {
        self.probs.len() - 1
    }

    fn from_log_probs(log_probs: Vec<f64>) -> Self {
        let probs = log_probs.iter().map(|log_prob| log_prob.exp()).collect();
        Self { log_probs, probs }
    }
}

/// Finite logits, or minus infinity.
pub(crate) fn check_logits(what: &'static str, logits: &[f64]) -> Result<()> {
    let expected = "a number below infinity";
    check_entries(what, logits, |&logit| logit < f64::INFINITY, expected)
}

fn check_probs(what: &'static str, probs: &[f64]) -> Result<()> {
    let expected = "a probability in [0, 1]";
    check_entries(what, probs, |prob| (0.0..=1.0).contains(prob), expected)
}

fn check_entries(
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
