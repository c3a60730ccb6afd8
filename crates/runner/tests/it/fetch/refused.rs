//! A program without downloads says what to do instead.

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

#[track_caller]
fn check(arguments: &str, expected: Expect) {
    let sandbox = Sandbox::new();
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail(arguments);
    expected.assert_eq(&stderr);
    assert_eq!(code, Some(2));
    assert_eq!(sandbox.everything(), before);
}

#[test]
fn addresses_of_the_files_are_told() {
    check(
        "data fetch mnist svhn svhn-like fashion-mnist-mini",
        expect![[r#"
        error: this program was built without downloads
        hint: build it with `--features download`, or fetch the files by hand and run `vds data import NAME FOLDER`
        mnist:
          https://ossci-datasets.s3.amazonaws.com/mnist/train-images-idx3-ubyte.gz
          https://ossci-datasets.s3.amazonaws.com/mnist/train-labels-idx1-ubyte.gz
          https://ossci-datasets.s3.amazonaws.com/mnist/t10k-images-idx3-ubyte.gz
          https://ossci-datasets.s3.amazonaws.com/mnist/t10k-labels-idx1-ubyte.gz
        svhn:
          http://ufldl.stanford.edu/housenumbers/train_32x32.mat
          http://ufldl.stanford.edu/housenumbers/test_32x32.mat
        svhn-like: it is a stand-in for SVHN that is not published; put its train_32x32.mat and test_32x32.mat into a folder `svhn-like` in a data folder, or use svhn
        fashion-mnist-mini: it is built in
    "#]],
    );
}

#[test]
fn mirror_of_the_user_is_the_one_that_is_told() {
    check(
        "data fetch svhn-like --mirror http://localhost:8000",
        expect![[r#"
        error: this program was built without downloads
        hint: build it with `--features download`, or fetch the files by hand and run `vds data import NAME FOLDER`
        svhn-like:
          http://localhost:8000/train_32x32.mat
          http://localhost:8000/test_32x32.mat
    "#]],
    );
}
