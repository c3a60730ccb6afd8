//! Reading the embedded data set and an IDX file, and assembling batches.

use std::path::Path;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;
use vds_datasets::{Lookup, batches, catalogue, idx, load};

/// An IDX file of `n` images of 28 x 28 pixels.
fn idx_images(n: u16) -> Vec<u8> {
    let sizes = [0x0803, u32::from(n), 28, 28];
    let header = sizes.into_iter().flat_map(u32::to_be_bytes);
    header
        .chain((0..=u8::MAX).cycle().take(usize::from(n) * 28 * 28))
        .collect()
}

fn reading(criterion: &mut Criterion) {
    let dataset = catalogue::find("fashion-mnist-mini").expect("it is built in");
    // Files draw no random numbers.
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    let mut group = criterion.benchmark_group("data");
    group.sample_size(10);
    group.throughput(Throughput::Elements(6000));
    group.bench_function("read fashion-mnist-mini", |bencher| {
        bencher.iter(|| load(&dataset, &Lookup::default(), &mut rng).expect("it is built in"));
    });
    let (name, bytes) = (Path::new("images"), idx_images(6000));
    group.bench_function("read 6000 images in IDX", |bencher| {
        bencher.iter(|| idx::parse_images(name, &bytes).expect("a valid file"));
    });
    let (train, standardization) = (
        load(&dataset, &Lookup::default(), &mut rng)
            .expect("it is built in")
            .train,
        &dataset.standardization,
    );
    let order: Vec<usize> = (0..train.len()).rev().collect();
    let (mut inputs, mut labels) = (Vec::new(), Vec::new());
    group.throughput(Throughput::Elements(train.len() as u64));
    group.bench_function("assemble 5000 images in batches of 128", |bencher| {
        bencher.iter(|| {
            for batch in batches(&order, 128) {
                train.fill_batch(batch, standardization, &mut inputs, &mut labels);
            }
        });
    });
}

criterion_group!(benches, reading);
criterion_main!(benches);
