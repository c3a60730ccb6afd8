//! Means and standard deviations of examples.

use crate::error::{Error, Result};
use crate::examples::Examples;
use crate::shape::ExampleShape;
use crate::standardization::Standardization;

impl Standardization {
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
