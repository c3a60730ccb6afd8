//! `h + BN(x)` on rows of features, forward and backward.
//!
//! A row holds a feature of the whole batch and fits the first-level cache, so its statistics and everything that needs them
//! are taken in one go.

use super::rows::Rows;
use crate::norm::{Affine, Norm, narrow};
use crate::simd::{Vector, simd_fn};

/// Statistics of one layer over one batch.
#[derive(Clone, Debug, Default)]
pub(super) struct RowNorm {
    pub(super) norm: Norm,
    /// What rounding to single precision took off the mean. Where a feature varies little, the backward pass multiplies its
    /// deviations by a large slope, and this would be in all of them alike: a gradient where there is none.
    mean_rest: Vec<f32>,
}

impl RowNorm {
    pub(super) fn new(features: usize) -> Self {
        Self {
            norm: Norm::new(features),
            mean_rest: vec![0.0; features],
        }
    }
}

/// Rows `[features, lanes]` on either side of `y = h + BN(x)`, and the row of ones, whose sum is the batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layer<'a> {
    h: &'a [f32],
    x: &'a [f32],
    ones: &'a [f32],
    batch: usize,
}

impl<'a> Layer<'a> {
    pub(super) fn new(h: &'a Rows, x: &'a [f32]) -> Self {
        Self {
            h: h.features(),
            x,
            ones: h.ones(),
            batch: h.batch(),
        }
    }
}

