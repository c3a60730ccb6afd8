//! Numeric gradients.

/// Central differences `(f(x + h e_i) - f(x - h e_i)) / 2h` of a function of several variables.
pub fn central_difference(mut f: impl FnMut(&[f64]) -> f64, x: &[f64], h: f64) -> Vec<f64> {
    let mut x = x.to_vec();
    (0..x.len())
        .map(|i| {
            let center = x[i];
            x[i] = center + h;
            let above = f(&x);
            x[i] = center - h;
            let below = f(&x);
            x[i] = center;
            (above - below) / (2.0 * h)
        })
        .collect()
}
