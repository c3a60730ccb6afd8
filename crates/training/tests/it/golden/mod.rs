//! Golden vectors of the authors' code: training steps, trajectories, and how runs spread over seeds.
//!
//! The authors' output block shares one set of running statistics, so the networks here do as well.

mod distributions;
#[path = "../../../../model/tests/it/golden/network.rs"]
mod network;
mod trajectory;
mod two_steps;

use dfdx::prelude::Cpu;
use safetensors::SafeTensors;
use vds_model::{Convolution, HeadStatistics, Network};
use vds_testkit::golden::{GoldenCase, Report};
use vds_training::{FittedModel, Learner, Objective};
use vds_variational::{DepthPosterior, DepthPrior};

use network::network_config;

/// What the case's network was trained for.
fn objective(case: &GoldenCase) -> Objective {
    if !case.has("prior") {
        return Objective::DeterministicDepth;
    }
    let prior: Vec<f64> = case.f32("prior").into_iter().map(f64::from).collect();
    // Stored in f32, the prior sums to one only as closely as that.
    let total: f64 = prior.iter().sum();
    let prior: Vec<f64> = prior.iter().map(|p| p / total).collect();
    Objective::published(DepthPrior::from_probs(&prior).unwrap())
}

/// The network and the posterior that the tensors `model/…` of a case describe, before the first step.
fn stored_learner(case: &GoldenCase, convolution: Convolution) -> Learner<Cpu> {
    let (device, config) = (Cpu::default(), network_config(case, convolution));
    let mut model = FittedModel::from_safetensors(&case.file_of("model/"), &config, &device).unwrap();
    model.network.set_head_statistics(HeadStatistics::Shared);
    let mut learner = Learner::new(model.network, &objective(case), case.meta("momentum"), &device).unwrap();
    if let Some(logits) = model.posterior_logits {
        learner.set_posterior_logits(&logits).unwrap();
    }
    learner
}

/// A safetensors file of a network and of the posterior's logits, under the authors' names; `params` in the place of the
/// network's own.
fn named(network: &Network<Cpu>, params: &[f32], posterior_logits: Option<Vec<f32>>) -> Vec<u8> {
    let max_depth = network.max_depth();
    let mut network = network.pruned(max_depth).unwrap();
    network.set_params(params).unwrap();
    let model = FittedModel {
        posterior_logits,
        ..FittedModel::new(network, DepthPosterior::one_hot(max_depth, max_depth).unwrap())
    };
    model.to_safetensors(serde_json::Map::new()).unwrap()
}

/// Compares every golden tensor under a prefix with the one of that name in `state`, a safetensors file.
fn compare_state(report: &mut Report<'_>, case: &GoldenCase, (prefix, group): (&str, &str), state: &[u8]) {
    let state = SafeTensors::deserialize(state).unwrap();
    let tensors = case.names(prefix);
    for tensor in &tensors {
        let data = state.tensor(&tensor[prefix.len()..]).unwrap().data();
        if case.is_integer(tensor) {
            let values: Vec<i64> = data.as_chunks().0.iter().map(|b| i64::from_le_bytes(*b)).collect();
            report.compare_integers(case, tensor, &values);
        } else {
            report.compare_f32(case, tensor, group, &floats(data));
        }
    }
}

fn floats(bytes: &[u8]) -> Vec<f32> {
    bytes.as_chunks().0.iter().map(|b| f32::from_le_bytes(*b)).collect()
}
