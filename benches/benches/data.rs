//! Reading the embedded data set and assembling batches.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use vds_datasets::{Lookup, batches, catalogue, load};

fn reading(criterion: &mut Criterion) {
    let dataset = catalogue::find("fashion-mnist-mini").expect("it is built in");
    let mut group = criterion.benchmark_group("data");
    group.sample_size(10);
    group.throughput(Throughput::Elements(6000));
    group.bench_function("read fashion-mnist-mini", |bencher| {
        bencher.iter(|| load(dataset, &Lookup::default()).expect("it is built in"));
    });
    let (train, standardization) = (
        load(dataset, &Lookup::default()).expect("it is built in").train,
        dataset.standardization(),
    );
    let order: Vec<usize> = (0..train.len()).rev().collect();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    group.throughput(Throughput::Elements(train.len() as u64));
    group.bench_function("assemble 5000 images in batches of 128", |bencher| {
        bencher.iter(|| {
            for batch in batches(&order, 128) {
                train.fill_batch(batch, &standardization, &mut inputs, &mut labels);
            }
        });
    });
}

criterion_group!(benches, reading);
criterion_main!(benches);
