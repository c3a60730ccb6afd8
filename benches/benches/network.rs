//! Training step and evaluation pass of whole networks, at sizes of docs/PERFORMANCE.md's table and smaller.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dfdx::prelude::Cpu;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_model::{ConvConfig, Convolution, FcConfig, Network, NetworkConfig};
use vds_training::{Batch, Learner, Objective, StepSettings};
use vds_variational::DepthPrior;

fn conv(max_depth: usize) -> NetworkConfig {
    NetworkConfig::Conv(ConvConfig {
        in_channels: 1,
        height: 28,
        width: 28,
        channels: 64,
        bottleneck_channels: 32,
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

/// A network of learnt depth before its first step, with a batch: `[batch, example_len]` inputs and `[batch]` labels.
fn problem(config: &NetworkConfig, batch: usize) -> (Learner<Cpu>, Vec<f32>, Vec<u32>) {
    let (device, mut rng) = (Cpu::default(), ChaCha8Rng::seed_from_u64(0));
    let network = Network::new(config, &device, &mut rng).expect("a valid configuration");
    let prior = DepthPrior::geometric(0.85, config.max_depth()).expect("a valid prior");
    let learner = Learner::new(network, &Objective::published(prior), 0.5, &device).expect("a prior that fits");
    let inputs = (0..batch * config.example_len())
        .map(|_| rng.next_u32() as f32 / u32::MAX as f32)
        .collect();
    let labels = (0..batch).map(|_| rng.next_u32() % 2).collect();
    (learner, inputs, labels)
}

fn steps(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("training step");
    group.sample_size(10);
    for (name, config, batch) in [
        ("conv", conv(2), 32),
        ("conv", conv(10), 128),
        ("fc", fc(20), 200),
        ("fc", fc(100), 200),
    ] {
        let (mut learner, inputs, labels) = problem(&config, batch);
        let (max_depth, examples) = (
            config.max_depth(),
            Batch {
                inputs: &inputs,
                labels: &labels,
            },
        );
        let settings = StepSettings {
            depth: max_depth,
            n_train: 60_000,
            learning_rate: 1e-3,
            epoch: 0,
        };
        group.throughput(Throughput::Elements(batch as u64));
        let id = BenchmarkId::new(name, format!("depth {max_depth} batch {batch}"));
        group.bench_function(id, |bencher| {
            bencher.iter(|| learner.step(examples, &settings).expect("a finite step"));
        });
    }
}

fn evaluations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluation pass");
    group.sample_size(10);
    for (name, config, batch) in [("conv", conv(10), 500), ("fc", fc(20), 1800)] {
        let (learner, inputs, _) = problem(&config, batch);
        group.throughput(Throughput::Elements(batch as u64));
        let id = BenchmarkId::new(name, format!("depth {} batch {batch}", config.max_depth()));
        group.bench_function(id, |bencher| {
            bencher.iter(|| {
                learner
                    .network()
                    .forward_eval(&inputs, batch)
                    .expect("a batch that fits")
            });
        });
    }
}

criterion_group!(benches, steps, evaluations);
criterion_main!(benches);
