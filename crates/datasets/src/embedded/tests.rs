use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng as _;

use crate::{Dataset, Location, Lookup, Origin, Standardization, TrainTest, catalogue, load};

fn mini() -> (Dataset, TrainTest) {
    let dataset = catalogue::find("fashion-mnist-mini").unwrap();
    let data = load(&dataset, &Lookup::default(), &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
    (dataset, data)
}

#[test]
fn embedded_classes_are_equally_large() {
    let (_, data) = mini();
    assert_eq!(data.train.class_counts(), [500; 10]);
    assert_eq!(data.test.class_counts(), [100; 10]);
}

/// Loading compares the checksums; here the catalogue must have one for each file, and the provenance must repeat it.
#[test]
fn embedded_payloads_have_the_checksums_of_the_catalogue() {
    let (dataset, data) = mini();
    assert_eq!(data.provenance.files.len(), dataset.entry().unwrap().files.len());
    for (source, file) in data.provenance.files.iter().zip(&dataset.entry().unwrap().files) {
        assert_eq!(Some(&source.sha256), file.sha256.as_ref());
        assert_eq!(source.origin, Origin::Read(Location::Embedded(file.name.clone())));
    }
}

#[test]
fn embedded_files_are_below_a_megabyte_each() {
    let (dataset, _) = mini();
    for file in &dataset.entry().unwrap().files {
        let n_bytes = super::file(&file.name).unwrap().len();
        assert!((100..1_000_000).contains(&n_bytes), "{}: {n_bytes}", file.name);
    }
    assert!(super::file("train-images-idx3-ubyte").is_none());
}

#[test]
fn embedded_set_is_fitted_by_the_full_sets_mean_and_deviation() {
    let (dataset, data) = mini();
    let fitted = Standardization::fit(&data.train).unwrap();
    assert!(
        (fitted.mean()[0] - dataset.standardization.mean()[0]).abs() < 0.005,
        "{fitted:?}"
    );
    assert!(
        (fitted.sd()[0] - dataset.standardization.sd()[0]).abs() < 0.005,
        "{fitted:?}"
    );
}
