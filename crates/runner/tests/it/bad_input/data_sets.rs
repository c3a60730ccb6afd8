//! Files of the catalogue's data sets that are not what it says.

use expect_test::{Expect, expect};
use vds_testkit::files::{Mat, gzip, idx};

use super::case::{Case, case};
use crate::sandbox::Sandbox;

/// The four files of MNIST.
const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// Verifying a folder with one of MNIST's files.
fn verify(name: &'static str, path: &'static str, content: Vec<u8>, expected: Expect) -> Case {
    let prepare = move |sandbox: &Sandbox| sandbox.write(&format!("data/{path}"), &content);
    case(name, "data verify mnist --data-dir data", prepare, expected)
}

/// Files of the right sizes and of nothing but zeros.
fn blank_mnist(sandbox: &Sandbox) {
    let blank = |n: u32| idx(&[n], &vec![0; n as usize]);
    sandbox.write(
        &format!("data/{TRAIN_IMAGES}.gz"),
        gzip(&idx(&[60_000, 28, 28], &vec![0; 47_040_000])),
    );
    sandbox.write(&format!("data/{TRAIN_LABELS}"), blank(60_000));
    sandbox.write(
        &format!("data/{TEST_IMAGES}"),
        idx(&[10_000, 28, 28], &vec![0; 7_840_000]),
    );
    sandbox.write(&format!("data/{TEST_LABELS}"), blank(10_000));
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    let mut labels_out_of_range = vec![0; 10_000];
    labels_out_of_range[7] = 10;
    vec![
        case(
            "data set that is not there",
            "train CONFIGS/mnist.ron --out o --data-dir data",
            |sandbox| sandbox.write("data/README", ""),
            expect![[r#"
                error: the data set mnist was not found; looked at
                  data/mnist (none of its files)
                  data (none of its files)
                  ROOT/xdg/vds/mnist (none of its files)
                  ROOT/xdg/vds (none of its files)
                  /usr/share/datasets/mnist (none of its files)
                  /usr/share/datasets (none of its files)
                to get it: fetch the four .gz files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) from https://ossci-datasets.s3.amazonaws.com/mnist/ and run `vds data import mnist FOLDER`, or put them into a folder `mnist` in one of the places above
            "#]],
        ),
        case(
            "nothing to verify",
            "data verify mnist --data-dir data",
            |sandbox| sandbox.write("data/README", ""),
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: missing
                mnist/t10k-labels-idx1-ubyte: missing
            "#]],
        ),
        case(
            "wrong checksums",
            "data verify mnist --data-dir data",
            blank_mnist,
            expect![[r#"
                mnist/train-images-idx3-ubyte: data/train-images-idx3-ubyte.gz has the SHA-256 digest ba2048faa0242d852ccfba31d5efa227046ebcc173e3a4951fb9c906fb61ebdb, expected ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db: it is not the published file, fetch it again
                mnist/train-labels-idx1-ubyte: data/train-labels-idx1-ubyte has the SHA-256 digest 62e5d26b065a9d04aacbb7bf7a9dca885ef7f2ba6bcd488b562de1c7933da431, expected 65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5: it is not the published file, fetch it again
                mnist/t10k-images-idx3-ubyte: data/t10k-images-idx3-ubyte has the SHA-256 digest cfd1127d014c27e98f9e456fd8c48a2dd1b837950c181e2038a513bc1c89f1d6, expected 0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7: it is not the published file, fetch it again
                mnist/t10k-labels-idx1-ubyte: data/t10k-labels-idx1-ubyte has the SHA-256 digest fce4e2f69df0d4b98dc926db9d52e3054ec8f85ec567df277ca4efc90c53a0bc, expected ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2: it is not the published file, fetch it again
            "#]],
        ),
        case(
            "import of wrong checksums",
            "data import mnist data --data-dir new",
            blank_mnist,
            expect![[r#"
                error: data/train-images-idx3-ubyte.gz has the SHA-256 digest ba2048faa0242d852ccfba31d5efa227046ebcc173e3a4951fb9c906fb61ebdb, expected ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db: it is not the published file, fetch it again
            "#]],
        ),
        case(
            "training on wrong checksums",
            "train CONFIGS/mnist.ron --out o --data-dir data",
            blank_mnist,
            expect![[r#"
                error: data/train-images-idx3-ubyte.gz has the SHA-256 digest ba2048faa0242d852ccfba31d5efa227046ebcc173e3a4951fb9c906fb61ebdb, expected ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db: it is not the published file, fetch it again
            "#]],
        ),
        case(
            "import from a folder that is not there",
            "data import mnist nowhere --data-dir new",
            |_| {},
            expect![[r#"
                error: the data set mnist was not found; looked at
                  nowhere/mnist (none of its files)
                  nowhere (none of its files)
                to get it: fetch the four .gz files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) from https://ossci-datasets.s3.amazonaws.com/mnist/ and run `vds data import mnist FOLDER`, or put them into a folder `mnist` in one of the places above
            "#]],
        ),
        case(
            "import from an incomplete folder",
            "data import mnist data --data-dir new",
            |sandbox| sandbox.write(&format!("data/{TEST_LABELS}"), idx(&[10_000], &[0; 10_000])),
            expect![[r#"
                error: the data set mnist was not found; looked at
                  data/mnist (none of its files)
                  data (incomplete, lacks train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte)
                to get it: fetch the four .gz files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) from https://ossci-datasets.s3.amazonaws.com/mnist/ and run `vds data import mnist FOLDER`, or put them into a folder `mnist` in one of the places above
            "#]],
        ),
        verify(
            "labels out of range",
            TEST_LABELS,
            idx(&[10_000], &labels_out_of_range),
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: missing
                mnist/t10k-labels-idx1-ubyte: data/t10k-labels-idx1-ubyte: byte 15: label 10, expected 0 to 9
            "#]],
        ),
        verify(
            "fewer labels than images",
            TEST_LABELS,
            idx(&[9_999], &[0; 9_999]),
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: missing
                mnist/t10k-labels-idx1-ubyte: data/t10k-labels-idx1-ubyte holds an array of 9999, expected 10000
            "#]],
        ),
        verify(
            "labels that are cut",
            TEST_LABELS,
            idx(&[10_000], &[0; 9_000]),
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: missing
                mnist/t10k-labels-idx1-ubyte: data/t10k-labels-idx1-ubyte: byte 9008: the data end here, 1000 bytes short of what is announced
            "#]],
        ),
        verify(
            "images in place of labels",
            TEST_LABELS,
            idx(&[1, 28, 28], &[0; 784]),
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: missing
                mnist/t10k-labels-idx1-ubyte: data/t10k-labels-idx1-ubyte: byte 0: magic number 0x00000803, expected 0x00000801 (IDX with 1 dimension of bytes)
            "#]],
        ),
        verify(
            "images of another size in a data set",
            TEST_IMAGES,
            idx(&[10_000, 32, 32], &[]),
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: data/t10k-images-idx3-ubyte holds an array of 10000 x 32 x 32, expected 10000 x 28 x 28
                mnist/t10k-labels-idx1-ubyte: missing
            "#]],
        ),
        verify(
            "folder in place of labels",
            "t10k-labels-idx1-ubyte/file",
            Vec::new(),
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: missing
                mnist/t10k-labels-idx1-ubyte: missing
            "#]],
        ),
        case(
            "good plain file beside a damaged compressed one",
            "data verify mnist --data-dir data",
            |sandbox| {
                sandbox.write(&format!("data/{TEST_LABELS}"), b"");
                sandbox.write(&format!("data/{TEST_LABELS}.gz"), gzip(&idx(&[10_000], &[0; 10_000])));
            },
            expect![[r#"
                mnist/train-images-idx3-ubyte: missing
                mnist/train-labels-idx1-ubyte: missing
                mnist/t10k-images-idx3-ubyte: missing
                mnist/t10k-labels-idx1-ubyte: data/t10k-labels-idx1-ubyte: byte 0: the data end here, 4 bytes short of what is announced
            "#]],
        ),
        case(
            "digits of another number",
            "data verify svhn --data-dir data",
            |sandbox| {
                sandbox.write(
                    "data/test_32x32.mat",
                    Mat::LITTLE.file(&[Mat::LITTLE.blank_pictures(2), Mat::LITTLE.ones(2)]),
                );
            },
            expect![[r#"
                svhn/train_32x32.mat: missing
                svhn/test_32x32.mat: data/test_32x32.mat holds an array of 2 x 3 x 32 x 32, expected 26032 x 3 x 32 x 32
            "#]],
        ),
        case(
            "digits in gray",
            "data verify svhn --data-dir data",
            |sandbox| {
                let gray = Mat::LITTLE.bytes_array(&[32, 32, 1, 2], "X", &[0; 2048]);
                sandbox.write("data/test_32x32.mat", Mat::LITTLE.file(&[gray, Mat::LITTLE.ones(2)]));
            },
            expect![[r#"
                svhn/train_32x32.mat: missing
                svhn/test_32x32.mat: data/test_32x32.mat holds an array of 2 x 1 x 32 x 32, expected 26032 x 3 x 32 x 32
            "#]],
        ),
    ]
}
