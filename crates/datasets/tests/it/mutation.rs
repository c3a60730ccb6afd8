//! Damaged files are refused, or read as what they hold, which reads back equal after being written again.

use proptest::prelude::*;
use vds_datasets::ExampleShape;
use vds_datasets::idx::{parse_images, parse_labels};
use vds_datasets::mat::parse_digits;
use vds_fuzz_checks as checks;
use vds_testkit::files::{Mat, gzip, idx};
use vds_testkit::malformed::{cases, damaged, seeds};

use crate::fixtures::name;

/// Shapes and byte orders that the seeds of the fuzz targets lack.
fn small_files() -> Vec<Vec<u8>> {
    let pixels: Vec<u8> = (0..24).collect();
    let (images, labels) = (idx(&[4, 2, 3], &pixels), idx(&[4], &[0, 1, 2, 3]));
    let mut files = vec![gzip(&images), gzip(&labels), images, labels];
    for mat in [Mat::LITTLE, Mat::BIG] {
        let x = mat.bytes_array(&[2, 3, 2, 2], "X", &pixels);
        let y = mat.bytes_array(&[2, 1], "y", &[10, 7]);
        files.push(mat.file(&[mat.compressed(&x), mat.compressed(&y)]));
        files.push(mat.file(&[x, y]));
    }
    files
}

fn size(n: usize) -> u32 {
    u32::try_from(n).unwrap()
}

/// Whether `bytes` are read as an IDX file. What was read, written again, is the uncompressed payload to the byte.
fn check_idx(bytes: &[u8]) -> bool {
    checks::idx::check(bytes);
    let images = parse_images(name(), bytes).map(|images| {
        let sizes = [images.value.n, images.value.height, images.value.width].map(size);
        (idx(&sizes, &images.value.pixels), images.sha256)
    });
    let labels = parse_labels(name(), bytes, 10).map(|labels| {
        let data: Vec<u8> = labels.value.iter().map(|label| u8::try_from(*label).unwrap()).collect();
        (idx(&[size(data.len())], &data), labels.sha256)
    });
    let Ok((payload, sha256)) = images.or(labels) else {
        return false;
    };
    assert_eq!(vds_files::digest(&payload), sha256);
    let is_compressed = bytes.starts_with(&[0x1f, 0x8b]);
    assert!(is_compressed || payload == bytes);
    true
}

/// Whether `bytes` are read as a MAT file. What was read, written again in either byte order, reads back equal.
fn check_mat(bytes: &[u8]) -> bool {
    checks::mat::check(bytes);
    let Ok(digits) = parse_digits(name(), bytes).map(|digits| digits.value) else {
        return false;
    };
    let ExampleShape::Image {
        channels,
        height,
        width,
    } = digits.shape()
    else {
        panic!("digits of the shape {:?}", digits.shape());
    };
    let mut column_major = Vec::new();
    for index in 0..digits.len() {
        for plane in digits.pixels(index).unwrap().chunks_exact(height * width) {
            column_major.extend((0..height * width).map(|at| plane[at % height * width + at / height]));
        }
    }
    let labels: Vec<u8> = digits
        .labels()
        .iter()
        .map(|label| [10, 1, 2, 3, 4, 5, 6, 7, 8, 9][*label as usize])
        .collect();
    for mat in [Mat::LITTLE, Mat::BIG] {
        let x = mat.bytes_array(&[height, width, channels, digits.len()].map(size), "X", &column_major);
        let y = mat.bytes_array(&[size(labels.len()), 1], "y", &labels);
        let again = parse_digits(name(), &mat.file(&[x, mat.compressed(&y)])).unwrap().value;
        assert_eq!(again, digits);
    }
    true
}

#[test]
fn mutation_starts_from_files_that_are_read() {
    assert!(
        seeds("idx")
            .iter()
            .all(|seed| checks::idx::check(seed) && check_idx(seed))
    );
    assert!(seeds("idx_gz").iter().all(|seed| checks::idx_gz::check(seed)));
    assert!(
        seeds("mat")
            .iter()
            .all(|seed| checks::mat::check(seed) && check_mat(seed))
    );
    assert!(small_files().iter().all(|file| check_idx(file) != check_mat(file)));
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn mutation_of_idx_files_is_read_as_written_or_refused(bytes in damaged(seeds("idx"))) {
        check_idx(&bytes);
    }

    #[test]
    fn mutation_of_gzip_files_is_read_as_written_or_refused(bytes in damaged(seeds("idx_gz"))) {
        checks::idx_gz::check(&bytes);
        check_idx(&bytes);
    }

    #[test]
    fn mutation_of_mat_files_is_read_as_written_or_refused(bytes in damaged(seeds("mat"))) {
        check_mat(&bytes);
    }

    #[test]
    fn mutation_of_small_files_is_read_as_written_or_refused(bytes in damaged(small_files())) {
        checks::idx_gz::check(&bytes);
        prop_assert!(!(check_idx(&bytes) && check_mat(&bytes)), "read as IDX and as MAT");
    }
}
