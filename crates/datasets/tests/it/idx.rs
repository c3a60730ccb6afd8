//! IDX files, right and wrong.

use std::path::Path;

use vds_datasets::idx::{parse_images, parse_labels, read, read_images, read_labels};
use vds_datasets::{ExampleShape, Result, Summed};

use crate::fixtures::{check_error, gzip, idx, name, write};

/// SHA-256 of `idx(&[2], &[1, 0])`, by coreutils.
const SUM_OF_TWO_LABELS: &str = "5c66aba3a762e749fce01733b324ea216dc02bd55e9854993e97fdb137383831";

fn two_images() -> Vec<u8> {
    idx(&[2, 2, 3], &[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255])
}

fn two_labels() -> Vec<u8> {
    idx(&[2], &[1, 0])
}

#[test]
fn images_are_read_plain_and_compressed() {
    let plain = parse_images(name(), &two_images()).unwrap();
    let images = &plain.value;
    assert_eq!((images.n, images.height, images.width), (2, 2, 3));
    assert_eq!(images.pixels, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 255]);
    assert_eq!(parse_images(name(), &gzip(&two_images())).unwrap(), plain);
}

#[test]
fn sums_are_those_of_the_uncompressed_payload() {
    let expected = Summed {
        value: vec![1, 0],
        sha256: SUM_OF_TWO_LABELS.to_owned(),
    };
    for bytes in [two_labels(), gzip(&two_labels())] {
        assert_eq!(parse_labels(name(), &bytes, 2).unwrap(), expected);
    }
}

#[test]
fn gzip_members_are_joined() {
    let payload = two_labels();
    let (first, second) = payload.split_at(9);
    let joined = [gzip(first), gzip(second)].concat();
    let joined = parse_labels(name(), &joined, 2).unwrap();
    assert_eq!(joined.value, [1, 0]);
}

#[test]
fn a_pair_of_files_is_read_as_examples() {
    let folder = tempfile::tempdir().unwrap();
    let images = write(folder.path(), "images", &two_images());
    let labels = write(folder.path(), "labels.gz", &gzip(&two_labels()));
    let examples = read(&images, &labels, 3).unwrap();
    let shape = ExampleShape::Image {
        channels: 1,
        height: 2,
        width: 3,
    };
    assert_eq!((examples.shape(), examples.n_classes()), (shape, 3));
    assert_eq!(examples.labels(), [1, 0]);
    assert_eq!(examples.pixels(1).unwrap(), [6, 7, 8, 9, 10, 255]);
}

#[test]
fn differing_numbers_of_images_and_labels_are_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let images = write(folder.path(), "images", &two_images());
    let labels = write(folder.path(), "labels", &idx(&[3], &[0, 1, 2]));
    let expected = format!(
        "{} holds 2 images, but {} holds 3 labels",
        images.display(),
        labels.display()
    );
    check_error(read(&images, &labels, 3), &expected);
}

#[test]
fn a_missing_file_is_named() {
    let error = check_error(read_images(Path::new("no/such")), "cannot read no/such");
    assert!(std::error::Error::source(&error).is_some());
}

#[test]
fn a_folder_is_no_file() {
    let folder = tempfile::tempdir().unwrap();
    let expected = format!("cannot read {}", folder.path().display());
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
fn wrong_magic_is_an_error() {
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
fn truncated_files_are_errors() {
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
fn oversized_files_are_errors() {
    let mut bytes = two_images();
    bytes.push(0);
    check_images(&bytes, "file: byte 28: data follow where the header says that they end");
    check_images(
        &gzip(&bytes),
        "file: uncompressed byte 28: data follow where the header says that they end",
    );
}

#[test]
fn sizes_of_zero_are_errors() {
    check_images(
        &idx(&[2, 0, 3], &[]),
        "file: byte 4: an array of 2 x 0 x 3, expected no size of 0",
    );
    check_labels(&idx(&[0], &[]), "file: byte 4: an array of 0, expected no size of 0");
}

#[test]
fn labels_out_of_range_are_errors() {
    let bytes = idx(&[4], &[0, 9, 10, 11]);
    check_labels(&bytes, "file: byte 10: label 10, expected 0 to 9");
    check_labels(&gzip(&bytes), "file: uncompressed byte 10: label 10, expected 0 to 9");
}

/// Nothing is allocated for these: 2^93 bytes could not be.
#[test]
fn headers_that_promise_too_much_are_errors() {
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
fn unpacking_stops_where_the_header_says() {
    // 100 MB of zeros behind two labels.
    let mut payload = two_labels();
    payload.resize(100_000_000, 0);
    check_labels(
        &gzip(&payload),
        "file: uncompressed byte 10: data follow where the header says that they end",
    );
}

#[test]
fn damaged_gzip_is_an_error() {
    let whole = gzip(&two_images());
    let mut flipped = whole.clone();
    let in_checksum = whole.len() - 6;
    flipped[in_checksum] ^= 1;
    let expected = "file: uncompressed byte 28: the compressed data are damaged";
    check_images(&flipped, expected);
    check_images(
        &whole[..whole.len() - 3],
        "file: uncompressed byte 28: the compressed data are cut short, or something follows them",
    );
    check_images(
        &whole[..10],
        "file: uncompressed byte 0: the data end here, 4 bytes short of what is announced",
    );
    let with_garbage = [&whole[..], b"ten bytes of garbage"].concat();
    check_images(&with_garbage, expected);
}

#[test]
fn each_cut_and_each_addition_is_an_error() {
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
