//! The layers, as plain sums in double precision.

/// Activations `[batch, channel, height, width]`; features are channels of images of one pixel.
#[derive(Clone, Debug)]
pub(super) struct Activations {
    pub(super) channels: usize,
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) values: Vec<f64>,
}

/// Mean and biased variance.
pub(super) struct Moments {
    pub(super) mean: f64,
    pub(super) variance: f64,
}

/// Added to the variance in batch norm.
const EPSILON: f64 = 1e-5;

impl Activations {
    pub(super) fn batch(&self) -> usize {
        self.values.len() / (self.channels * self.pixels())
    }

    fn pixels(&self) -> usize {
        self.height * self.width
    }

    fn row(&self, example: usize, channel: usize, row: usize) -> &[f64] {
        let start = ((example * self.channels + channel) * self.height + row) * self.width;
        &self.values[start..start + self.width]
    }

    /// Convolution with a filter `[side, side, input, output]` and a bias, at stride 1, with `padding` zeros on each side.
    pub(super) fn convolved(&self, (weight, bias): (&[f64], &[f64]), side: usize, padding: usize) -> Self {
        let (height, width) = (
            self.height + 2 * padding + 1 - side,
            self.width + 2 * padding + 1 - side,
        );
        let (inputs, outputs) = (self.channels, bias.len());
        let mut values = Vec::with_capacity(self.batch() * outputs * height * width);
        for (example, output, row) in places(self.batch(), outputs, height) {
            let mut sums = vec![bias[output]; width];
            for (input, y, x) in places(inputs, side, side) {
                let w = weight[((y * side + x) * inputs + input) * outputs + output];
                // Row and column of the input, `padding` too far down and to the right.
                if !(padding..padding + self.height).contains(&(row + y)) {
                    continue;
                }
                let from = self.row(example, input, row + y - padding);
                let first = padding.saturating_sub(x);
                for (sum, value) in sums[first..].iter_mut().zip(&from[first + x - padding..]) {
                    *sum += w * value;
                }
            }
            values.extend(sums);
        }
        Self {
            channels: outputs,
            height,
            width,
            values,
        }
    }

    /// The affine map of each pixel's channels.
    pub(super) fn mapped(&self, layer: (&[f64], &[f64])) -> Self {
        self.convolved(layer, 1, 0)
    }

    /// Means of 2x2 squares; an odd last row or column is left out.
    pub(super) fn pooled(&self) -> Self {
        let (height, width) = (self.height / 2, self.width / 2);
        let mut values = Vec::with_capacity(self.batch() * self.channels * height * width);
        for (example, channel, row) in places(self.batch(), self.channels, height) {
            let above = self.row(example, channel, 2 * row).chunks_exact(2);
            let below = self.row(example, channel, 2 * row + 1).chunks_exact(2);
            values.extend(above.zip(below).map(|(a, b)| (a[0] + a[1] + b[0] + b[1]) / 4.0));
        }
        Self {
            height,
            width,
            values,
            ..*self
        }
    }

    /// The mean over the pixels.
    pub(super) fn averaged(&self) -> Self {
        let images = self.values.chunks_exact(self.pixels());
        let means = images.map(|image| image.iter().sum::<f64>() / image.len() as f64);
        Self {
            height: 1,
            width: 1,
            values: means.collect(),
            ..*self
        }
    }

    /// Batch norm with the moments of this batch, and a scale and a shift for each channel.
    pub(super) fn normalized(mut self, (scale, shift): (&[f64], &[f64])) -> Self {
        let (pixels, moments) = (self.pixels(), self.moments());
        for (at, image) in self.values.chunks_exact_mut(pixels).enumerate() {
            let channel = at % self.channels;
            let Moments { mean, variance } = moments[channel];
            let factor = scale[channel] / (variance + EPSILON).sqrt();
            image
                .iter_mut()
                .for_each(|x| *x = (*x - mean) * factor + shift[channel]);
        }
        self
    }

    /// Of each channel, over the batch and the pixels.
    pub(super) fn moments(&self) -> Vec<Moments> {
        let (pixels, step) = (self.pixels(), self.channels * self.pixels());
        let of_channel = |channel: usize| {
            let values = || {
                self.values[channel * pixels..]
                    .chunks(step)
                    .flat_map(|image| &image[..pixels])
            };
            let count = (self.batch() * pixels) as f64;
            let mean = values().sum::<f64>() / count;
            let variance = values().map(|x| (x - mean).powi(2)).sum::<f64>() / count;
            Moments { mean, variance }
        };
        (0..self.channels).map(of_channel).collect()
    }

    pub(super) fn plus(mut self, other: &Self) -> Self {
        for (x, y) in self.values.iter_mut().zip(&other.values) {
            *x += y;
        }
        self
    }
}

/// All triples of numbers below three bounds, the last one fastest.
fn places(first: usize, second: usize, third: usize) -> impl Iterator<Item = (usize, usize, usize)> {
    (0..first * second * third).map(move |at| (at / third / second, at / third % second, at % third))
}
