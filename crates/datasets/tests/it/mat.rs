//! MAT files, right and wrong.

use vds_datasets::mat::{parse_digits, read_digits};
use vds_datasets::{ExampleShape, Result};
use vds_testkit::files::{Mat, zlib};

use crate::fixtures::{check_error, name, write};

const M: Mat = Mat::LITTLE;
/// Where the first element of a file starts.
const START: usize = 128;

/// Two pictures of 2 rows, 3 columns, 2 channels, whose pixels are 0 to 23 in the file's column-major order.
fn pictures(mat: Mat) -> Vec<u8> {
    let pixels: Vec<u8> = (0..24).collect();
    mat.bytes_array(&[2, 3, 2, 2], "X", &pixels)
}

fn labels(mat: Mat) -> Vec<u8> {
    mat.bytes_array(&[2, 1], "y", &[10, 7])
}

fn small_file(mat: Mat) -> Vec<u8> {
    mat.file(&[pictures(mat), labels(mat)])
}

#[track_caller]
fn check_two_digits(bytes: &[u8]) {
    let digits = parse_digits(name(), bytes).unwrap().value;
    let shape = ExampleShape::Image {
        channels: 2,
        height: 2,
        width: 3,
    };
    assert_eq!((digits.shape(), digits.n_classes()), (shape, 10));
    assert_eq!(digits.labels(), [0, 7]);
    // Rows of the first channel, then of the second.
    assert_eq!(digits.pixels(0).unwrap(), [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]);
    assert_eq!(
        digits.pixels(1).unwrap(),
        [12, 14, 16, 13, 15, 17, 18, 20, 22, 19, 21, 23]
    );
}

#[test]
fn mat_digits_are_read_in_both_byte_orders_compressed_and_not() {
    for mat in [Mat::LITTLE, Mat::BIG] {
        let (x, y) = (pictures(mat), labels(mat));
        check_two_digits(&mat.file(&[x.clone(), y.clone()]));
        check_two_digits(&mat.file(&[mat.compressed(&x), mat.compressed(&y)]));
        check_two_digits(&mat.file(&[y.clone(), mat.compressed(&x)]));
    }
}

#[test]
fn mat_labels_may_have_any_numeric_type() {
    let numbers: [(u32, Vec<u8>); 6] = [
        (1, vec![10, 7]),
        (3, [10_i16, 7].iter().flat_map(|n| n.to_le_bytes()).collect()),
        (5, [10_i32, 7].iter().flat_map(|n| n.to_le_bytes()).collect()),
        (7, [10_f32, 7.0].iter().flat_map(|n| n.to_le_bytes()).collect()),
        (9, [10_f64, 7.0].iter().flat_map(|n| n.to_le_bytes()).collect()),
        (13, [10_u64, 7].iter().flat_map(|n| n.to_le_bytes()).collect()),
    ];
    for (kind, bytes) in numbers {
        // MATLAB stores doubles that are small whole numbers as bytes; the class stays 6.
        let y = M.array(6, &[2, 1], "y", M.element(kind, &bytes));
        check_two_digits(&M.file(&[pictures(M), y]));
    }
    let doubles: Vec<u8> = [10_f64, 7.0].iter().flat_map(|n| n.to_be_bytes()).collect();
    let y = Mat::BIG.array(6, &[1, 2], "y", Mat::BIG.element(9, &doubles));
    check_two_digits(&Mat::BIG.file(&[pictures(Mat::BIG), y]));
}

#[test]
fn mat_variables_of_other_names_are_passed_over() {
    let text = M.array(4, &[1, 2], "comment", M.element(4, b"h\0i\0"));
    let cell = M.array(1, &[1, 1], "c", M.bytes_array(&[1, 1], "", &[1]));
    let other = M.bytes_array(&[3, 3], "Z", &[0; 9]);
    let elements = [text, pictures(M), M.compressed(&cell), labels(M), M.compressed(&other)];
    check_two_digits(&M.file(&elements));
}

#[test]
fn mat_single_picture_has_three_sizes() {
    let x = M.bytes_array(&[2, 3, 1], "X", &[0, 1, 2, 3, 4, 5]);
    let y = M.bytes_array(&[1, 1], "y", &[3]);
    let digits = parse_digits(name(), &M.file(&[x, y])).unwrap().value;
    assert_eq!(digits.labels(), [3]);
    assert_eq!(digits.pixels(0).unwrap(), [0, 2, 4, 1, 3, 5]);
}

#[test]
fn mat_files_on_disk_are_read_as_those_in_memory() {
    let folder = tempfile::tempdir().unwrap();
    let path = write(folder.path(), "a.mat", &small_file(M));
    let read = read_digits(&path).unwrap();
    assert_eq!(read, parse_digits(name(), &small_file(M)).unwrap());
}

