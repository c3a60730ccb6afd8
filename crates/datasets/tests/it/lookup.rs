//! The order of places, and the catalogue's checks on what is found there.

use std::path::Path;

use vds_datasets::{Error, FileStatus, Location, Lookup, Origin, verify};
use vds_testkit::files::{Mat, gzip, idx};

use crate::fixtures::{check_error, dataset, load, write};

/// Files that the catalogue of `svhn-like` accepts.
fn write_svhn_like(folder: &Path) {
    write(folder, "train_32x32.mat", &Mat::LITTLE.blank_digits(6000));
    write(folder, "test_32x32.mat", &Mat::LITTLE.blank_digits(2000));
}

/// Files of the right names only.
fn touch(folder: &Path, names: &[&str]) {
    for name in names {
        write(folder, name, b"");
    }
}

const DIGITS: &[&str] = &["train_32x32.mat", "test_32x32.mat"];

#[track_caller]
fn check_taken(lookup: &Lookup, name: &str, folder: &Path, names: &[&str]) {
    let expected: Vec<Location> = names.iter().map(|name| Location::File(folder.join(name))).collect();
    assert_eq!(lookup.locate(&dataset(name)).unwrap(), expected);
}

#[test]
fn lookup_tries_folders_in_order() {
    let root = tempfile::tempdir().unwrap();
    let dirs = ["arg", "env", "xdg", "system-1", "system-2"].map(|name| root.path().join(name));
    let lookup = Lookup {
        data_dir: Some(dirs[0].clone()),
        env_dir: Some(dirs[1].clone()),
        xdg_dir: Some(dirs[2].clone()),
        system_dirs: dirs[3..].to_vec(),
    };
    // From the last place to the first: each one that is added is preferred to those behind it.
    for dir in dirs.iter().rev() {
        for folder in [dir.clone(), dir.join("svhn")] {
            touch(&folder, DIGITS);
            check_taken(&lookup, "svhn", &folder, DIGITS);
        }
    }
}

#[test]
fn lookup_passes_over_a_folder_that_lacks_a_file() {
    let root = tempfile::tempdir().unwrap();
    let lookup = Lookup {
        data_dir: Some(root.path().join("arg")),
        system_dirs: vec![root.path().join("system")],
        ..Lookup::default()
    };
    touch(&root.path().join("arg/svhn"), &DIGITS[..1]);
    touch(&root.path().join("system/svhn"), DIGITS);
    check_taken(&lookup, "svhn", &root.path().join("system/svhn"), DIGITS);
}

#[test]
fn lookup_takes_compressed_and_plain_files_together() {
    let root = tempfile::tempdir().unwrap();
    let names = [
        "train-images-idx3-ubyte.gz",
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte.gz",
    ];
    touch(root.path(), &names);
    let lookup = Lookup {
        env_dir: Some(root.path().to_owned()),
        ..Lookup::default()
    };
    check_taken(&lookup, "mnist", root.path(), &names);
}

#[test]
fn lookup_that_finds_nothing_lists_the_folders_and_how_to_get_the_files() {
    let root = tempfile::tempdir().unwrap();
    let (arg, xdg) = (root.path().join("arg"), root.path().join("xdg"));
    touch(
        &arg.join("fashion-mnist"),
        &["t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte.gz"],
    );
    let lookup = Lookup {
        data_dir: Some(arg.clone()),
        xdg_dir: Some(xdg.clone()),
        ..Lookup::default()
    };
    let expected = format!(
        "the data set fashion-mnist was not found; looked at
  {arg}/fashion-mnist (incomplete, lacks train-images-idx3-ubyte, train-labels-idx1-ubyte)
  {arg} (none of its files)
  {xdg}/fashion-mnist (none of its files)
  {xdg} (none of its files)
to get it: install Debian's package dataset-fashion-mnist, or fetch the four .gz files linked at \
https://github.com/zalandoresearch/fashion-mnist and run `vds data import fashion-mnist FOLDER`, or put them \
into a folder `fashion-mnist` in one of the places above; fashion-mnist-mini needs no files",
        arg = arg.to_string_lossy(),
        xdg = xdg.to_string_lossy(),
    );
    check_error(load(&dataset("fashion-mnist"), &lookup), &expected);
    let error = load(&dataset("mnist"), &Lookup::default()).unwrap_err();
    assert!(
        error
            .to_string()
            .starts_with("the data set mnist was not found; looked at no folder, as none was given\nto get it: fetch"),
        "{error}"
    );
}

#[test]
fn lookup_finds_the_embedded_set_without_any_folder() {
    let lookup = Lookup::default();
    let mini = dataset("fashion-mnist-mini");
    let data = load(&mini, &lookup).unwrap();
    assert_eq!((data.train.len(), data.test.len()), (5000, 1000));
    assert!(verify(&mini, &lookup).unwrap().into_iter().all(|report| {
        matches!(report.status, FileStatus::Verified { .. }) && report.location == Some(Location::Embedded(report.name))
    }));
    check_error(
        lookup.locate(&dataset("svhn")).map(drop),
        &load(&dataset("svhn"), &lookup).unwrap_err().to_string(),
    );
}

