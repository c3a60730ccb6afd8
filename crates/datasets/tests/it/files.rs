//! Files of a user's own, in any format that is read.

use std::path::{Path, PathBuf};

use vds_datasets::{
    Dataset, Error, ExampleShape, FileContent, Location, Lookup, Origin, Source, Standardization, import, open, verify,
};
use vds_testkit::files::{Mat, gzip, idx};

use crate::fixtures::{check_error, load, write};

/// Two classes of gray images of 2 x 3 pixels in these files.
fn dataset(train: Vec<PathBuf>, test: Vec<PathBuf>) -> Dataset {
    Dataset {
        name: "own".to_owned(),
        description: "two classes".to_owned(),
        shape: ExampleShape::Image {
            channels: 1,
            height: 2,
            width: 3,
        },
        class_names: vec!["no".to_owned(), "yes".to_owned()],
        standardization: Standardization::identity(1),
        source: Source::Files { train, test },
    }
}

fn write_images(folder: &Path, name: &str, pixels: &[u8]) -> PathBuf {
    let n = u32::try_from(pixels.len() / 6).unwrap();
    write(folder, name, &idx(&[n, 2, 3], pixels))
}

#[test]
fn files_are_joined_in_order_and_recorded() {
    let root = tempfile::tempdir().unwrap();
    let first = write_images(root.path(), "first", &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]);
    let second = write(root.path(), "second.gz", &gzip(&idx(&[1, 2, 3], &[7; 6])));
    let labels = write(root.path(), "labels.gz", &gzip(&idx(&[3], &[1, 0, 1])));
    let mat = [
        Mat::LITTLE.bytes_array(&[2, 3, 1, 2], "X", &[9; 12]),
        Mat::LITTLE.bytes_array(&[2, 1], "y", &[10, 1]),
    ];
    let test = write(root.path(), "test.MAT", &Mat::LITTLE.file(&mat));
    let paths = [first, second, labels, test];
    let own = dataset(paths[..3].to_vec(), paths[3..].to_vec());
    let data = load(&own, &Lookup::default()).unwrap();
    assert_eq!(data.train.labels(), [1, 0, 1]);
    assert_eq!(data.train.pixels(1).unwrap(), [6, 7, 8, 9, 10, 255]);
    assert_eq!(data.train.pixels(2).unwrap(), [7; 6]);
    // The format's 10 stands for class 0.
    assert_eq!((data.test.labels(), data.test.n_classes()), (&[0, 1][..], 2));
    let files = data.provenance.files.iter().zip(paths);
    assert!(
        files
            .into_iter()
            .all(|(file, path)| file.origin == Origin::Read(Location::File(path)))
    );
    assert_eq!(data.provenance.class_names, ["no", "yes"]);
}

#[test]
fn files_with_differing_numbers_of_images_and_labels_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let images = ["a", "b"].map(|name| write_images(root.path(), name, &[0; 12]));
    let labels = write(root.path(), "labels", &idx(&[3], &[0, 1, 1]));
    let [a, b] = images.each_ref().map(|path| path.to_string_lossy());
    let expected = format!("4 images in {a}, {b}, but 3 labels in {}", labels.to_string_lossy());
    let all = [images.to_vec(), vec![labels]].concat();
    check_error(load(&dataset(all, Vec::new()), &Lookup::default()), &expected);
    let expected = format!("2 images in {a}, but 0 labels in no file");
    let own = dataset(images[..1].to_vec(), Vec::new());
    check_error(load(&own, &Lookup::default()), &expected);
}

#[test]
fn files_of_another_shape_or_class_are_refused() {
    let root = tempfile::tempdir().unwrap();
    let wide = write(root.path(), "wide", &idx(&[1, 3, 2], &[0; 6]));
    let expected = format!(
        "{} holds an array of 1 x 1 x 3 x 2, expected 1 x 1 x 2 x 3",
        wide.to_string_lossy()
    );
    check_error(load(&dataset(vec![wide], Vec::new()), &Lookup::default()), &expected);
    let labels = write(root.path(), "labels", &idx(&[1], &[2]));
    let expected = format!("{}: byte 8: label 2, expected 0 to 1", labels.to_string_lossy());
    check_error(load(&dataset(vec![labels], Vec::new()), &Lookup::default()), &expected);
}

#[test]
fn files_are_opened_by_what_they_hold() {
    let root = tempfile::tempdir().unwrap();
    let images = write_images(root.path(), "a", &[5; 6]);
    let labels = write(root.path(), "b", &gzip(&idx(&[2], &[1, 0])));
    let digits = write(root.path(), "c.mat", &Mat::BIG.blank_digits(2));
    match open(&images, 2).unwrap().value {
        FileContent::Images(images) => assert_eq!((images.n, images.shape()), (1, [1, 2, 3])),
        other => panic!("{other:?}"),
    }
    assert_eq!(open(&labels, 2).unwrap().value, FileContent::Labels(vec![1, 0]));
    match open(&digits, 10).unwrap().value {
        FileContent::ImagesAndLabels(images, labels) => {
            assert_eq!((images.n, images.shape(), labels), (2, [3, 32, 32], vec![1, 1]));
        }
        other => panic!("{other:?}"),
    }
    let text = write(root.path(), "text", b"0.5 0.5\n");
    let expected = format!(
        "{}: byte 0: magic number 0x302e3520, expected 0x00000803 (IDX with 3 dimensions of bytes)",
        text.to_string_lossy()
    );
    check_error(open(&text, 2), &expected);
}

#[test]
fn files_of_a_user_are_not_of_the_catalogue() {
    let own = dataset(Vec::new(), Vec::new());
    let folder = Path::new("nowhere");
    let expected = "own is not a data set of the catalogue";
    let error = check_error(verify(&own, &Lookup::default()), expected);
    assert!(matches!(error, Error::NotOfCatalogue { name } if name == "own"));
    check_error(import(&own, folder, folder), expected);
    check_error(Lookup::default().locate(&own), expected);
}
