//! Copying data sets into a data folder.

use std::path::Path;

use vds_datasets::{Content, Dataset, Entry, EntryFile, Error, Lookup, Part, Source, import};
use vds_files::Shown as _;
use vds_testkit::files::{Mat, gzip, idx};

use crate::fixtures::{check_error, dataset, load, write};

fn svhn_like() -> Dataset {
    dataset("svhn-like")
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn import_makes_files_that_are_found_afterwards() {
    let root = tempfile::tempdir().unwrap();
    let (source, target) = (root.path().join("downloads"), root.path().join("data"));
    write(&source, "train_32x32.mat", &Mat::LITTLE.blank_digits(6000));
    write(&source, "test_32x32.mat", &Mat::LITTLE.blank_digits(2000));
    let folder = target.join("svhn-like");
    let expected = ["train_32x32.mat", "test_32x32.mat"].map(|name| folder.join(name));
    // Twice: a set that is there already is replaced.
    for _ in 0..2 {
        assert_eq!(import(&svhn_like(), &source, &target).unwrap(), expected);
    }
    assert_eq!(names_in(&folder), ["test_32x32.mat", "train_32x32.mat"]);
    let lookup = |folder: &Path| Lookup {
        data_dir: Some(folder.to_owned()),
        ..Lookup::default()
    };
    let imported = load(&svhn_like(), &lookup(&target)).unwrap();
    let original = load(&svhn_like(), &lookup(&source)).unwrap();
    assert_eq!((imported.train, imported.test), (original.train, original.test));
}

#[test]
fn import_removes_leftovers_of_an_import_that_was_killed() {
    let root = tempfile::tempdir().unwrap();
    let (source, target) = (root.path().join("downloads"), root.path().join("data"));
    write(&source, "train_32x32.mat", &Mat::LITTLE.blank_digits(6000));
    write(&source, "test_32x32.mat", &Mat::LITTLE.blank_digits(2000));
    let folder = target.join("svhn-like");
    write(&folder, ".vds-abc.partial", b"half a file");
    // Its name is that of a fetch, which resumes from it.
    write(&folder, "train_32x32.mat.partial", b"half a file");
    import(&svhn_like(), &source, &target).unwrap();
    assert_eq!(
        names_in(&folder),
        ["test_32x32.mat", "train_32x32.mat", "train_32x32.mat.partial"]
    );
}

#[test]
fn import_refuses_wrong_files_before_anything_is_written() {
    let root = tempfile::tempdir().unwrap();
    let (source, target) = (root.path().join("downloads"), root.path().join("data"));
    write(&source, "train_32x32.mat", &Mat::LITTLE.blank_digits(6000));
    let path = write(&source, "test_32x32.mat", &Mat::LITTLE.blank_digits(3));
    let expected = format!(
        "{} holds an array of 3 x 3 x 32 x 32, expected 2000 x 3 x 32 x 32",
        path.to_string_lossy()
    );
    check_error(import(&svhn_like(), &source, &target), &expected);
    assert!(!target.exists());
    let error = import(&svhn_like(), root.path(), &target).unwrap_err();
    assert!(matches!(error, Error::NotFound { .. }), "{error}");
    assert!(!target.exists());
}

#[test]
fn import_refuses_a_target_that_is_not_a_folder() {
    let root = tempfile::tempdir().unwrap();
    let source = root.path().join("downloads");
    write(&source, "train_32x32.mat", &Mat::LITTLE.blank_digits(6000));
    write(&source, "test_32x32.mat", &Mat::LITTLE.blank_digits(2000));
    let target = write(root.path(), "data", b"a file");
    let expected = format!("cannot write {}/svhn-like", target.to_string_lossy());
    check_error(import(&svhn_like(), &source, &target), &expected);
    assert_eq!(std::fs::read(&target).unwrap(), b"a file");
}

#[test]
fn import_refuses_the_embedded_set() {
    let mini = dataset("fashion-mnist-mini");
    check_error(
        import(&mini, Path::new("a"), Path::new("b")),
        "fashion-mnist-mini is built in, there are no files to import",
    );
}

/// Two sets of one blank image and its label each, as a catalogue would have them, with checksums or without.
fn catalogued() -> Dataset {
    let file = |name: &str, part, content| EntryFile {
        name: name.to_owned(),
        part,
        content,
        n_examples: 1,
        sha256: None,
    };
    let files = vec![
        file("train-images", Part::Train, Content::Images),
        file("train-labels", Part::Train, Content::Labels),
        file("test-images", Part::Test, Content::Images),
        file("test-labels", Part::Test, Content::Labels),
    ];
    Dataset {
        source: Source::Catalogue(Entry {
            files,
            license: String::new(),
            mirrors: Vec::new(),
            how_to_get: String::new(),
            is_embedded: false,
        }),
        ..dataset("mnist")
    }
}

#[test]
fn import_refuses_to_be_shadowed_by_a_file_with_other_content() {
    let root = tempfile::tempdir().unwrap();
    let (source, target) = (root.path().join("downloads"), root.path().join("data"));
    let folder = target.join("mnist");
    let (images, labels) = (idx(&[1, 28, 28], &[0; 784]), idx(&[1], &[3]));
    for part in ["train", "test"] {
        write(&source, &format!("{part}-images.gz"), &gzip(&images));
        write(&source, &format!("{part}-labels.gz"), &gzip(&labels));
    }
    // The content that is imported, under the other name: nothing can go wrong.
    write(&folder, "test-labels", &labels);
    import(&catalogued(), &source, &target).unwrap();
    assert_eq!(names_in(&folder).len(), 5);

    let text = format!(
        "{0}/test-labels is not what is imported as {0}/test-labels.gz, and would be read in its place; remove it and import again",
        folder.shown()
    );
    let gz = folder.join("test-labels.gz");
    for (content, cause) in [
        (idx(&[1], &[4]), None),
        (
            labels[..8].to_vec(),
            Some("byte 8: the data end here, 1 byte short of what is announced"),
        ),
    ] {
        let plain = write(&folder, "test-labels", &content);
        std::fs::remove_file(&gz).unwrap();
        let before = names_in(&folder);
        let error = check_error(import(&catalogued(), &source, &target), &text);
        let Error::Shadowed { source: damage, .. } = error else {
            panic!("{error}");
        };
        let expected = cause.map(|cause| format!("{}: {cause}", plain.shown()));
        assert_eq!(damage.map(|damage| damage.to_string()), expected);
        assert_eq!((names_in(&folder), std::fs::read(&plain).unwrap()), (before, content));
        std::fs::remove_file(plain).unwrap();
        import(&catalogued(), &source, &target).unwrap();
    }
}
