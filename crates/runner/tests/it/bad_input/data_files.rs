//! IDX files, plain and compressed, that are damaged or of another kind. `predict` reads them through the same code as
//! training does.

use expect_test::{Expect, expect};
use vds_testkit::files::{gzip, idx};

use super::case::{Case, case};
use super::fixtures::run_on_images;
use crate::sandbox::Sandbox;

/// Two blank images of 28 x 28 pixels.
fn two_images() -> Vec<u8> {
    idx(&[2, 28, 28], &[0; 2 * 28 * 28])
}

/// The bytes, changed.
fn with(mut bytes: Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
    change(&mut bytes);
    bytes
}

/// Predicting for a file of this content with a network on images of 28 x 28 pixels.
pub(super) fn images(name: &'static str, file: &str, content: Vec<u8>, expected: Expect) -> Case {
    let path = file.to_owned();
    let prepare = move |sandbox: &Sandbox| {
        run_on_images(sandbox);
        sandbox.write(&path, &content);
    };
    case(name, format!("predict i {file}"), prepare, expected)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = plain();
    cases.extend(compressed());
    cases
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn plain() -> Vec<Case> {
    let file = |name, content, expected| images(name, "images", content, expected);
    vec![
        file(
            "empty IDX file",
            Vec::new(),
            expect![[r#"
            error: images: byte 0: the data end here, 4 bytes short of what is announced
        "#]],
        ),
        file(
            "IDX file truncated in the magic number",
            two_images()[..3].to_vec(),
            expect![[r#"
                error: images: byte 3: the data end here, 1 byte short of what is announced
            "#]],
        ),
        file(
            "IDX file truncated in the sizes",
            two_images()[..10].to_vec(),
            expect![[r#"
            error: images: byte 10: the data end here, 2 bytes short of what is announced
        "#]],
        ),
        file(
            "IDX file truncated in the pixels",
            two_images()[..1000].to_vec(),
            expect![[r#"
            error: images: byte 1000: the data end here, 584 bytes short of what is announced
        "#]],
        ),
        file(
            "IDX file of the wrong magic number",
            with(two_images(), |bytes| bytes[0] = 1),
            expect![[r#"
                error: images: byte 0: magic number 0x01000803, expected 0x00000803 (IDX with 3 dimensions of bytes)
            "#]],
        ),
        file(
            "IDX file of floats",
            with(two_images(), |bytes| bytes[2] = 0x0d),
            expect![[r#"
                error: images: byte 0: magic number 0x00000d03, expected 0x00000803 (IDX with 3 dimensions of bytes)
            "#]],
        ),
        file(
            "IDX file of labels in place of images",
            idx(&[2], &[0, 1]),
            expect![[r#"
            error: images holds labels, expected images
        "#]],
        ),
        file(
            "IDX file of four dimensions",
            idx(&[2, 1, 28, 28], &[0; 2 * 28 * 28]),
            expect![[r#"
                error: images: byte 0: magic number 0x00000804, expected 0x00000803 (IDX with 3 dimensions of bytes)
            "#]],
        ),
        file(
            "IDX file with bytes behind the pixels",
            with(two_images(), |bytes| bytes.push(0)),
            expect![[r#"
                (4 lines of predictions)
                error: images: byte 1584: data follow where the header says that they end
            "#]],
        ),
        file(
            "IDX file of no image",
            idx(&[0, 28, 28], &[]),
            expect![[r#"
            error: images: byte 4: an array of 0 x 28 x 28, expected no size of 0
        "#]],
        ),
        file(
            "IDX file that announces 73 exabytes",
            idx(&[u32::MAX; 3], &[0; 100]),
            expect![[r#"
                error: images holds images of 1 x 4294967295 x 4294967295 pixels, expected 1 x 28 x 28 pixels
            "#]],
        ),
        file(
            "images of another size",
            idx(&[1, 28, 27], &[0; 28 * 27]),
            expect![[r#"
            error: images holds images of 1 x 28 x 27 pixels, expected 1 x 28 x 28 pixels
        "#]],
        ),
        file(
            "text in place of images",
            b"0.5 0.5\n".to_vec(),
            expect![[r#"
            error: images: byte 0: magic number 0x302e3520, expected 0x00000803 (IDX with 3 dimensions of bytes)
        "#]],
        ),
        case(
            "folder in place of images",
            "predict i images",
            |sandbox| {
                run_on_images(sandbox);
                std::fs::create_dir(sandbox.path("images")).unwrap();
            },
            expect![[r#"
                error: cannot read images: it is not a regular file
            "#]],
        ),
        case(
            "images that are not there",
            "predict i images",
            run_on_images,
            expect![[r#"
                error: cannot read images: No such file or directory (os error 2)
            "#]],
        ),
        case(
            "images behind a file",
            "predict i file/images",
            |sandbox| {
                run_on_images(sandbox);
                sandbox.write("file", "");
            },
            expect![[r#"
                error: cannot read file/images: Not a directory (os error 20)
            "#]],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn compressed() -> Vec<Case> {
    let file = |name, content, expected| images(name, "images.gz", content, expected);
    let packed = || gzip(&two_images());
    let n = packed().len();
    vec![
        file(
            "text that is called .gz",
            b"not compressed at all\n".to_vec(),
            expect![[r#"
                error: images.gz: byte 0: magic number 0x6e6f7420, expected 0x00000803 (IDX with 3 dimensions of bytes)
            "#]],
        ),
        file(
            "gzip truncated in its header",
            packed()[..5].to_vec(),
            expect![[r#"
            error: images.gz: uncompressed byte 0: the data end here, 4 bytes short of what is announced
        "#]],
        ),
        file(
            "gzip truncated in its data",
            packed()[..n / 2].to_vec(),
            expect![[r#"
            error: images.gz: uncompressed byte 12: the data end here, 4 bytes short of what is announced
        "#]],
        ),
        file(
            "gzip truncated in its checksum",
            packed()[..n - 6].to_vec(),
            expect![[r#"
                (4 lines of predictions)
                error: images.gz: uncompressed byte 1584: the compressed data end early, or something follows them
            "#]],
        ),
        file(
            "gzip with a wrong checksum",
            with(packed(), |bytes| bytes[n - 8] ^= 1),
            expect![[r#"
                (4 lines of predictions)
                error: images.gz: uncompressed byte 1584: the compressed data are damaged: corrupt gzip stream does not have a matching checksum
            "#]],
        ),
        file(
            "gzip with a wrong length",
            with(packed(), |bytes| bytes[n - 1] ^= 1),
            expect![[r#"
                (4 lines of predictions)
                error: images.gz: uncompressed byte 1584: the compressed data are damaged: corrupt gzip stream does not have a matching checksum
            "#]],
        ),
        file(
            "gzip of an unknown method",
            with(packed(), |bytes| bytes[2] = 7),
            expect![[r#"
                error: images.gz: uncompressed byte 0: the compressed data are damaged: invalid gzip header
            "#]],
        ),
        file(
            "gzip with data that are none",
            with(packed(), |bytes| bytes[10..n - 8].fill(0xff)),
            expect![[r#"
                error: images.gz: uncompressed byte 0: the compressed data are damaged: corrupt deflate stream
            "#]],
        ),
        file(
            "gzip that announces far more than it holds",
            gzip(&idx(&[1_000_000, 28, 28], &[0; 784])),
            expect![[r#"
                error: images.gz: uncompressed byte 16: 784000000 bytes are announced, at most 67108848 are accepted from compressed data of this size
            "#]],
        ),
        file(
            "gzip bomb",
            gzip(&idx(&[100_000, 28, 28], &vec![0; 78_400_000])),
            expect![[r#"
                error: images.gz: uncompressed byte 16: 78400000 bytes are announced, at most 67108848 are accepted from compressed data of this size
            "#]],
        ),
        file(
            "gzip with something behind it",
            with(packed(), |bytes| bytes.extend(b"more")),
            expect![[r#"
                (4 lines of predictions)
                error: images.gz: uncompressed byte 1584: the compressed data end early, or something follows them
            "#]],
        ),
        file(
            "gzip within gzip",
            gzip(&packed()),
            expect![[r#"
            error: images.gz: uncompressed byte 0: magic number 0x1f8b0800, expected 0x00000803 (IDX with 3 dimensions of bytes)
        "#]],
        ),
    ]
}
