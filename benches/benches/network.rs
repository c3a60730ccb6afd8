//! Training step and evaluation pass of whole networks, at sizes of docs/PERFORMANCE.md's table and smaller.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dfdx::prelude::{Backward, Cpu, Tensor, ZerosTensor};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_model::{ConvConfig, Convolution, FcConfig, HeadStatistics, Network, NetworkConfig, Sgd};
use vds_variational::{DepthPrior, negative_elbo};

fn conv(max_depth: usize) -> NetworkConfig {
    NetworkConfig::Conv(ConvConfig {
        in_channels: 1,
        height: 28,
        width: 28,
        channels: 64,
        bottleneck_channels: 32,
        n_classes: 10,
        max_depth,
        head_statistics: HeadStatistics::PerDepth,
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

/// A learnt-depth network with everything that a step needs.
struct Learner {
    network: Network<Cpu>,
    q_logits: Tensor<(usize,), f32, Cpu>,
    prior: DepthPrior,
    sgd: [Sgd; 2],
    inputs: Vec<f32>,
    labels: Vec<u32>,
}

impl Learner {
    fn new(config: &NetworkConfig, batch: usize) -> Self {
        let (device, mut rng) = (Cpu::default(), ChaCha8Rng::seed_from_u64(0));
        let network = Network::new(config, &device, &mut rng).expect("a valid configuration");
        let n_depths = config.max_depth() + 1;
        Self {
            sgd: [Sgd::new(network.params_vec().len(), 0.5), Sgd::new(n_depths, 0.5)],
            q_logits: device.zeros_like(&(n_depths,)),
            prior: DepthPrior::geometric(0.85, config.max_depth()).expect("a valid prior"),
            inputs: (0..batch * config.example_len())
                .map(|_| rng.next_u32() as f32 / u32::MAX as f32)
                .collect(),
            labels: (0..batch).map(|_| rng.next_u32() % 2).collect(),
            network,
        }
    }

    fn step(&mut self) -> f64 {
        let max_depth = self.network.max_depth();
        let (logits, pass) = self
            .network
            .forward_train(&self.inputs, self.labels.len(), max_depth)
            .expect("a batch that fits");
        let terms = negative_elbo(logits, &self.labels, &self.q_logits, &self.prior, 60_000).expect("a finite loss");
        let mut gradients = terms.loss.backward();
        let [network, posterior] = &mut self.sgd;
        let step = network
            .propose(pass.network().params(), &mut gradients, 1e-3)
            .expect("a gradient");
        let posterior_step = posterior
            .propose(&self.q_logits, &mut gradients, 1e-3)
            .expect("a gradient");
        step.apply(pass.commit().params_mut());
        posterior_step.apply(&mut self.q_logits);
        terms.value
    }

    fn evaluate(&self) -> Vec<f32> {
        self.network
            .forward_eval(&self.inputs, self.labels.len())
            .expect("a batch that fits")
    }
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
        let mut learner = Learner::new(&config, batch);
        group.throughput(Throughput::Elements(batch as u64));
        let id = BenchmarkId::new(name, format!("depth {} batch {batch}", config.max_depth()));
        group.bench_function(id, |bencher| bencher.iter(|| learner.step()));
    }
}

fn evaluations(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("evaluation pass");
    group.sample_size(10);
    for (name, config, batch) in [("conv", conv(10), 500), ("fc", fc(20), 1800)] {
        let learner = Learner::new(&config, batch);
        group.throughput(Throughput::Elements(batch as u64));
        let id = BenchmarkId::new(name, format!("depth {} batch {batch}", config.max_depth()));
        group.bench_function(id, |bencher| bencher.iter(|| learner.evaluate()));
    }
}

criterion_group!(benches, steps, evaluations);
criterion_main!(benches);