#[test]
fn load_reads_a_set_without_known_checksums_and_verify_reports_them() {
    let root = tempfile::tempdir().unwrap();
    write_svhn_like(root.path());
    let lookup = Lookup {
        data_dir: Some(root.path().to_owned()),
        ..Lookup::default()
    };
    let data = load(&dataset("svhn-like"), &lookup).unwrap();
    assert_eq!((data.train.len(), data.test.len()), (6000, 2000));
    assert_eq!(data.train.shape(), dataset("svhn-like").shape);
    assert_eq!(data.standardization.mean(), [0.431, 0.430, 0.446]);
    let files = &data.provenance.files;
    assert_eq!(
        files[0].origin,
        Origin::Read(Location::File(root.path().join("train_32x32.mat")))
    );
    for (report, file) in verify(&dataset("svhn-like"), &lookup).unwrap().iter().zip(files) {
        match &report.status {
            FileStatus::NoKnownChecksum { sha256 } => assert_eq!(sha256, &file.sha256),
            other => panic!("{other:?}"),
        }
    }
}

#[track_caller]
fn check_size(name: &str, bytes: &[u8], expected: &str) {
    let root = tempfile::tempdir().unwrap();
    let dataset = dataset(name);
    let files = &dataset.entry().unwrap().files;
    for file in files {
        write(root.path(), &file.name, bytes);
    }
    let lookup = Lookup {
        data_dir: Some(root.path().to_owned()),
        ..Lookup::default()
    };
    let path = root.path().join(&files[0].name);
    let expected = format!("{} holds an array of {expected}", path.to_string_lossy());
    check_error(load(&dataset, &lookup), &expected);
}

#[test]
fn load_refuses_a_file_of_another_size() {
    check_size(
        "svhn",
        &Mat::LITTLE.blank_digits(10),
        "10 x 3 x 32 x 32, expected 73257 x 3 x 32 x 32",
    );
    check_size(
        "mnist",
        &idx(&[2, 28, 28], &[0; 2 * 784]),
        "2 x 28 x 28, expected 60000 x 28 x 28",
    );
}

#[test]
fn load_refuses_a_wrong_checksum_though_another_folder_may_be_right() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("mnist");
    let images = idx(&[60_000, 28, 28], &vec![0; 60_000 * 784]);
    let path = write(&folder, "train-images-idx3-ubyte.gz", &gzip(&images));
    let others = [
        "train-labels-idx1-ubyte",
        "t10k-images-idx3-ubyte",
        "t10k-labels-idx1-ubyte",
    ];
    touch(&folder, &others);
    let lookup = Lookup {
        env_dir: Some(root.path().to_owned()),
        ..Lookup::default()
    };
    match load(&dataset("mnist"), &lookup).unwrap_err() {
        Error::Checksum {
            path: at,
            actual,
            expected,
        } => {
            assert_eq!(at, path);
            let catalogue = dataset("mnist").entry().unwrap().files[0].sha256.clone();
            assert_eq!(Some(&expected), catalogue.as_ref());
            assert_ne!(actual, expected);
        }
        other => panic!("{other}"),
    }
}

#[test]
fn verify_reports_what_is_wrong_with_each_file() {
    let root = tempfile::tempdir().unwrap();
    let zeros = write(root.path(), "train-labels-idx1-ubyte", &idx(&[60_000], &[0; 60_000]));
    let short = write(root.path(), "t10k-labels-idx1-ubyte", &idx(&[10_000], &[0; 10]));
    let lookup = Lookup {
        data_dir: Some(root.path().to_owned()),
        ..Lookup::default()
    };
    let mnist = dataset("mnist");
    let texts: Vec<String> = verify(&mnist, &lookup)
        .unwrap()
        .into_iter()
        .map(|report| match report.status {
            FileStatus::Bad(error) => error.to_string(),
            other => format!("{other:?}"),
        })
        .collect();
    let actual = texts[1].split(' ').nth(5).unwrap().trim_end_matches(',');
    assert_eq!(actual.len(), 64, "{}", texts[1]);
    let expected = [
        "Missing".to_owned(),
        format!(
            "{} has the SHA-256 digest {actual}, expected {}: it is not the published file, fetch it again",
            zeros.to_string_lossy(),
            mnist.entry().unwrap().files[1].sha256.as_ref().unwrap()
        ),
        "Missing".to_owned(),
        format!(
            "{}: byte 18: the data end here, 9990 bytes short of what is announced",
            short.to_string_lossy()
        ),
    ];
    assert_eq!(texts, expected);
}

#[test]
fn verify_reports_files_that_are_not_there_as_missing() {
    let reports = verify(&dataset("svhn"), &Lookup::default()).unwrap();
    assert_eq!(reports.len(), 2);
    assert!(
        reports
            .iter()
            .all(|report| { matches!(report.status, FileStatus::Missing) && !report.status.is_good() })
    );
}
