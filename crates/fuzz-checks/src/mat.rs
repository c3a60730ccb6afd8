//! A MAT file: as it is, and with its arrays packed here, since no fuzzer guesses a checksum.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::ZlibEncoder;
use vds_datasets::mat::parse_digits;
use vds_datasets::{ExampleShape, Examples, Result};

/// The name that must stand in every refusal.
const NAME: &str = "some-file";
const HEADER_LEN: usize = 128;
const ARRAY: u32 = 14;
const COMPRESSED: u32 = 15;

/// Checks `bytes`, and what they become if their arrays are compressed; whether they are read.
///
/// # Panics
/// If something does not hold.
pub fn check(bytes: &[u8]) -> bool {
    let plain = read(bytes);
    let is_read = plain.is_ok();
    match &plain {
        Ok(digits) => check_digits(digits),
        Err(error) => {
            let message = error.to_string();
            assert!(message.contains(NAME), "{message}");
        }
    }
    if let Some(packed) = with_compressed_arrays(bytes) {
        match (plain, read(&packed)) {
            (Ok(plain), Ok(packed)) => assert_eq!(plain, packed),
            (Err(_), Err(_)) => {}
            (plain, packed) => panic!("plain {plain:?}, packed {packed:?}"),
        }
    }
    is_read
}

fn read(bytes: &[u8]) -> Result<Examples> {
    parse_digits(Path::new(NAME), bytes).map(|digits| digits.value)
}

fn check_digits(digits: &Examples) {
    assert!(!digits.is_empty() && digits.labels().iter().all(|label| *label < 10));
    let ExampleShape::Image {
        channels,
        height,
        width,
    } = digits.shape()
    else {
        panic!("digits of the shape {:?}", digits.shape());
    };
    let last = digits.pixels(digits.len() - 1).map(<[u8]>::len);
    assert_eq!(last, Some(channels * height * width));
}

/// The file with each of its arrays compressed; `None` if it is not made of uncompressed arrays from start to end.
fn with_compressed_arrays(bytes: &[u8]) -> Option<Vec<u8>> {
    let (header, mut rest) = bytes.split_at_checked(HEADER_LEN)?;
    let is_big = header.ends_with(b"MI");
    let number = |bytes: &[u8; 4]| {
        if is_big {
            u32::from_be_bytes(*bytes)
        } else {
            u32::from_le_bytes(*bytes)
        }
    };
    let mut packed = header.to_vec();
    while let Some((kind, after)) = rest.split_first_chunk::<4>() {
        let (n_bytes, _) = after.split_first_chunk::<4>()?;
        let n_bytes = usize::try_from(number(n_bytes)).ok()?;
        let (array, others) = rest.split_at_checked(n_bytes.checked_add(8)?)?;
        if number(kind) != ARRAY {
            return None;
        }
        let data = zlib(array);
        let length = u32::try_from(data.len()).ok()?;
        for part in [COMPRESSED, length] {
            packed.extend(if is_big { part.to_be_bytes() } else { part.to_le_bytes() });
        }
        packed.extend(data);
        rest = others;
    }
    rest.is_empty().then_some(packed)
}

fn zlib(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).expect("memory can be written");
    encoder.finish().expect("memory can be written")
}
