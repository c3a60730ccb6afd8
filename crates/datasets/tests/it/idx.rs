//! IDX files, right and wrong.

use std::path::Path;

use vds_datasets::idx::{parse_images, parse_labels, read_images, read_labels};
use vds_datasets::{Hashed, Result};
use vds_testkit::files::{gzip, idx};

use crate::fixtures::{check_error, name};

/// SHA-256 of `idx(&[2], &[1, 0])`, by coreutils.
const DIGEST_OF_TWO_LABELS: &str = "5c66aba3a762e749fce01733b324ea216dc02bd55e9854993e97fdb137383831";

fn two_images() -> Vec<u8> {
    idx(&[2, 2, 3], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255])
}

fn two_labels() -> Vec<u8> {
    idx(&[2], &[1, 0])
}

#[test]
fn idx_images_are_read_plain_and_compressed() {
    let plain = parse_images(name(), &two_images()).unwrap();
    let images = &plain.value;
    assert_eq!((images.n, images.height, images.width), (2, 2, 3));
    assert_eq!(images.pixels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]);
    assert_eq!(parse_images(name(), &gzip(&two_images())).unwrap(), plain);
}

#[test]
fn idx_digest_is_that_of_the_uncompressed_payload() {
    let expected = Hashed {
        value: vec![1, 0],
        sha256: DIGEST_OF_TWO_LABELS.to_owned(),
    };
    for bytes in [two_labels(), gzip(&two_labels())] {
        assert_eq!(parse_labels(name(), &bytes, 2).unwrap(), expected);
    }
}

#[test]
fn idx_gzip_members_are_joined() {
    let payload = two_labels();
    let (first, second) = payload.split_at(9);
    let joined = [gzip(first), gzip(second)].concat();
    let joined = parse_labels(name(), &joined, 2).unwrap();
    assert_eq!(joined.value, [1, 0]);
}

#[test]
fn idx_refuses_a_missing_file_by_name() {
    let error = check_error(read_images(Path::new("no/such")), "cannot read no/such");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn idx_refuses_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let expected = format!("cannot read {}", folder.path().to_string_lossy());
    let error = check_error(read_labels(folder.path(), 2), &expected);
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "it is not a regular file");
}

#[track_caller]
fn check_images(bytes: &[u8], expected: &str) {
    check_error(parse_images(name(), bytes), expected);
}

#[track_caller]
fn check_labels(bytes: &[u8], expected: &str) {
    check_error(parse_labels(name(), bytes, 10), expected);
}

#[test]
fn idx_refuses_a_wrong_magic_number() {
    check_images(
        &two_labels(),
        "file: byte 0: magic number 0x00000801, expected 0x00000803 (IDX with 3 dimensions of bytes)",
    );
    check_labels(
        &gzip(&two_images()),
        "file: uncompressed byte 0: magic number 0x00000803, expected 0x00000801 (IDX with 1 dimension of bytes)",
    );
    check_images(
        b"\x89PNG\r\n\x1a\n",
        "file: byte 0: magic number 0x89504e47, expected 0x00000803 (IDX with 3 dimensions of bytes)",
    );
}

#[test]
fn idx_refuses_truncated_files() {
    let short_by = |n: usize| two_images()[..28 - n].to_vec();
    check_images(
        &[],
        "file: byte 0: the data end here, 4 bytes short of what is announced",
    );
    check_images(
        &short_by(21),
        "file: byte 7: the data end here, 1 byte short of what is announced",
    );
    check_images(
        &short_by(5),
        "file: byte 23: the data end here, 5 bytes short of what is announced",
    );
    check_images(
        &gzip(&short_by(5)),
        "file: uncompressed byte 23: the data end here, 5 bytes short of what is announced",
    );
}

#[test]
fn idx_refuses_oversized_files() {
    let mut bytes = two_images();
    bytes.push(0);
    check_images(&bytes, "file: byte 28: data follow where the header says that they end");
    check_images(
        &gzip(&bytes),
        "file: uncompressed byte 28: data follow where the header says that they end",
    );
}

#[test]
fn idx_refuses_sizes_of_zero() {
    check_images(
        &idx(&[2, 0, 3], &[]),
        "file: byte 4: an array of 2 x 0 x 3, expected no size of 0",
    );
    check_labels(&idx(&[0], &[]), "file: byte 4: an array of 0, expected no size of 0");
}

#[test]
fn idx_refuses_labels_out_of_range() {
    let bytes = idx(&[4], &[0, 9, 10, 11]);
    check_labels(&bytes, "file: byte 10: label 10, expected 0 to 9");
    check_labels(&gzip(&bytes), "file: uncompressed byte 10: label 10, expected 0 to 9");
}

/// Nothing is allocated for these: 2^93 bytes could not be.
#[test]
fn idx_refuses_headers_that_promise_too_much() {
    let huge = idx(&[1 << 31; 3], &[0; 100]);
    check_images(
        &huge,
        "file: byte 116: the data end here, 9903520314283042199192993692 bytes short of what is announced",
    );
    check_images(
        &gzip(&huge),
        "file: uncompressed byte 16: 9903520314283042199192993792 bytes are announced, \
        at most 67108848 are accepted from compressed data of this size",
    );
    check_labels(
        &idx(&[u32::MAX], &[0; 10]),
        "file: byte 18: the data end here, 4294967285 bytes short of what is announced",
    );
}

#[test]
fn idx_unpacking_stops_where_the_header_says() {
    // 100 MB of zeros behind two labels.
    let mut payload = two_labels();
    payload.resize(100_000_000, 0);
    check_labels(
        &gzip(&payload),
        "file: uncompressed byte 10: data follow where the header says that they end",
    );
}

#[test]
fn idx_refuses_damaged_gzip() {
    let whole = gzip(&two_images());
    let mut flipped = whole.clone();
    let in_checksum = whole.len() - 6;
    flipped[in_checksum] ^= 1;
    let expected = "file: uncompressed byte 28: the compressed data are damaged";
    check_images(&flipped, expected);
    check_images(
        &whole[..whole.len() - 3],
        "file: uncompressed byte 28: the compressed data end early, or something follows them",
    );
    check_images(
        &whole[..10],
        "file: uncompressed byte 0: the data end here, 4 bytes short of what is announced",
    );
    let with_garbage = [&whole[..], b"ten bytes of garbage"].concat();
    check_images(&with_garbage, expected);
}

#[test]
fn idx_refuses_each_truncation_and_each_addition() {
    fn parse(bytes: &[u8]) -> Result<()> {
        parse_images(name(), bytes).map(drop)
    }
    for whole in [two_images(), gzip(&two_images())] {
        assert!(parse(&whole).is_ok());
        for n in 0..whole.len() {
            assert!(parse(&whole[..n]).is_err(), "cut to {n} bytes");
        }
        for byte in [0, 0x1f, 0xff] {
            assert!(parse(&[&whole[..], &[byte]].concat()).is_err(), "{byte} added");
        }
    }
}
