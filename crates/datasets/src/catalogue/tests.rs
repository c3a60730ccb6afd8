use super::*;

#[test]
fn entries_are_consistent() {
    for dataset in all() {
        let name = dataset.name;
        let count = |part| {
            let files = dataset.files.iter().filter(move |file| file.part == part);
            let images = files.filter(|file| file.content != Content::Labels);
            images.map(|file| file.n_examples).sum::<usize>()
        };
        assert_eq!(
            (count(Part::Train), count(Part::Test)),
            (dataset.n_train, dataset.n_test),
            "{name}"
        );
        assert_eq!(dataset.standardization().n_channels(), dataset.image_shape[0], "{name}");
        assert_eq!(dataset.shape().n_channels(), dataset.image_shape[0], "{name}");
        assert_eq!(dataset.n_classes(), 10, "{name}");
        for file in dataset.files {
            let is_hex = |sum: &str, n| sum.len() == n && sum.bytes().all(|c| c.is_ascii_hexdigit());
            assert!(file.sha256.is_none_or(|sum| is_hex(sum, 64)), "{name}: {}", file.name);
            assert!(
                file.published_md5.is_none_or(|sum| is_hex(sum, 32)),
                "{name}: {}",
                file.name
            );
        }
    }
}

#[test]
fn names_are_found() {
    for dataset in all() {
        assert_eq!(find(dataset.name).unwrap(), dataset);
    }
}

#[test]
fn an_unknown_name_lists_the_known_ones() {
    assert_eq!(
        find("cifar").unwrap_err().to_string(),
        "there is no data set \"cifar\", the catalogue has mnist, fashion-mnist, svhn, svhn-like, fashion-mnist-mini"
    );
}

#[test]
fn idx_files_may_be_compressed_and_mat_files_not() {
    let names = |dataset: &str| find(dataset).unwrap().files[0].accepted_names();
    assert_eq!(
        names("mnist"),
        ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"]
    );
    assert_eq!(names("svhn"), ["train_32x32.mat"]);
}
