//! A gzip IDX file: as it is, or packed here, since no fuzzer guesses a checksum.
//!
//! Bytes that begin with the magic number of gzip are taken as they are. Otherwise the first two bytes say how the rest is
//! packed, and reading the result must give the same as reading the rest.

use std::fmt::Debug;
use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use vds_datasets::Result;
use vds_datasets::idx::{parse_images, parse_labels};

const MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Checks `bytes`; whether they, or what stands for a payload in them, can be read.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    let name = Path::new("some-file");
    match bytes {
        _ if bytes.starts_with(&MAGIC) => crate::idx::check(bytes),
        // What is packed twice is not unpacked twice.
        [_, _, payload @ ..] if payload.starts_with(&MAGIC) => {
            assert!(parse_images(name, &gzip(payload)).is_err());
            false
        }
        [at, damage, payload @ ..] => {
            let middle = usize::from(*at).min(payload.len());
            let (first, second) = payload.split_at(middle);
            // Two members, as `cat a.gz b.gz` gives them.
            let packed = [gzip(first), gzip(second)].concat();
            let are_images = is_same(parse_images(name, payload), parse_images(name, &packed));
            let are_labels = is_same(parse_labels(name, payload, 10), parse_labels(name, &packed, 10));
            let n_missing = 1 + usize::from(*damage) % 8;
            let cut = &packed[..packed.len() - n_missing];
            assert!(
                parse_images(name, cut).is_err() && parse_labels(name, cut, 10).is_err(),
                "a file without its last {n_missing} bytes is read"
            );
            are_images || are_labels
        }
        _ => crate::idx::check(bytes),
    }
}

/// Whether both are read, as the same.
fn is_same<T: Debug + PartialEq>(plain: Result<T>, packed: Result<T>) -> bool {
    match (plain, packed) {
        (Ok(plain), Ok(packed)) => {
            assert_eq!(plain, packed);
            true
        }
        (Err(_), Err(_)) => false,
        (plain, packed) => panic!("plain {plain:?}, packed {packed:?}"),
    }
}

fn gzip(payload: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(payload).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}
