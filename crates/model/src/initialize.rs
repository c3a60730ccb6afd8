//! Initial parameters: PyTorch's default distributions, drawn from the caller's generator.

use rand::RngExt;

use crate::config::NetworkConfig;
use crate::weights::names::{Entry, Role, entries};

/// The flat parameter vector: weights and biases of linear maps and convolutions uniform in `±1 / sqrt(fan_in)`, batch
/// norm's scale 1 and shift 0. Values are drawn in the order of the parameters in the vector.
pub(crate) fn initial_params(config: &NetworkConfig, rng: &mut impl rand::Rng) -> Vec<f32> {
    let mut entries = entries(config);
    entries.retain(|entry| entry.role.is_parameter());
    entries.sort_by_key(|entry| entry.range.start);
    let mut params = vec![0.0; entries.last().map_or(0, |entry| entry.range.end)];
    for Entry { range, role, .. } in entries {
        let values = &mut params[range];
        match role {
            Role::Weight { fan_in, .. } | Role::Bias { fan_in } => {
                let bound = 1.0 / (fan_in as f32).sqrt();
                values.fill_with(|| (2.0 * rng.random::<f32>() - 1.0) * bound);
            }
            Role::NormWeight => values.fill(1.0),
            Role::NormBias | Role::RunningMean | Role::RunningVariance => {}
        }
    }
    params
}
