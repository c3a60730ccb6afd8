//! The ELBO with its gradient, and the scores of a test set.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use vds_calibration::{Predictions, ReliabilityDiagram, negative_log_likelihood};
use vds_variational::{DepthPosterior, DepthPrior, elbo, elbo_gradient};

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

criterion_group!(benches, bound, calibration);
criterion_main!(benches);
