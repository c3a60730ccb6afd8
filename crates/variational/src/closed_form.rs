//! What coordinate ascent on the posterior needs in training, where the likelihoods of the data set are known from batches alone.

use crate::categorical::check_entries;
use crate::{Error, Result};

/// A running mean for each depth of the batches' mean negative log-likelihoods, an estimate of the data set's mean as the weights change.
///
/// Times minus the number of examples, it is the `log_likelihoods` of [`crate::exact_posterior`].
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "Fields"))]
pub struct RunningNll {
    /// The bias-corrected means; zero where there is none yet.
    values: Vec<f64>,
    /// The weight that the updates have in each mean before its bias is corrected, `1 − Π (1 − weight)`.
    masses: Vec<f64>,
}

impl RunningNll {
    /// Means without updates, of depths `0 .. n_depths`.
    #[must_use]
    pub fn new(n_depths: usize) -> Self {
        Self {
            values: vec![0.0; n_depths],
            masses: vec![0.0; n_depths],
        }
    }

    /// Moves the mean of each depth towards the batch's with a weight of `batch / horizon`: an exponential moving average, bias-corrected.
    ///
    /// Depths beyond those of `mean_nll`, which a truncated pass does not compute, keep their means. A weight above one counts as one,
    /// with which the mean is the batch's.
    ///
    /// # Numerics
    /// The correction is Adam's: a mean is divided by the weight that its updates have, so that the first update sets it.
    ///
    /// # Errors
    /// If `mean_nll` is empty or has more entries than there are depths, an entry is NaN or infinite, or the weight is not a finite number above zero.
    pub fn update(&mut self, mean_nll: &[f64], weight: f64) -> Result<()> {
        if mean_nll.len() > self.values.len() {
            return Err(Error::Length {
                what: "mean_nll",
                expected: self.values.len(),
                actual: mean_nll.len(),
            });
        }
        check_entries("mean_nll", mean_nll, |nll| nll.is_finite(), "a finite number")?;
        if !(weight > 0.0 && weight.is_finite()) {
            return Err(Error::Parameter {
                what: "weight",
                value: weight,
                expected: "a finite number above 0",
            });
        }
        let weight = weight.min(1.0);
        let means = self.values.iter_mut().zip(&mut self.masses);
        for ((value, mass), nll) in means.zip(mean_nll) {
            *mass += weight * (1.0 - *mass);
            // With m the uncorrected mean, (m (1 − weight) + weight nll) / mass is this.
            *value += weight / *mass * (nll - *value);
        }
        Ok(())
    }

    /// The mean of each depth, once every depth has one.
    #[must_use]
    pub fn values(&self) -> Option<&[f64]> {
        let is_known = self.masses.iter().all(|&mass| mass > 0.0);
        is_known.then_some(&self.values)
    }

    /// The number of depths, `D + 1`.
    #[must_use]
    pub fn n_depths(&self) -> usize {
        self.values.len()
    }
}

/// The fields as a file has them.
#[cfg(feature = "serde")]
#[derive(serde::Deserialize)]
struct Fields {
    values: Vec<f64>,
    masses: Vec<f64>,
}

#[cfg(feature = "serde")]
impl TryFrom<Fields> for RunningNll {
    type Error = Error;

    fn try_from(Fields { values, masses }: Fields) -> Result<Self> {
        crate::categorical::check_length("masses", values.len(), masses.len())?;
        check_entries("values", &values, |value| value.is_finite(), "a finite number")?;
        check_entries(
            "masses",
            &masses,
            |mass| (0.0..=1.0).contains(mass),
            "a weight in [0, 1]",
        )?;
        Ok(Self { values, masses })
    }
}
