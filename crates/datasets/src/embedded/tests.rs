use crate::catalogue::{self, Dataset};
use crate::{Location, Lookup, Standardization, TrainTest, load};

fn mini() -> (&'static Dataset, TrainTest) {
    let dataset = catalogue::find("fashion-mnist-mini").unwrap();
    (dataset, load(dataset, &Lookup::default()).unwrap())
}

#[test]
fn classes_are_equally_large() {
    let (_, data) = mini();
    assert_eq!(data.train.class_counts(), [500; 10]);
    assert_eq!(data.test.class_counts(), [100; 10]);
}

/// Loading compares the sums; this says that the catalogue has one for each file and the provenance repeats it.
#[test]
fn payloads_have_the_sums_of_the_catalogue() {
    let (dataset, data) = mini();
    assert_eq!(data.provenance.files.len(), dataset.files.len());
    for (source, file) in data.provenance.files.iter().zip(dataset.files) {
        assert_eq!(Some(&*source.sha256), file.sha256);
        assert_eq!(source.location, Location::Embedded(file.name));
    }
}

#[test]
fn each_file_is_below_a_megabyte() {
    let (dataset, _) = mini();
    for file in dataset.files {
        let n_bytes = super::file(file.name).unwrap().len();
        assert!((100..1_000_000).contains(&n_bytes), "{}: {n_bytes}", file.name);
    }
    assert!(super::file("train-images-idx3-ubyte").is_none());
}

#[test]
fn the_full_sets_mean_and_deviation_fit_it() {
    let (dataset, data) = mini();
    let fitted = Standardization::fit(&data.train).unwrap();
    assert!((fitted.mean()[0] - dataset.mean[0]).abs() < 0.005, "{fitted:?}");
    assert!((fitted.sd()[0] - dataset.sd[0]).abs() < 0.005, "{fitted:?}");
}
