//! MAT files that are damaged or of another kind.

use expect_test::{Expect, expect};
use vds_testkit::files::Mat;

use super::case::Case;
use super::data_files::images;

const M: Mat = Mat::LITTLE;

/// An array of bytes that claims to be of a class.
fn array(class: u32, sizes: &[u32], name: &str, data: &[u8]) -> Vec<u8> {
    M.array(class, sizes, name, M.element(2, data))
}

/// The array of `n` blank pictures of the network's size.
fn pictures(n: u32) -> Vec<u8> {
    M.bytes_array(&[28, 28, 1, n], "X", &vec![0; 784 * n as usize])
}

fn mat(name: &'static str, content: Vec<u8>, expected: Expect) -> Case {
    images(name, "digits.mat", content, expected)
}

fn changed(mut bytes: Vec<u8>, at: usize, byte: u8) -> Vec<u8> {
    bytes[at] = byte;
    bytes
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    let digits = || M.file(&[M.compressed(&pictures(2)), M.compressed(&M.ones(2))]);
    let with_labels = |data: &[u8]| M.file(&[pictures(2), array(Mat::UINT8, &[2, 1], "y", data)]);
    let hdf5 = || {
        let mut bytes = b"MATLAB 7.3 MAT-file, Platform: GLNXA64".to_vec();
        bytes.resize(124, b' ');
        bytes.extend(b"\x00\x02IM\x89HDF\r\n\x1a\n");
        bytes
    };
    vec![
        mat(
            "empty MAT file",
            Vec::new(),
            expect![[r#"
            error: digits.mat: byte 0: the data end here, 124 bytes short of what is announced
        "#]],
        ),
        mat(
            "text in place of a MAT file",
            "no MAT file at all\n".repeat(20).into_bytes(),
            expect![[r#"
                error: digits.mat: byte 126: no byte order mark `IM` or `MI`, expected a MAT file of version 5
            "#]],
        ),
        mat(
            "MAT file of version 7.3",
            hdf5(),
            expect![[r#"
            error: digits.mat: byte 124: a MATLAB 7.3 file (HDF5), expected a MAT file of version 5
        "#]],
        ),
        mat(
            "MAT file of an unknown version",
            changed(digits(), 125, 9),
            expect![[r#"
            error: digits.mat: byte 124: version 0x0900, expected a MAT file of version 5
        "#]],
        ),
        mat(
            "MAT file without a mark of its byte order",
            changed(digits(), 126, b'X'),
            expect![[r#"
                error: digits.mat: byte 126: no byte order mark `IM` or `MI`, expected a MAT file of version 5
            "#]],
        ),
        mat(
            "MAT file with the mark of the other byte order",
            {
                let mut bytes = digits();
                bytes[124..128].copy_from_slice(b"\x01\x00MI");
                bytes
            },
            expect![[r#"
                error: digits.mat: byte 128: an element of 3840 bytes, expected at most 4 inside a tag
            "#]],
        ),
        mat(
            "MAT file without variables",
            M.file(&[]),
            expect![[r#"
            error: digits.mat: byte 128: the file ends without the variable X
        "#]],
        ),
        mat(
            "MAT file without X",
            M.file(&[M.ones(2)]),
            expect![[r#"
                error: digits.mat: byte 184: the file ends without the variable X
            "#]],
        ),
        mat(
            "MAT file without y",
            M.file(&[pictures(2)]),
            expect![[r#"
                (4 lines of predictions)
                error: digits.mat: byte 1760: the file ends without the variable y
            "#]],
        ),
        mat(
            "MAT file with two X",
            M.file(&[pictures(2), pictures(2), M.ones(2)]),
            expect![[r#"
                (4 lines of predictions)
                error: digits.mat: byte 1768: a second variable X
            "#]],
        ),
        mat(
            "X of the class double",
            M.file(&[array(Mat::DOUBLE, &[32, 32, 3, 1], "X", &[0; 3072]), M.ones(1)]),
            expect![[r#"
                error: digits.mat: byte 136: variable X is an array of class double and 32 x 32 x 3 x 1, expected a real uint8 array of height x width x channels x number
            "#]],
        ),
        mat(
            "X of two dimensions",
            M.file(&[array(Mat::UINT8, &[32, 32], "X", &[0; 1024]), M.ones(1)]),
            expect![[r#"
                error: digits.mat: byte 136: variable X is an array of class uint8 and 32 x 32, expected a real uint8 array of height x width x channels x number
            "#]],
        ),
        mat(
            "X of no picture",
            M.file(&[array(Mat::UINT8, &[32, 32, 3, 0], "X", &[]), M.ones(1)]),
            expect![[r#"
                error: digits.mat: byte 136: an array of 32 x 32 x 3 x 0, expected no size of 0
            "#]],
        ),
        mat(
            "X shorter than its sizes",
            M.file(&[array(Mat::UINT8, &[28, 28, 1, 2], "X", &[0; 784]), M.ones(2)]),
            expect![[r#"
                error: digits.mat: byte 184: an element of 784 bytes, expected 1568
            "#]],
        ),
        mat(
            "X whose sizes overflow",
            M.file(&[array(Mat::UINT8, &[u32::MAX; 4], "X", &[0; 64]), M.ones(2)]),
            expect![[r#"
                error: digits.mat: byte 184: an element of 64 bytes, expected 340282366604025813516997721482669850625
            "#]],
        ),
        mat(
            "y that is a matrix",
            M.file(&[pictures(4), array(Mat::UINT8, &[2, 2], "y", &[1; 4])]),
            expect![[r#"
                (6 lines of predictions)
                error: digits.mat: byte 3336: variable y is an array of class uint8 and 2 x 2, expected a real numeric vector
            "#]],
        ),
        mat(
            "label 0 in y",
            with_labels(&[1, 0]),
            expect![[r#"
                (4 lines of predictions)
                error: digits.mat: byte 1813: label 0, expected 1 to 10
            "#]],
        ),
        mat(
            "label 11 in y",
            with_labels(&[11, 1]),
            expect![[r#"
                (4 lines of predictions)
                error: digits.mat: byte 1812: label 11, expected 1 to 10
            "#]],
        ),
        mat(
            "more pictures than labels",
            M.file(&[pictures(3), M.ones(2)]),
            expect![[r#"
                (5 lines of predictions)
                error: 3 images in digits.mat, but 2 labels in digits.mat
            "#]],
        ),
        mat(
            "MAT file truncated in its header",
            digits()[..100].to_vec(),
            expect![[r#"
            error: digits.mat: byte 100: the data end here, 24 bytes short of what is announced
        "#]],
        ),
        mat(
            "MAT file truncated in an element",
            M.file(&[pictures(2), M.ones(2)])[..1000].to_vec(),
            expect![[r#"
                error: digits.mat: byte 1000: the data end here, 760 bytes short of what is announced
            "#]],
        ),
        mat(
            "MAT file truncated in a tag",
            [digits(), vec![14, 0, 0]].concat(),
            expect![[r#"
                (4 lines of predictions)
                error: digits.mat: byte 247: the data end here, 5 bytes short of what is announced
            "#]],
        ),
        mat(
            "element that is not an array",
            [digits(), vec![3, 0, 0, 0, 0, 0, 0, 0]].concat(),
            expect![[r#"
                (4 lines of predictions)
                error: digits.mat: byte 244: element type 3, expected 14 or 15 (an array, compressed or not)
            "#]],
        ),
        mat(
            "compressed element of garbage",
            M.file(&[M.compressed_element(&[0xaa; 64])]),
            expect![[r#"
                error: digits.mat: uncompressed byte 0 of the element at byte 136: the compressed data are damaged: corrupt deflate stream
            "#]],
        ),
        mat(
            "compressed element that is truncated",
            {
                let whole = M.compressed(&pictures(2));
                M.file(&[M.compressed_element(&whole[8..whole.len() - 12])])
            },
            expect![[r#"
                error: digits.mat: uncompressed byte 53 of the element at byte 136: the data end here, 3 bytes short of what is announced
            "#]],
        ),
        mat(
            "pictures of another size than the network's",
            M.blank_digits(2),
            expect![[r#"
            error: digits.mat holds images of 3 x 32 x 32 pixels, expected 1 x 28 x 28 pixels
        "#]],
        ),
    ]
}