#[track_caller]
fn check(elements: &[Vec<u8>], expected: &str) {
    check_error(parse_digits(name(), &M.file(elements)), expected);
}

#[test]
fn mat_refuses_other_formats_and_versions_by_name() {
    let mut hdf5 = M.file(&[]);
    hdf5[..10].copy_from_slice(b"MATLAB 7.3");
    hdf5[124..126].copy_from_slice(&[0, 2]);
    check_error(
        parse_digits(name(), &hdf5),
        "file: byte 124: a MATLAB 7.3 file (HDF5), expected a MAT file of version 5",
    );
    let mut version_3 = M.file(&[]);
    version_3[125] = 3;
    check_error(
        parse_digits(name(), &version_3),
        "file: byte 124: version 0x0300, expected a MAT file of version 5",
    );
    check_error(
        parse_digits(name(), &[0; 200]),
        "file: byte 126: no byte order mark `IM` or `MI`, expected a MAT file of version 5",
    );
    check_error(
        parse_digits(name(), b"PK"),
        "file: byte 2: the data end here, 122 bytes short of what is announced",
    );
}

#[test]
fn mat_refuses_logical_variables() {
    const LOGICAL: u32 = 0x0200 | Mat::UINT8;
    let logical = |sizes: &[u32], name: &str, data: &[u8]| M.array(LOGICAL, sizes, name, M.element(2, data));
    check(
        &[logical(&[2, 2, 1, 1], "X", &[0, 1, 1, 0]), labels(M)],
        "file: byte 136: variable X is a logical array of class uint8 and 2 x 2 x 1 x 1, expected a real uint8 array of height x \
         width x channels x number",
    );
    check(
        &[logical(&[1, 2], "y", &[1, 1])],
        "file: byte 136: variable y is a logical array of class uint8 and 1 x 2, expected a real numeric vector",
    );
}

#[test]
fn mat_refuses_missing_and_second_variables() {
    check(&[pictures(M)], "file: byte 216: the file ends without the variable y");
    check(&[labels(M)], "file: byte 184: the file ends without the variable X");
    check(&[labels(M), labels(M)], "file: byte 192: a second variable y");
    check(&[pictures(M), pictures(M)], "file: byte 224: a second variable X");
}

#[test]
fn mat_refuses_elements_of_the_wrong_type() {
    check(
        &[M.element(2, &[0; 8])],
        "file: byte 128: element type 2, expected 14 or 15 (an array, compressed or not)",
    );
    check(
        &[M.compressed(&M.element(2, &[0; 8]))],
        "file: uncompressed byte 0 of the element at byte 136: element type 2, expected 14 (an array)",
    );
    check(
        &[M.element(14, &M.element(5, &[0; 8]))],
        "file: byte 136: element type 5, expected 6 (the flags of an array)",
    );
    let wide = M.array(9, &[1, 1, 1, 1], "X", M.element(4, &[1, 0]));
    check(&[wide], "file: byte 184: element type 4, expected 2 (bytes)");
    let text = M.array(6, &[1, 1], "y", M.element(16, b"1"));
    check(&[text], "file: byte 176: element type 16, expected a type of numbers");
}

#[test]
fn mat_refuses_variables_of_the_wrong_kind() {
    let expected = "expected a real uint8 array of height x width x channels x number";
    let double = M.array(6, &[2, 2, 1, 1], "X", M.element(2, &[0; 4]));
    check(
        &[double],
        &format!("file: byte 136: variable X is an array of class double and 2 x 2 x 1 x 1, {expected}"),
    );
    check(
        &[M.bytes_array(&[2, 2], "X", &[0; 4])],
        &format!("file: byte 136: variable X is an array of class uint8 and 2 x 2, {expected}"),
    );
    let complex = M.array(9 | 0x0800, &[2, 2, 1], "X", M.element(2, &[0; 4]));
    check(
        &[complex],
        &format!("file: byte 136: variable X is a complex array of class uint8 and 2 x 2 x 1, {expected}"),
    );
    check(
        &[M.bytes_array(&[2, 2], "y", &[1; 4])],
        "file: byte 136: variable y is an array of class uint8 and 2 x 2, expected a real numeric vector",
    );
    check(
        &[M.bytes_array(&[2, 0, 1, 1], "X", &[])],
        "file: byte 136: an array of 2 x 0 x 1 x 1, expected no size of 0",
    );
}

