//! The passes of the engines alone, without tensors, loss and optimiser: at several widths, for every instruction set of this CPU.

use criterion::measurement::WallTime;
use criterion::{BenchmarkGroup, BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_kernels::Isa;
use vds_kernels::conv::{ConvEngine, ConvShape, Convolution};
use vds_kernels::fc::{FcEngine, FcShape};

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
    fn new(n_params: usize, n_statistics: usize, n_inputs: usize, n_logits: usize) -> Self {
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

/// Times the three passes of an engine; the way back follows a training pass, so the two are timed together as well.
macro_rules! bench_passes {
    ($group:expr, $id:expr, $engine:expr, $slices:expr) => {{
        let (group, engine, slices): (&mut BenchmarkGroup<'_, WallTime>, _, Slices) = ($group, $engine, $slices);
        let (mut engine, mut s) = (engine, slices);
        group.bench_function(BenchmarkId::new("training pass", &$id), |bencher| {
            bencher.iter(|| engine.forward_train(&s.params, &s.input, &mut s.statistics, &mut s.logits));
        });
        group.bench_function(BenchmarkId::new("training pass and way back", &$id), |bencher| {
            bencher.iter(|| {
                engine.forward_train(&s.params, &s.input, &mut s.statistics, &mut s.logits);
                engine.backward(&s.d_logits, &mut s.d_params);
            });
        });
        group.bench_function(BenchmarkId::new("evaluation pass", &$id), |bencher| {
            bencher.iter(|| engine.forward_eval(&s.params, &s.running, &s.input, &mut s.logits));
        });
    }};
}

fn convolutional(criterion: &mut Criterion) {
    let batch = 16;
    let mut group = criterion.benchmark_group("conv kernels");
    group.sample_size(10);
    group.throughput(Throughput::Elements(batch as u64));
    for (outer, inner) in [(64, 32), (16, 8), (20, 12)] {
        for isa in Isa::available() {
            let shape = ConvShape {
                channels: 1,
                height: 28,
                width: 28,
                outer,
                inner,
                n_classes: 10,
                max_depth: MAX_DEPTH,
            };
            let engine = ConvEngine::with(shape, Convolution::default(), isa);
            let layout = engine.layout();
            let slices = Slices::new(
                layout.n_params,
                layout.n_statistics,
                batch * shape.image_len(),
                N_DEPTHS * batch * shape.n_classes,
            );
            let id = format!("{outer}-{inner}, batch {batch}, {}", isa.name());
            bench_passes!(&mut group, id, engine, slices);
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
            let shape = FcShape {
                n_inputs: 2,
                width,
                n_classes: 2,
                max_depth: MAX_DEPTH,
            };
            let engine = FcEngine::with_isa(shape, isa);
            let layout = engine.layout();
            let slices = Slices::new(
                layout.n_params,
                layout.n_statistics,
                batch * shape.n_inputs,
                N_DEPTHS * batch * shape.n_classes,
            );
            let id = format!("width {width}, batch {batch}, {}", isa.name());
            bench_passes!(&mut group, id, engine, slices);
        }
    }
}

criterion_group!(benches, convolutional, fully_connected);
criterion_main!(benches);
