//! An IDX file: read, or refused with its name; what is read is what stands behind the header.

use std::path::Path;

use vds_datasets::Error;
use vds_datasets::idx::{parse_images, parse_labels};

/// The name that must stand in every refusal.
const NAME: &str = "some-file";

/// Checks `bytes` as images and as labels; whether they are either.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    let images = parse_images(Path::new(NAME), bytes);
    let labels = parse_labels(Path::new(NAME), bytes, 10);
    assert!(
        images.is_err() || labels.is_err(),
        "the same bytes are images and labels"
    );
    let is_read = images.is_ok() || labels.is_ok();
    let is_plain = !bytes.starts_with(&[0x1f, 0x8b]);
    match images {
        Ok(images) => {
            let (sum, images) = (images.sha256, images.value);
            let n_pixels = images.n as u128 * images.height as u128 * images.width as u128;
            assert!(n_pixels > 0 && n_pixels == images.pixels.len() as u128);
            assert_eq!(sum.len(), 64);
            assert!(!is_plain || bytes[16..] == images.pixels);
        }
        Err(error) => check_refusal(&error),
    }
    match labels {
        Ok(labels) => {
            let labels = labels.value;
            assert!(!labels.is_empty() && labels.iter().all(|label| *label < 10));
            let is_same = |(byte, label): (&u8, &u32)| u32::from(*byte) == *label;
            assert!(!is_plain || bytes.len() == 8 + labels.len() && bytes[8..].iter().zip(&labels).all(is_same));
        }
        Err(error) => check_refusal(&error),
    }
    is_read
}

fn check_refusal(error: &Error) {
    let message = error.to_string();
    assert!(message.contains(NAME), "{message}");
}
