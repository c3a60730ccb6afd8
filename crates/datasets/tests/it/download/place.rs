//! What is in the folder already, and what cannot be fetched at all.

use std::error::Error as _;
use std::fs::{self, File};
use std::ops::ControlFlow;

use vds_datasets::download::{Error, Options, fetch};

use super::sample::{Sample, options, other_file};
use super::server::Server;
use crate::fixtures::{check_error, dataset, write};

#[test]
fn right_file_is_not_fetched_again_whether_compressed_or_not() {
    let sample = Sample::new();
    let mut payload = Vec::new();
    let mut decoder = flate2::read::GzDecoder::new(sample.file.as_slice());
    std::io::Read::read_to_end(&mut decoder, &mut payload).unwrap();
    let path = write(&sample.folder(), "images", &payload);
    let server = Server::good(&sample.file);
    let options = options(&[&server.mirror()]);
    let fetched = fetch(&sample.dataset, sample.root.path(), &options, &mut |_| {
        ControlFlow::Continue(())
    })
    .unwrap();
    assert_eq!((&fetched[0].path, &fetched[0].url), (&path, &None));
    assert!(server.requests().is_empty());
    assert!(!sample.target().exists());
}

#[test]
fn wrong_file_is_named_and_stays() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    let bytes = other_file();
    let path = write(&sample.folder(), "images.gz", &bytes);
    let expected = format!(
        "{} is there and is not what it should be; it is not replaced, remove it to fetch it",
        path.to_string_lossy()
    );
    let options = options(&[&server.mirror()]);
    let result = fetch(&sample.dataset, sample.root.path(), &options, &mut |_| {
        ControlFlow::Continue(())
    });
    let error = check_error(result, &expected);
    assert!(
        error.source().unwrap().to_string().contains("has the SHA-256 digest"),
        "{error:?}"
    );
    assert_eq!(fs::read(&path).unwrap(), bytes);
    assert!(server.requests().is_empty());
    assert!(!sample.partial().exists());
}

#[test]
fn file_that_another_process_is_writing_is_left_alone() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    sample.leave_behind(b"half of it");
    let other = File::options().write(true).open(sample.partial()).unwrap();
    other.lock().unwrap();
    let expected = format!("another process is writing {}", sample.partial().to_string_lossy());
    sample.check_refused(&options(&[&server.mirror()]), &expected);
    assert_eq!(fs::read(sample.partial()).unwrap(), b"half of it");
    drop(other);
    sample.check_fetched(&options(&[&server.mirror()]), &server.mirror());
}

#[test]
fn place_that_cannot_be_written_is_an_error_and_nothing_is_asked() {
    let sample = Sample::new();
    let server = Server::good(&sample.file);
    write(sample.root.path(), "sample", b"a file, not a folder");
    let expected = format!("cannot write {}", sample.folder().to_string_lossy());
    let result = fetch(
        &sample.dataset,
        sample.root.path(),
        &options(&[&server.mirror()]),
        &mut |_| ControlFlow::Continue(()),
    );
    check_error(result, &expected);
    assert!(server.requests().is_empty());
}

#[test]
fn sets_that_are_nowhere_published_say_how_to_get_them() {
    let root = tempfile::tempdir().unwrap();
    let fetch = |name, options: &Options| {
        fetch(&dataset(name), root.path(), options, &mut |_| ControlFlow::Continue(())).unwrap_err()
    };
    let error = fetch("svhn-like", &Options::default());
    let expected =
        "no server is known to have svhn-like; to get it: it is a stand-in for SVHN that is not published; put ";
    assert!(error.to_string().starts_with(expected), "{error}");
    // A mirror does not help what is built in.
    let error = fetch("fashion-mnist-mini", &options(&["http://127.0.0.1:9/"]));
    assert!(matches!(error, Error::NoMirror { .. }));
    assert_eq!(
        error.to_string(),
        "no server is known to have fashion-mnist-mini; to get it: it is built in"
    );
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 0);
}
