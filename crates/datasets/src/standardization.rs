//! Mean and standard deviation by channel.

use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::shape::ExampleShape;

/// Mean and standard deviation of each channel of images (of pixel / 255), or of each feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Standardization {
    mean: Vec<f64>,
    sd: Vec<f64>,
}

impl Standardization {
    /// Given means and standard deviations.
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

    /// The mean and standard deviation of `examples` by channel, over all examples and pixels.
    ///
    /// # Numerics
    /// Divides by the number of values (ddof 0). Sums of pixels are exact integers; features take two passes in `f64`.
    ///
    /// # Errors
    /// If there is no example, or a channel is constant.
    pub fn fit(examples: &Examples) -> Result<Self> {
        if examples.is_empty() {
            return Err(Error::TooFewExamples { asked: 1, available: 0 });
        }
        let moments = match examples.shape() {
            ExampleShape::Features(n) => (0..n).map(|feature| feature_moments(examples, feature)).unzip(),
            ExampleShape::Image { channels, .. } => {
                (0..channels).map(|channel| pixel_moments(examples, channel)).unzip()
            }
        };
        let (mean, sd) = moments;
        Self::new(mean, sd)
    }

    /// Number of channels or features.
    pub fn n_channels(&self) -> usize {
        self.mean.len()
    }

    /// Mean of each.
    pub fn mean(&self) -> &[f64] {
        &self.mean
    }

    /// Standard deviation of each.
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

fn feature_moments(examples: &Examples, feature: usize) -> (f64, f64) {
    let values = || {
        let rows = (0..examples.len()).filter_map(|index| examples.features(index));
        rows.map(|row| f64::from(row[feature]))
    };
    moments(values, examples.len())
}

/// Mean and standard deviation (ddof 0) of `n` values, in two passes.
pub(crate) fn moments<I: Iterator<Item = f64>>(values: impl Fn() -> I, n: usize) -> (f64, f64) {
    let n = n as f64;
    let mean = values().sum::<f64>() / n;
    let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / n;
    (mean, variance.sqrt())
}

fn pixel_moments(examples: &Examples, channel: usize) -> (f64, f64) {
    let plane = examples.example_len() / examples.shape().n_channels();
    let mut counts = [0_u64; 256];
    for image in (0..examples.len()).filter_map(|index| examples.pixels(index)) {
        for pixel in &image[channel * plane..(channel + 1) * plane] {
            counts[usize::from(*pixel)] += 1;
        }
    }
    let sum = |power: u32| -> u128 {
        let terms = counts.iter().zip(0_u128..);
        terms.map(|(count, pixel)| u128::from(*count) * pixel.pow(power)).sum()
    };
    let n = examples.len() as u128 * plane as u128;
    // n^2 times the variance is an integer, so nothing cancels.
    let scaled_variance = n * sum(2) - sum(1) * sum(1);
    let (n, sum) = (n as f64, sum(1) as f64);
    (sum / n / 255.0, (scaled_variance as f64).sqrt() / n / 255.0)
}

#[cfg(test)]
mod tests;
