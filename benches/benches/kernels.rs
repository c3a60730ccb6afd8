//! The passes of the engines alone, without tensors, loss and optimizer: at several widths, for every instruction set of this CPU.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_kernels::layout::{ConvConfig, Convolution, FcConfig};
use vds_kernels::{ConvEngine, Engine, FcEngine, Isa};

const MAX_DEPTH: usize = 2;
const N_DEPTHS: usize = MAX_DEPTH + 1;

/// Values between -1 and 1.
fn noise(len: usize) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut value = || 2.0 * rng.next_u32() as f32 / u32::MAX as f32 - 1.0;
    (0..len).map(|_| value()).collect()
}

/// What the passes read and write.
struct Slices {
    params: Vec<f32>,
    input: Vec<f32>,
    statistics: Vec<f32>,
    running: Vec<f32>,
    logits: Vec<f32>,
    d_logits: Vec<f32>,
    d_params: Vec<f32>,
}

impl Slices {
    fn new(engine: &dyn Engine, n_inputs: usize, n_logits: usize) -> Self {
        let (n_params, n_statistics) = (engine.n_params(), engine.n_statistics());
        Self {
            // Small, so that activations stay finite through every block.
            params: noise(n_params).iter().map(|value| 0.1 * value).collect(),
            input: noise(n_inputs),
            statistics: vec![0.0; n_statistics],
            // Means and variances alike.
            running: vec![1.0; n_statistics],
            logits: vec![0.0; n_logits],
            d_logits: noise(n_logits),
            d_params: vec![0.0; n_params],
        }
    }
}

/// Times the three passes of an engine; the backward pass follows a training pass, so the two are timed together as well.
fn bench_passes(group: &mut BenchmarkGroup<'_, WallTime>, id: &str, engine: &mut dyn Engine, mut s: Slices) {
    group.bench_function(BenchmarkId::new("training pass", id), |bencher| {
        bencher.iter(|| engine.forward_train(&s.params, &s.input, &mut s.statistics, &mut s.logits));
    });
    group.bench_function(BenchmarkId::new("training and backward pass", id), |bencher| {
        bencher.iter(|| {
            engine.forward_train(&s.params, &s.input, &mut s.statistics, &mut s.logits);
            engine.backward(&s.d_logits, &mut s.d_params);
        });
    });
    group.bench_function(BenchmarkId::new("evaluation pass", id), |bencher| {
        bencher.iter(|| engine.forward_eval(&s.params, &s.running, &s.input, &mut s.logits));
    });
}

fn convolutional(criterion: &mut Criterion) {
    let batch = 16;
    let mut group = criterion.benchmark_group("conv kernels");
    group.sample_size(10);
    group.throughput(Throughput::Elements(batch as u64));
    for (channels, bottleneck_channels) in [(64, 32), (16, 8), (20, 12)] {
        for isa in Isa::available() {
            let config = ConvConfig {
                in_channels: 1,
                height: 28,
                width: 28,
                channels,
                bottleneck_channels,
                n_classes: 10,
                max_depth: MAX_DEPTH,
                convolution: Convolution::default(),
            };
            let mut engine = ConvEngine::new(config, isa);
            let n_logits = N_DEPTHS * batch * config.n_classes;
            let slices = Slices::new(&engine, batch * config.image_len(), n_logits);
            let id = format!("{channels}-{bottleneck_channels}, batch {batch}, {}", isa.name());
            bench_passes(&mut group, &id, &mut engine, slices);
        }
    }
}

fn fully_connected(criterion: &mut Criterion) {
    let batch = 200;
    let mut group = criterion.benchmark_group("fc kernels");
    group.sample_size(10);
    group.throughput(Throughput::Elements(batch as u64));
    for width in [20, 64] {
        for isa in Isa::available() {
            let config = FcConfig {
                n_inputs: 2,
                width,
                n_classes: 2,
                max_depth: MAX_DEPTH,
            };
            let mut engine = FcEngine::new(config, isa);
            let n_logits = N_DEPTHS * batch * config.n_classes;
            let slices = Slices::new(&engine, batch * config.n_inputs, n_logits);
            let id = format!("width {width}, batch {batch}, {}", isa.name());
            bench_passes(&mut group, &id, &mut engine, slices);
        }
    }
}

criterion_group!(benches, convolutional, fully_connected);
criterion_main!(benches);
