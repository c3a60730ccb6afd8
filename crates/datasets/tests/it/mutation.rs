//! Damaged files give an error or other values, never a panic; what must hold is that of the fuzz targets.

use proptest::prelude::*;
use vds_fuzz_checks as checks;
use vds_testkit::malformed::{cases, damaged, seeds};

use crate::fixtures::{Mat, gzip, idx};

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

#[test]
fn whole_seeds_are_read() {
    assert!(seeds("idx").iter().all(|seed| checks::idx::check(seed)));
    assert!(seeds("idx_gz").iter().all(|seed| checks::idx_gz::check(seed)));
    assert!(seeds("mat").iter().all(|seed| checks::mat::check(seed)));
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn damaged_idx_files_are_read_or_refused(bytes in damaged(seeds("idx"))) {
        checks::idx::check(&bytes);
    }

    #[test]
    fn damaged_gzip_files_are_read_or_refused(bytes in damaged(seeds("idx_gz"))) {
        checks::idx_gz::check(&bytes);
    }

    #[test]
    fn damaged_mat_files_are_read_or_refused(bytes in damaged(seeds("mat"))) {
        checks::mat::check(&bytes);
    }

    #[test]
    fn damaged_small_files_are_read_or_refused(bytes in damaged(small_files())) {
        checks::idx_gz::check(&bytes);
        checks::idx::check(&bytes);
        checks::mat::check(&bytes);
    }
}
