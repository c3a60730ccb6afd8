use super::*;
use crate::dataset::Part;

#[test]
fn catalogue_entries_are_consistent() {
    for dataset in all() {
        let (name, entry) = (&dataset.name, dataset.entry().unwrap());
        assert_eq!(
            dataset.standardization.n_channels(),
            dataset.shape.n_channels(),
            "{name}"
        );
        assert_eq!(dataset.n_classes(), 10, "{name}");
        for part in [Part::Train, Part::Test] {
            let of_part = || entry.files.iter().filter(move |file| file.part == part);
            let labels = of_part().filter(|file| file.content != crate::Content::Images);
            assert_eq!(
                labels.map(|file| file.n_examples).sum::<usize>(),
                entry.n_examples(part),
                "{name}"
            );
        }
        for file in &entry.files {
            let is_digest = |text: &String| text.len() == 64 && text.bytes().all(|c| c.is_ascii_hexdigit());
            assert!(file.sha256.as_ref().is_none_or(is_digest), "{name}: {}", file.name);
        }
    }
}

#[test]
fn catalogue_finds_each_data_set_by_its_name() {
    assert_eq!(all().len(), 5);
    for (dataset, name) in all().into_iter().zip(names()) {
        assert_eq!(dataset.name, name);
        assert_eq!(find(name).unwrap(), dataset);
    }
}

#[test]
fn catalogue_lists_its_names_where_one_is_unknown() {
    assert_eq!(
        find("cifar").unwrap_err().to_string(),
        "there is no data set \"cifar\", the catalogue has mnist, fashion-mnist, svhn, svhn-like, fashion-mnist-mini"
    );
}

#[test]
fn catalogue_accepts_compressed_idx_files_and_mat_files_as_they_are() {
    let names = |dataset: &str| find(dataset).unwrap().entry().unwrap().files[0].accepted_names();
    assert_eq!(
        names("mnist"),
        ["train-images-idx3-ubyte", "train-images-idx3-ubyte.gz"]
    );
    assert_eq!(names("svhn"), ["train_32x32.mat"]);
}

#[test]
fn catalogue_sizes_are_those_of_the_published_sets() {
    let sizes = |name| {
        let dataset = find(name).unwrap();
        let entry = dataset.entry().unwrap();
        [entry.n_examples(Part::Train), entry.n_examples(Part::Test)]
    };
    assert_eq!(sizes("mnist"), [60_000, 10_000]);
    assert_eq!(sizes("fashion-mnist"), [60_000, 10_000]);
    assert_eq!(sizes("svhn"), [73_257, 26_032]);
    assert_eq!(sizes("svhn-like"), [6_000, 2_000]);
    assert_eq!(sizes("fashion-mnist-mini"), [5_000, 1_000]);
}
