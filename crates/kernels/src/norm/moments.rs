//! Means and variances of a batch from the moments of its groups.

use super::{Norm, narrow};

/// Sets `norm` from the moments of the groups of a batch (Chan, Golub and LeVeque's combination, in the groups' order).
///
/// `moments` holds `[groups, 2, width]`, each as [`super::group_moments`] writes it over `rows(group)` rows.
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