#[test]
fn mat_refuses_labels_out_of_range_with_their_byte() {
    let with = |y: Vec<u8>| [pictures(M), y];
    check(
        &with(M.bytes_array(&[2, 1], "y", &[1, 0])),
        "file: byte 269: label 0, expected 1 to 10",
    );
    check(
        &with(M.bytes_array(&[2, 1], "y", &[11, 1])),
        "file: byte 268: label 11, expected 1 to 10",
    );
    let halves: Vec<u8> = [1.0_f64, 2.5].iter().flat_map(|n| n.to_le_bytes()).collect();
    check(
        &with(M.array(6, &[2, 1], "y", M.element(9, &halves))),
        "file: byte 280: label 2.5, expected 1 to 10",
    );
}

#[test]
fn mat_refuses_differing_numbers_of_pictures_and_labels() {
    check(
        &[pictures(M), M.bytes_array(&[3, 1], "y", &[1, 2, 3])],
        "2 images in file, but 3 labels in file",
    );
}

#[test]
fn mat_refuses_lengths_that_contradict_sizes() {
    check(
        &[M.bytes_array(&[2, 3, 2, 3], "X", &[0; 24])],
        "file: byte 184: an element of 24 bytes, expected 36",
    );
    check(
        &[M.bytes_array(&[u32::MAX; 4], "X", &[0; 24])],
        "file: byte 184: an element of 24 bytes, expected 340282366604025813516997721482669850625",
    );
    let many_sizes = M.bytes_array(&[1; 33], "X", &[0; 8]);
    check(
        &[many_sizes],
        "file: byte 152: an element of 132 bytes, expected 4 for each of 2 to 32 sizes",
    );
    let long_name = M.bytes_array(&[1, 1], &"n".repeat(2000), &[0; 8]);
    check(
        &[long_name],
        "file: byte 168: an element of 2000 bytes, expected at most 1024",
    );
    let mut five_in_tag = pictures(M);
    five_in_tag[10] = 5;
    check(
        &[five_in_tag],
        "file: byte 136: an element of 5 bytes, expected at most 4 inside a tag",
    );
    let flags = M.element(14, &M.element(6, &[0; 16]));
    check(&[flags], "file: byte 136: an element of 16 bytes, expected 8");
}

/// Nothing is allocated for these.
#[test]
fn mat_refuses_elements_that_promise_too_much() {
    let mut huge = pictures(M);
    huge[4..8].fill(0xff);
    check(
        &[huge],
        "file: byte 216: the data end here, 4294967215 bytes short of what is announced",
    );
    let mut huge = pictures(M);
    huge[4..8].fill(0xff);
    check(
        &[M.compressed(&huge)],
        "file: uncompressed byte 8 of the element at byte 136: 4294967295 bytes are announced, \
        at most 67108856 are accepted from compressed data of this size",
    );
    let mut huge = M.compressed(&pictures(M));
    huge[4..8].copy_from_slice(&1_000_000_u32.to_le_bytes());
    let end = START + huge.len();
    check(
        &[huge.clone()],
        &format!(
            "file: byte {end}: the data end here, {} bytes short of what is announced",
            1_000_000 - (huge.len() - 8)
        ),
    );
}

#[test]
fn mat_refuses_damaged_and_truncated_compression() {
    let whole = zlib(&pictures(M));
    let n = whole.len();
    let mut flipped = whole.clone();
    flipped[n - 1] ^= 1;
    let place = "file: uncompressed byte 88 of the element at byte 136";
    check(
        &[M.compressed_element(&flipped)],
        // The checksum is found wrong together with the last 24 bytes, which do not count as unpacked.
        "file: uncompressed byte 64 of the element at byte 136: the compressed data are damaged",
    );
    check(
        &[M.compressed_element(&whole[..n - 2])],
        &format!("{place}: the compressed data end early, or something follows them"),
    );
    let longer = [pictures(M), vec![0]].concat();
    check(
        &[M.compressed(&longer)],
        &format!("{place}: data follow where the header says that they end"),
    );
    for tail in [vec![0], vec![0; 7], vec![0; 8], b"tail".to_vec()] {
        check(
            &[M.compressed_element(&[whole.clone(), tail].concat()), labels(M)],
            &format!("{place}: data follow where the header says that they end"),
        );
    }
}

#[test]
fn mat_refuses_each_truncation_and_each_addition() {
    fn parse(bytes: &[u8]) -> Result<()> {
        parse_digits(name(), bytes).map(drop)
    }
    let compressed = M.file(&[M.compressed(&pictures(M)), M.compressed(&labels(M))]);
    for whole in [small_file(M), compressed] {
        assert!(parse(&whole).is_ok());
        for n in 0..whole.len() {
            assert!(parse(&whole[..n]).is_err(), "cut to {n} bytes");
        }
        for n in 1..20 {
            let longer = [whole.clone(), vec![0; n]].concat();
            assert!(parse(&longer).is_err(), "{n} bytes added");
        }
    }
}
