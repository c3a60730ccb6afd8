//! Damaged files give an error or other values, never a panic.

use proptest::prelude::*;
use vds_datasets::idx::{parse_images, parse_labels};
use vds_datasets::mat::parse_digits;

use crate::fixtures::{Mat, gzip, idx, name};

fn seeds() -> Vec<Vec<u8>> {
    let pixels: Vec<u8> = (0..24).collect();
    let (images, labels) = (idx(&[4, 2, 3], &pixels), idx(&[4], &[0, 1, 2, 3]));
    let mut seeds = vec![gzip(&images), gzip(&labels), images, labels];
    for mat in [Mat::LITTLE, Mat::BIG] {
        let x = mat.bytes_array(&[2, 3, 2, 2], "X", &pixels);
        let y = mat.bytes_array(&[2, 1], "y", &[10, 7]);
        seeds.push(mat.file(&[mat.compressed(&x), mat.compressed(&y)]));
        seeds.push(mat.file(&[x, y]));
    }
    seeds
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn mutated_files_do_not_panic(
        seed in prop::sample::select(seeds()),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        length in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
    ) {
        let mut bytes = seed;
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if is_cut {
            bytes.truncate(length.index(bytes.len()));
        }
        if let Ok(images) = parse_images(name(), &bytes) {
            let images = images.value;
            prop_assert_eq!(images.pixels.len(), images.n * images.height * images.width);
        }
        if let Ok(labels) = parse_labels(name(), &bytes, 10) {
            prop_assert!(labels.value.iter().all(|label| *label < 10));
        }
        if let Ok(digits) = parse_digits(name(), &bytes) {
            prop_assert!(digits.value.labels().iter().all(|label| *label < 10));
        }
    }
}
