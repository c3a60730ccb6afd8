//! Copying data sets into a data folder.

use std::path::Path;

use vds_datasets::{Dataset, Error, Lookup, import};
use vds_testkit::files::Mat;

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
