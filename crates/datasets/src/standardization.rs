//! Mean and standard deviation by channel.

use crate::error::{Error, Result};

/// Mean and standard deviation of each channel of images (of pixel / 255), or of each feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardization {
    mean: Vec<f64>,
    sd: Vec<f64>,
}

impl Standardization {
    /// A standardization of known means and standard deviations.
    ///
    /// # Errors
    /// If they differ in number, or one is not finite, or a deviation is not positive.
    pub fn new(mean: Vec<f64>, sd: Vec<f64>) -> Result<Self> {
        if mean.len() != sd.len() {
            return Err(Error::StandardizationLength {
                n_means: mean.len(),
                n_sds: sd.len(),
            });
        }
        for (channel, (mean, sd)) in mean.iter().zip(&sd).enumerate() {
            if !(mean.is_finite() && sd.is_finite() && *sd > 0.0) {
                let (mean, sd) = (*mean, *sd);
                return Err(Error::Standardization { channel, mean, sd });
            }
        }
        Ok(Self { mean, sd })
    }

    /// Mean 0 and deviation 1: features stay as they are, pixels become pixel / 255.
    pub fn identity(n_channels: usize) -> Self {
        Self {
            mean: vec![0.0; n_channels],
            sd: vec![1.0; n_channels],
        }
    }

    /// Number of channels or features.
    pub fn n_channels(&self) -> usize {
        self.mean.len()
    }

    /// Mean of each channel or feature.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard deviation of each channel or feature.
    pub fn sd(&self) -> &[f64] {
        &self.sd
    }

    /// (x - mean) / sd of one value.
    ///
    /// # Panics
    /// If there is no such channel.
    #[expect(clippy::cast_possible_truncation, reason = "the one rounding to f32 that is wanted")]
    pub fn apply(&self, channel: usize, value: f64) -> f32 {
        ((value - self.mean[channel]) / self.sd[channel]) as f32
    }

    pub(crate) fn apply_to_features(&self, features: &[f32], outputs: &mut [f32]) {
        for (feature, (value, output)) in features.iter().zip(outputs).enumerate() {
            *output = self.apply(feature, f64::from(*value));
        }
    }

    /// The standardized value of each of the 256 pixel values.
    pub(crate) fn pixel_table(&self, channel: usize) -> [f32; 256] {
        let mut pixel = 0.0;
        [(); 256].map(|()| {
            let output = self.apply(channel, pixel / 255.0);
            pixel += 1.0;
            output
        })
    }
}