simd_fn! {
    /// Sets `norm` from the batch and writes `y = h + BN(x)`.
    pub(super) fn normalize_add(layer: Layer<'_>, affine: Affine<'_>, norm: &mut RowNorm, y: &mut [f32]) = normalize_add_body
}
simd_fn! {
    /// Writes `y = h + BN(x)` with the map that is set.
    pub(super) fn affine_add(layer: Layer<'_>, norm: &Norm, y: &mut [f32]) = affine_add_body
}
simd_fn! {
    /// From the gradient `d` of `y` to that of the input of the ReLU that made x; adds to the gradients of weight and bias.
    /// `layer.h` is not read.
    pub(super) fn gradient(d: &[f32], layer: Layer<'_>, norm: &RowNorm, d_affine: [&mut [f32]; 2], out: &mut [f32]) = gradient_body
}

#[inline(always)]
fn normalize_add_body<V: Vector>(layer: Layer<'_>, affine: Affine<'_>, norm: &mut RowNorm, y: &mut [f32]) {
    let RowNorm { norm, mean_rest } = norm;
    let lanes = layer.ones.len();
    check::<V>(lanes, norm.mean.len(), &[layer.h.len(), layer.x.len(), y.len()]);
    let n = layer.batch as f64;
    for (j, y) in y.chunks_exact_mut(lanes).take(norm.mean.len()).enumerate() {
        // SAFETY: `check` holds the row inside the slices, in whole vectors, and `simd_fn!` enables the instructions.
        unsafe {
            let x = layer.x.as_ptr().add(j * lanes);
            let ones = layer.ones.as_ptr();
            let total = sum::<V>(lanes, |lane| V::load(x.add(lane)));
            let center = narrow(f64::from(total) / n);
            let minus_center = V::splat(-center);
            let [rest, squares] = sum_and_squares::<V>(lanes, |lane| {
                V::load(x.add(lane)).add_product(minus_center, V::load(ones.add(lane)))
            });
            // What rounding has left of the mean in a long batch.
            let rest = f64::from(rest) / n;
            let (mean, squares) = (f64::from(center) + rest, f64::from(squares) - n * rest * rest);
            norm.set_channel(j, mean, squares / n, affine);
            mean_rest[j] = narrow(mean - f64::from(norm.mean[j]));
            norm.unbiased_variance[j] = narrow(squares / (n - 1.0).max(1.0));
            row_affine_add::<V>(layer, norm, j, y);
        }
    }
}

#[inline(always)]
fn affine_add_body<V: Vector>(layer: Layer<'_>, norm: &Norm, y: &mut [f32]) {
    let lanes = layer.ones.len();
    check::<V>(lanes, norm.mean.len(), &[layer.h.len(), layer.x.len(), y.len()]);
    for (j, y) in y.chunks_exact_mut(lanes).take(norm.mean.len()).enumerate() {
        // SAFETY: as above.
        unsafe { row_affine_add::<V>(layer, norm, j, y) }
    }
}

/// # Safety
/// Row `j` must lie inside the layer's slices, in whole vectors whose instructions are enabled.
#[inline(always)]
unsafe fn row_affine_add<V: Vector>(layer: Layer<'_>, norm: &Norm, j: usize, y: &mut [f32]) {
    let lanes = layer.ones.len();
    // SAFETY: promised by the caller.
    unsafe {
        let (h, x) = (layer.h.as_ptr().add(j * lanes), layer.x.as_ptr().add(j * lanes));
        let (scale, shift) = (V::splat(norm.scale[j]), V::splat(norm.shift[j]));
        for lane in (0..lanes).step_by(V::LANES) {
            let sum = V::load(h.add(lane))
                .add_product(V::load(x.add(lane)), scale)
                .add_product(V::load(layer.ones.as_ptr().add(lane)), shift);
            sum.store(y.as_mut_ptr().add(lane));
        }
    }
}

#[inline(always)]
fn gradient_body<V: Vector>(
    d: &[f32],
    layer: Layer<'_>,
    RowNorm { norm, mean_rest }: &RowNorm,
    [d_weight, d_bias]: [&mut [f32]; 2],
    out: &mut [f32],
) {
    let lanes = layer.ones.len();
    check::<V>(lanes, norm.mean.len(), &[d.len(), layer.x.len(), out.len()]);
    let n = layer.batch as f64;
    for (j, out) in out.chunks_exact_mut(lanes).take(norm.mean.len()).enumerate() {
        // SAFETY: as above.
        unsafe {
            let (d, x) = (d.as_ptr().add(j * lanes), layer.x.as_ptr().add(j * lanes));
            let (mean, mean_rest) = (V::splat(norm.mean[j]), V::splat(mean_rest[j]));
            let deviation = |x: V| x.sub(mean).sub(mean_rest);
            // The gradient is zero where there is no example, so these sums need no mask.
            let of_d = f64::from(sum::<V>(lanes, |lane| V::load(d.add(lane))));
            let of_dx = f64::from(sum::<V>(lanes, |lane| {
                V::load(d.add(lane)).mul(deviation(V::load(x.add(lane))))
            }));
            let (inverse_sd, scale) = (f64::from(norm.inverse_sd[j]), f64::from(norm.scale[j]));
            d_weight[j] += narrow(of_dx * inverse_sd);
            d_bias[j] += narrow(of_d);
            let slope = V::splat(narrow(-scale * inverse_sd * inverse_sd * of_dx / n));
            let (offset, scale) = (V::splat(narrow(-scale * of_d / n)), V::splat(norm.scale[j]));
            for lane in (0..lanes).step_by(V::LANES) {
                let x = V::load(x.add(lane));
                let through_norm = offset
                    .add_product(deviation(x), slope)
                    .add_product(V::load(d.add(lane)), scale);
                through_norm.where_positive(x).store(out.as_mut_ptr().add(lane));
            }
        }
    }
}

/// The sum over the lanes of a row, in four parts that do not wait for each other.
///
/// # Safety
/// `at` must be callable for every whole vector of the lanes, and the vector's instructions be enabled.
#[inline(always)]
unsafe fn sum<V: Vector>(lanes: usize, at: impl Fn(usize) -> V) -> f32 {
    // SAFETY: promised by the caller.
    unsafe {
        let mut sums = [V::splat(0.0); 4];
        let mut lane = 0;
        while lane + 4 * V::LANES <= lanes {
            for (part, sum) in sums.iter_mut().enumerate() {
                *sum = sum.add(at(lane + part * V::LANES));
            }
            lane += 4 * V::LANES;
        }
        while lane < lanes {
            sums[0] = sums[0].add(at(lane));
            lane += V::LANES;
        }
        sums[0].add(sums[1]).add(sums[2].add(sums[3])).sum()
    }
}

/// The sums over the lanes of a row, plain and of the squares, in two parts each.
///
/// # Safety
/// As [`sum`].
#[inline(always)]
unsafe fn sum_and_squares<V: Vector>(lanes: usize, at: impl Fn(usize) -> V) -> [f32; 2] {
    // SAFETY: promised by the caller.
    unsafe {
        let zero = V::splat(0.0);
        let (mut plain, mut odd_plain, mut squares, mut odd_squares) = (zero, zero, zero, zero);
        let mut lane = 0;
        while lane + 2 * V::LANES <= lanes {
            let (even, odd) = (at(lane), at(lane + V::LANES));
            plain = plain.add(even);
            odd_plain = odd_plain.add(odd);
            squares = squares.add_product(even, even);
            odd_squares = odd_squares.add_product(odd, odd);
            lane += 2 * V::LANES;
        }
        if lane < lanes {
            let last = at(lane);
            plain = plain.add(last);
            squares = squares.add_product(last, last);
        }
        [plain.add(odd_plain).sum(), squares.add(odd_squares).sum()]
    }
}

/// # Panics
/// If lanes are no whole vectors, or an array does not hold the rows.
#[inline(always)]
fn check<V: Vector>(lanes: usize, features: usize, lens: &[usize]) {
    assert!(lanes > 0 && lanes.is_multiple_of(V::LANES), "{lanes} lanes");
    assert!(
        lens.iter().all(|&len| len >= features * lanes),
        "{features} rows of {lanes} in {lens:?}"
    );
}

#[cfg(test)]
mod tests {
    use super::{Affine, Layer, RowNorm, gradient, normalize_add};
    use crate::simd::Isa;

    #[test]
    fn batch_norm_of_a_feature_that_varies_little_ignores_a_shift() {
        let mut ones = [0.0; 16];
        ones[..3].fill(1.0);
        let (mut x, mut d) = ([0.0; 16], [0.0; 16]);
        for i in 0..20 {
            // Their spread is that of the epsilon in the variance, where the slope in the deviations is steepest.
            let mean = 1.0 + 0.013 * i as f32;
            x[..3].copy_from_slice(&[mean - 0.002, mean + 0.003, mean + 0.001]);
            d[..3].copy_from_slice(&[0.7, -0.4, 0.3]);
            let layer = Layer {
                h: &[0.0; 16],
                x: &x,
                ones: &ones,
                batch: 3,
            };
            let affine = Affine {
                weight: &[1.0],
                bias: &[0.0],
            };
            for isa in Isa::available() {
                let (mut norm, mut y, mut out) = (RowNorm::new(1), [0.0; 16], [0.0; 16]);
                normalize_add(isa, layer, affine, &mut norm, &mut y);
                gradient(isa, &d, layer, &norm, [&mut [0.0], &mut [0.0]], &mut out);
                let (sum, size) = (out.iter().sum::<f32>(), out.iter().map(|x| x.abs()).sum::<f32>());
                // Three roundings of the terms of each of three examples.
                assert!(sum.abs() <= 1e-6 * size, "mean {mean}, {isa:?}: {sum} of {size}");
            }
        }
    }
}
