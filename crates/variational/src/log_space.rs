//! Sums of exponentials and expectations that neither overflow nor turn `0 · ∞` into NaN.

/// `log Σ_i exp(v_i)`; minus infinity if every value is minus infinity.
pub(crate) fn log_sum_exp(values: &[f64]) -> f64 {
    let max = maximum(values);
    if max == f64::NEG_INFINITY {
        return max;
    }
    max + values.iter().map(|value| (value - max).exp()).sum::<f64>().ln()
}

/// `v − log Σ_i exp(v_i)`, or `None` if every value is minus infinity.
///
/// The maximum is subtracted first: subtracting a log-sum of magnitude 1e3 would leave an error of 1e-13 in the largest entry.
pub(crate) fn log_softmax(values: &[f64]) -> Option<Vec<f64>> {
    let max = maximum(values);
    if max == f64::NEG_INFINITY {
        return None;
    }
    let mut log_probs: Vec<f64> = values.iter().map(|value| value - max).collect();
    let log_norm = log_probs.iter().map(|value| value.exp()).sum::<f64>().ln();
    for log_prob in &mut log_probs {
        *log_prob -= log_norm;
    }
    Some(log_probs)
}

/// `Σ_i p_i v_i`; terms of probability zero are left out, even those of infinite values.
pub(crate) fn expectation(probs: &[f64], values: &[f64]) -> f64 {
    let support = probs.iter().zip(values).filter(|(prob, _)| **prob > 0.0);
    support.map(|(prob, value)| prob * value).sum()
}

/// The gradient of `Σ_i p_i v_i` with respect to the logits of `p`: `p_j (v_j − Σ_i p_i v_i)`, for values whose expectation is finite.
///
/// Also the gradient if `v_i` is `c log p_i` plus a constant, since the derivative of `log p_i` has expectation zero.
pub(crate) fn expectation_gradient(probs: &[f64], values: &[f64]) -> Vec<f64> {
    let mean = expectation(probs, values);
    let derivative = |(&prob, &value): (&f64, &f64)| match prob > 0.0 {
        true => prob * (value - mean),
        false => 0.0,
    };
    probs.iter().zip(values).map(derivative).collect()
}

/// The largest value; minus infinity if there is none.
pub(crate) fn maximum(values: &[f64]) -> f64 {
    values.iter().copied().fold(f64::NEG_INFINITY, f64::max)
}
