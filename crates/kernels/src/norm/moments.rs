//! Means and variances of a batch from the moments of its groups.

use super::{Norm, narrow};
use crate::simd::{LANES, simd_fn};

simd_fn! {
    /// Writes the mean of the rows of `x` into the first half of `moments`, the sum of their squared deviations into the
    /// second.
    pub(crate) fn group_moments(x: &[f32], moments: &mut [f32]) = plain group_moments_body
}

#[inline(always)]
fn group_moments_body(x: &[f32], moments: &mut [f32]) {
    let width = moments.len() / 2;
    let (mean, squares) = moments.split_at_mut(width);
    let (mean, squares) = (mean.as_chunks_mut::<LANES>().0, squares.as_chunks_mut::<LANES>().0);
    mean.fill([0.0; LANES]);
    squares.fill([0.0; LANES]);
    for row in x.chunks_exact(width) {
        for (sum, &x) in mean.iter_mut().zip(row.as_chunks::<LANES>().0) {
            let before = *sum;
            *sum = std::array::from_fn(|i| before[i] + x[i]);
        }
    }
    let inverse = 1.0 / (x.len() / width) as f32;
    for value in mean.as_flattened_mut() {
        *value *= inverse;
    }
    for row in x.chunks_exact(width) {
        for ((sum, &mean), &x) in squares.iter_mut().zip(&*mean).zip(row.as_chunks::<LANES>().0) {
            let (before, deviation): ([f32; LANES], [f32; LANES]) = (*sum, std::array::from_fn(|i| x[i] - mean[i]));
            *sum = std::array::from_fn(|i| before[i] + deviation[i] * deviation[i]);
        }
    }
}

/// Sets `norm` from the moments of the groups of a batch (Chan, Golub and LeVeque's combination, in the groups' order).
///
/// `moments` holds `[groups, 2, width]`, each as [`group_moments`] writes it over `rows(group)` rows.
/// Channels beyond the length of `weight` are padding: their scale and shift become zero.
pub(crate) fn batch_statistics(
    norm: &mut Norm,
    moments: &[f32],
    rows: impl Fn(usize) -> usize,
    (weight, bias): (&[f32], &[f32]),
) {
    let width = norm.mean.len();
    for c in 0..width {
        let (mut n, mut mean, mut squares) = (0.0_f64, 0.0_f64, 0.0_f64);
        for (group, moments) in moments.chunks_exact(2 * width).enumerate() {
            let n_group = rows(group) as f64;
            let delta = f64::from(moments[c]) - mean;
            let total = n + n_group;
            mean += delta * n_group / total;
            squares += f64::from(moments[width + c]) + delta * delta * n * n_group / total;
            n = total;
        }
        let affine = (
            weight.get(c).copied().unwrap_or(0.0),
            bias.get(c).copied().unwrap_or(0.0),
        );
        norm.set_channel(c, mean, squares / n, affine);
        norm.unbiased_variance[c] = narrow(squares / (n - 1.0).max(1.0));
    }
}
