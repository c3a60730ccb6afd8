//! A safetensors file for a small network: refused, or read as finite numbers that survive being written.

use dfdx::prelude::Cpu;
use vds_model::weights::{Weights, from_bytes, to_bytes};
use vds_model::{FcConfig, NetworkConfig};

/// The network of the seeds.
pub const CONFIG: NetworkConfig = NetworkConfig::Fc(FcConfig {
    n_inputs: 2,
    width: 3,
    n_classes: 2,
    max_depth: 2,
});

/// The extra tensor of the seeds: a posterior's logits.
pub const EXTRA: &str = "prob_model.q_logits";

/// Numbers up to this lead to no overflow in a network of this size.
const MODERATE: f32 = 100.0;

/// Checks `bytes`; whether they are accepted.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    let device = Cpu::default();
    let weights = match from_bytes(bytes, &CONFIG, &device, &[EXTRA]) {
        Ok(weights) => weights,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            return false;
        }
    };
    let (params, statistics) = (weights.network.params_vec(), weights.network.running_stats());
    let numbers = params.iter().chain(statistics).chain(weights.extra.values().flatten());
    assert!(numbers.clone().all(|number| number.is_finite()));
    let written = write(&weights);
    let again = from_bytes(&written, &CONFIG, &device, &[EXTRA]).expect("what was written is read");
    assert_eq!(write(&again), written);
    assert_eq!(again.network.snapshot(), weights.network.snapshot());
    let inputs = [0.5, -0.5, 1.0, 0.0];
    let outputs = weights.network.forward_eval(&inputs, 2).expect("two examples");
    let is_moderate = numbers.clone().all(|number| number.abs() <= MODERATE);
    assert!(!is_moderate || outputs.iter().all(|output| output.is_finite()));
    assert_eq!(outputs.len(), (CONFIG.max_depth() + 1) * 2 * CONFIG.n_classes());
    true
}

fn write(weights: &Weights<Cpu>) -> Vec<u8> {
    to_bytes(&weights.network, &weights.extra, &weights.metadata).expect("what was read can be written")
}
