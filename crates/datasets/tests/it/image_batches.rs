//! Images read batch by batch: those of the whole file, in memory for one batch.

use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use vds_datasets::{Error, ExampleShape, FileContent, Images, Result, for_each_image_batch, open};
use vds_files::Shown as _;
use vds_testkit::files::{Mat, gzip, idx};

use crate::fixtures::{check_error, write};

const GRAY: ExampleShape = ExampleShape::Image {
    channels: 1,
    height: 2,
    width: 3,
};
const COLOR: ExampleShape = ExampleShape::Image {
    channels: 2,
    height: 2,
    width: 3,
};

fn gray(n: u8) -> Vec<u8> {
    idx(&[n.into(), 2, 3], &(0..6 * n).collect::<Vec<u8>>())
}

/// Variables of seven pictures in color and their labels.
fn color(mat: Mat) -> [Vec<u8>; 2] {
    let x = mat.bytes_array(&[2, 3, 2, 7], "X", &(0..84).collect::<Vec<u8>>());
    [x, mat.bytes_array(&[7, 1], "y", &[1, 2, 3, 4, 5, 6, 10])]
}

fn batches(path: &Path, shape: ExampleShape, batch_size: usize) -> (Vec<Images>, Result<()>) {
    let mut batches = Vec::new();
    let outcome = for_each_image_batch(path, shape, batch_size, |images| {
        batches.push(images);
        Ok(())
    });
    (batches, outcome)
}

#[track_caller]
fn check_batches(path: &Path, shape: ExampleShape) {
    let (FileContent::Images(whole) | FileContent::ImagesAndLabels(whole, _)) = open(path, 10).unwrap().value else {
        panic!("{} holds labels", path.shown());
    };
    for batch_size in [1, 2, 3, 7, 8, usize::MAX] {
        let (batches, outcome) = batches(path, shape, batch_size);
        outcome.unwrap();
        let sizes: Vec<usize> = batches.iter().map(|batch| batch.n).collect();
        let (last, before) = sizes.split_last().unwrap();
        assert!(
            before.iter().all(|size| *size == batch_size) && *last <= batch_size,
            "{sizes:?}"
        );
        assert!(batches.iter().all(|batch| batch.shape() == whole.shape()));
        let pixels: Vec<u8> = batches.into_iter().flat_map(|batch| batch.pixels).collect();
        assert_eq!(pixels, whole.pixels);
    }
}

#[test]
fn image_batches_are_those_of_the_whole_file() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, bytes: &[u8]| write(folder.path(), name, bytes);
    check_batches(&write("plain", &gray(7)), GRAY);
    check_batches(&write("packed", &gzip(&gray(7))), GRAY);
    for mat in [Mat::LITTLE, Mat::BIG] {
        let [x, y] = color(mat);
        check_batches(&write("plain.mat", &mat.file(&[x.clone(), y.clone()])), COLOR);
        let packed = [mat.compressed(&y), mat.compressed(&x)];
        check_batches(&write("packed.mat", &mat.file(&packed)), COLOR);
        // The data of four bytes or fewer stand in their tag.
        let small = [
            mat.bytes_array(&[1, 1, 1, 3], "X", &[7, 8, 9]),
            mat.bytes_array(&[3, 1], "y", &[1, 2, 3]),
        ];
        let pixel = ExampleShape::Image {
            channels: 1,
            height: 1,
            width: 1,
        };
        check_batches(&write("small.mat", &mat.file(&small)), pixel);
    }
}

