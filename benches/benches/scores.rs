//! The ELBO with its gradient, alone and as a loss on a tape, the marginal predictive, and the scores of a test set.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use dfdx::prelude::{Backward, Cpu, TensorFromVec, Trace, ZerosTensor};
use vds_calibration::{Predictions, ReliabilityDiagram, depth_uncertainty, negative_log_likelihood};
use vds_variational::{
    DepthPosterior, DepthPrior, depth_log_probs, elbo, elbo_gradient, log_marginal_predictive, negative_elbo,
};

/// Logits of every depth, `[n_depths, batch, n_classes]`, all finite and different.
fn depth_logits(n_depths: usize, batch: usize, n_classes: usize) -> Vec<f32> {
    (0..n_depths * batch * n_classes).map(|i| (i as f32).sin()).collect()
}

fn bound(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("elbo and gradient");
    for max_depth in [10_usize, 100] {
        let logits: Vec<f64> = (0..=max_depth).map(|depth| (depth as f64).sin()).collect();
        let log_likelihoods: Vec<f64> = (0..=max_depth).map(|depth| -1000.0 / (1.0 + depth as f64)).collect();
        let posterior = DepthPosterior::from_logits(&logits).expect("finite logits");
        let prior = DepthPrior::geometric(0.85, max_depth).expect("a valid prior");
        group.bench_function(BenchmarkId::from_parameter(format!("depth {max_depth}")), |bencher| {
            bencher.iter(|| {
                let value = elbo(&posterior, &prior, &log_likelihoods).expect("finite");
                (
                    value,
                    elbo_gradient(&posterior, &prior, &log_likelihoods).expect("finite"),
                )
            });
        });
    }
}

fn loss(criterion: &mut Criterion) {
    let (device, batch, n_classes) = (Cpu::default(), 128, 10);
    let labels: Vec<u32> = (0..128).map(|i| i % 10).collect();
    let mut group = criterion.benchmark_group("loss and its gradient on a tape");
    group.throughput(Throughput::Elements(batch as u64));
    for max_depth in [10_usize, 50] {
        let n_depths = max_depth + 1;
        let shape = (n_depths, batch, n_classes);
        let logits = device.tensor_from_vec(depth_logits(n_depths, batch, n_classes), shape);
        let posterior_logits = device.zeros_like(&(n_depths,));
        let prior = DepthPrior::geometric(0.85, max_depth).expect("a valid prior");
        let id = format!("depth {max_depth}, batch {batch}");
        group.bench_function(BenchmarkId::from_parameter(id), |bencher| {
            bencher.iter(|| {
                let terms = negative_elbo(logits.leaky_trace(), &labels, &posterior_logits, &prior, 60_000);
                terms.expect("a finite loss").loss.backward()
            });
        });
    }
}

fn predictive(criterion: &mut Criterion) {
    let (max_depth, batch, n_classes) = (10, 500, 10);
    let logits = depth_logits(max_depth + 1, batch, n_classes);
    let posterior = DepthPosterior::from_logits(&vec![0.0; max_depth + 1]).expect("finite logits");
    let probs = vec![0.1_f32; logits.len()];
    let mut group = criterion.benchmark_group("predictive");
    group.throughput(Throughput::Elements(batch as u64));
    group.bench_function("marginal over 11 depths of 500 x 10", |bencher| {
        bencher.iter(|| {
            let log_probs = depth_log_probs(&logits, n_classes).expect("finite logits");
            log_marginal_predictive(&posterior, &log_probs, n_classes).expect("log-probabilities")
        });
    });
    group.bench_function("entropy split over 11 depths of 500 x 10", |bencher| {
        bencher.iter(|| depth_uncertainty(&probs, posterior.probs(), n_classes).expect("probabilities"));
    });
}

fn calibration(criterion: &mut Criterion) {
    let (n, n_classes) = (10_000_u16, 10_u16);
    let row = |i: u16| {
        let confident = 0.1 + 0.9 * f32::from(i) / f32::from(n);
        let rest = (1.0 - confident) / f32::from(n_classes - 1);
        (0..n_classes).map(move |class| if class == i % n_classes { confident } else { rest })
    };
    let probs: Vec<f32> = (0..n).flat_map(row).collect();
    let labels: Vec<u32> = (0..u32::from(n)).map(|i| i * 7 % u32::from(n_classes)).collect();
    let mut group = criterion.benchmark_group("calibration");
    group.throughput(Throughput::Elements(u64::from(n)));
    group.bench_function("check, NLL and ECE of 10000 x 10", |bencher| {
        bencher.iter(|| {
            let predictions = Predictions::new(&probs, usize::from(n_classes), &labels).expect("probabilities");
            let diagram = ReliabilityDiagram::new(&predictions, 15).expect("bins");
            (
                negative_log_likelihood(&predictions),
                diagram.expected_calibration_error(),
            )
        });
    });
}

criterion_group!(benches, bound, loss, predictive, calibration);
criterion_main!(benches);
