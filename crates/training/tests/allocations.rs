//! A training step of a learnt-depth network asks the system allocator for next to nothing, whatever batch and depth.
//!
//! A test binary of its own, with one test: the counter sees all threads.

#![allow(clippy::unwrap_used, reason = "in a test it is an assertion")]
#![allow(clippy::print_stdout, reason = "the test prints what it counted")]

use std::alloc::System;

use dfdx::prelude::{Cache, Cpu};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use vds_model::{ConvConfig, Convolution, FcConfig, Network, NetworkConfig};
use vds_training::{Batch, Learner, Objective, StepSettings};
use vds_variational::DepthPrior;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Bytes that a step may ask for: some for the tape, and a few numbers for each depth.
fn limit(max_depth: usize) -> usize {
    2048 + 128 * max_depth
}

fn conv(max_depth: usize) -> NetworkConfig {
    NetworkConfig::Conv(ConvConfig {
        in_channels: 1,
        height: 14,
        width: 14,
        channels: 16,
        bottleneck_channels: 8,
        n_classes: 10,
        max_depth,
        convolution: Convolution::default(),
    })
}

fn fc(max_depth: usize) -> NetworkConfig {
    NetworkConfig::Fc(FcConfig {
        n_inputs: 2,
        width: 20,
        n_classes: 2,
        max_depth,
    })
}

/// Bytes asked for by each of some steps, after a few that make the buffers.
fn bytes_of_steps(config: &NetworkConfig, batch: usize) -> Vec<usize> {
    let device = Cpu::default();
    device.enable_cache();
    let network = Network::new(config, &device, &mut ChaCha8Rng::seed_from_u64(1)).unwrap();
    let max_depth = config.max_depth();
    let objective = Objective::published(DepthPrior::geometric(0.85, max_depth).unwrap());
    let mut learner = Learner::new(network, &objective, 0.5, &device).unwrap();
    let inputs: Vec<f32> = (0..batch * config.example_len())
        .map(|i| (i % 17) as f32 / 17.0)
        .collect();
    let labels: Vec<u32> = (0..batch).map(|i| u32::from(i % 2 == 1)).collect();
    let batch = Batch {
        inputs: &inputs,
        labels: &labels,
    };
    let mut step = || {
        let region = Region::new(ALLOCATOR);
        learner
            .step(
                batch,
                &StepSettings {
                    depth: max_depth,
                    n_train: 1000,
                    learning_rate: 0.01,
                    epoch: 0,
                },
            )
            .unwrap();
        region.change().bytes_allocated
    };
    for _ in 0..4 {
        step();
    }
    (0..10).map(|_| step()).collect()
}

#[test]
fn allocations_of_a_training_step_in_steady_state_are_next_to_nothing() {
    let mut found = Vec::new();
    for (what, config, batch) in [
        ("conv", conv(2), 16),
        ("conv", conv(2), 128),
        ("conv", conv(20), 128),
        ("fc", fc(5), 64),
        ("fc", fc(5), 512),
        ("fc", fc(60), 512),
    ] {
        let bytes = bytes_of_steps(&config, batch);
        println!("{what}, depth {}, batch {batch}: {bytes:?} bytes", config.max_depth());
        // The pool's queue takes a block of memory now and then, so the median counts: what grows with the work is in every step.
        let mut sorted = bytes.clone();
        sorted.sort_unstable();
        found.push((what, config.max_depth(), batch, sorted[sorted.len() / 2]));
    }
    assert!(
        found.iter().all(|&(_, max_depth, _, bytes)| bytes <= limit(max_depth)),
        "{found:?}"
    );
}