#[test]
fn image_batches_come_before_the_error_behind_them() {
    let folder = tempfile::tempdir().unwrap();
    let byte = |index: u32| u8::try_from((index % 1009).pow(2) / 7 % 251).unwrap();
    let pixels: Vec<u8> = (0..6 * 20_000).map(byte).collect();
    let whole = idx(&[20_000, 2, 3], &pixels);
    let packed = gzip(&whole);
    let path = write(folder.path(), "a.gz", &packed[..packed.len() * 3 / 4]);
    let (read, outcome) = batches(&path, GRAY, 100);
    assert!((10..200).contains(&read.len()), "{}", read.len());
    let before: Vec<u8> = read.iter().flat_map(|batch| batch.pixels.clone()).collect();
    assert_eq!(before, pixels[..before.len()]);
    let message = outcome.unwrap_err().to_string();
    assert!(
        message.contains("a.gz: uncompressed byte ") && message.contains("the data end here"),
        "{message}"
    );

    // The length of a plain file is known from the start.
    let path = write(folder.path(), "plain", &whole[..whole.len() - 1]);
    let (read, outcome) = batches(&path, GRAY, 100);
    assert!(read.is_empty());
    let expected = format!(
        "{}: byte 120015: the data end here, 1 byte short of what is announced",
        path.shown()
    );
    check_error(outcome, &expected);

    let path = write(folder.path(), "longer", &[gray(7), vec![0]].concat());
    let (read, outcome) = batches(&path, GRAY, 5);
    assert_eq!(read.len(), 2);
    let expected = format!(
        "{}: byte 58: data follow where the header says that they end",
        path.shown()
    );
    check_error(outcome, &expected);

    let [x, y] = color(Mat::LITTLE);
    let path = write(folder.path(), "lonely.mat", &Mat::LITTLE.file(std::slice::from_ref(&x)));
    let (read, outcome) = batches(&path, COLOR, 4);
    assert_eq!(read.len(), 2);
    assert!(
        outcome
            .unwrap_err()
            .to_string()
            .ends_with("the file ends without the variable y")
    );
    let few = Mat::LITTLE.bytes_array(&[6, 1], "y", &[1; 6]);
    let path = write(folder.path(), "few.mat", &Mat::LITTLE.file(&[x.clone(), few]));
    let (_, outcome) = batches(&path, COLOR, 4);
    assert!(matches!(
        outcome,
        Err(Error::CountMismatch {
            n_images: 7,
            n_labels: 6,
            ..
        })
    ));
    let zero = Mat::LITTLE.bytes_array(&[7, 1], "y", &[1, 1, 1, 1, 1, 1, 0]);
    let path = write(folder.path(), "zero.mat", &Mat::LITTLE.file(&[zero, x, y]));
    let (_, outcome) = batches(&path, COLOR, 4);
    let message = outcome.unwrap_err().to_string();
    // 128 of the file, 56 of the array before its numbers, and six labels.
    assert!(message.ends_with("byte 190: label 0, expected 1 to 10"), "{message}");
}

#[test]
fn image_batches_are_refused_before_any_pixel_of_another_shape() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "images", &gray(7));
    let (read, outcome) = batches(&path, COLOR, 4);
    assert!(read.is_empty());
    let expected = format!(
        "{} holds images of 1 x 2 x 3 pixels, expected 2 x 2 x 3 pixels",
        path.shown()
    );
    check_error(outcome, &expected);
    let path = write(folder.path(), "a.mat", &Mat::LITTLE.file(&color(Mat::LITTLE)));
    let expected = format!(
        "{} holds images of 2 x 2 x 3 pixels, expected 1 x 2 x 3 pixels",
        path.shown()
    );
    check_error(batches(&path, GRAY, 4).1, &expected);
    let path = write(folder.path(), "labels", &idx(&[2], &[1, 2]));
    let expected = format!("{} holds labels, expected images", path.shown());
    check_error(batches(&path, GRAY, 4).1, &expected);
}

#[test]
fn image_batches_end_with_the_first_error_of_the_visitor() {
    #[derive(Debug)]
    enum Failure {
        Read(Error),
        Enough,
    }
    impl From<Error> for Failure {
        fn from(error: Error) -> Self {
            Self::Read(error)
        }
    }
    let folder = tempfile::tempdir().unwrap();
    let mat = Mat::LITTLE;
    for path in [
        write(folder.path(), "a", &gray(7)),
        write(
            folder.path(),
            "a.mat",
            &mat.file(&color(mat).map(|array| mat.compressed(&array))),
        ),
    ] {
        let shape = if path.ends_with("a") { GRAY } else { COLOR };
        let mut n = 0;
        let outcome = for_each_image_batch(&path, shape, 2, |images| {
            n += images.n;
            if n < 4 { Ok(()) } else { Err(Failure::Enough) }
        });
        match outcome {
            Err(Failure::Enough) => assert_eq!(n, 4),
            Err(Failure::Read(error)) => panic!("{error}"),
            Ok(()) => panic!("the visitor was not asked"),
        }
    }
}

/// A named pipe that nobody writes to.
#[cfg(unix)]
fn fifo(folder: &Path, name: &str) -> PathBuf {
    let path = folder.join(name);
    let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    path
}

#[cfg(unix)]
#[test]
fn data_files_that_are_not_regular_are_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let paths = [
        fifo(folder.path(), "fifo"),
        fifo(folder.path(), "fifo.mat"),
        PathBuf::from("/dev/zero"),
        folder.path().to_owned(),
    ];
    for path in paths {
        let (sender, receiver) = mpsc::channel();
        let opened = path.clone();
        // Not joined: if it hangs, only the test ends.
        thread::spawn(move || {
            let results = [open(&opened, 10).map(drop), batches(&opened, GRAY, 4).1];
            sender.send(results).map_err(drop)
        });
        for result in receiver.recv_timeout(Duration::from_secs(20)).expect("it hangs") {
            let error = result.unwrap_err();
            assert_eq!(error.to_string(), format!("cannot read {}", path.shown()));
            let cause = std::error::Error::source(&error).unwrap().to_string();
            assert_eq!(cause, "it is not a regular file", "{}", path.shown());
        }
    }
}
