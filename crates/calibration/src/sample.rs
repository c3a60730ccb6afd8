//! Statistics of a sample: mean, standard error and quantile.

/// Mean of `values`; NaN if there are none.
pub(crate) fn mean(values: &[f64]) -> f64 {
    // `sum` starts at -0, which would be the mean of values that are all -0.
    values.iter().fold(0.0, |sum, value| sum + value) / values.len() as f64
}

/// Standard error of the mean, `sd / √n` with `n - 1` in the variance; `None` for fewer than two values, and where it is not
/// finite.
///
/// # Numerics
/// One pass (Welford's), so that values far from zero lose no digits.
pub(crate) fn standard_error(values: impl IntoIterator<Item = f64>) -> Option<f64> {
    let (mut n, mut mean, mut squares) = (0.0, 0.0, 0.0);
    for value in values {
        n += 1.0;
        let difference = value - mean;
        mean += difference / n;
        squares += difference * (value - mean);
    }
    let error = (squares / (n - 1.0) / n).sqrt();
    (n > 1.0 && error.is_finite()).then_some(error)
}

/// Standard error of a share `p` of `n` examples, `√(p (1 - p) / n)`.
pub(crate) fn binomial_standard_error(p: f64, n: usize) -> f64 {
    (p * (1.0 - p) / n as f64).sqrt()
}

/// Quantile of sorted values, interpolated linearly between the two nearest.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a position between 0 and the number of values"
)]
pub(crate) fn quantile(sorted: &[f64], share: f64) -> f64 {
    let position = share * (sorted.len() - 1) as f64;
    let below = position.floor() as usize;
    let above = (below + 1).min(sorted.len() - 1);
    sorted[below] + (position - position.floor()) * (sorted[above] - sorted[below])
}
