//! Places that cannot take the output. The tests may run as a user whom no permission binds, so a file stands where a folder
//! is needed.

use expect_test::{Expect, expect};

use super::case::{Case, case};
use super::fixtures::{run_on_images, run_on_points};
use crate::sandbox::Sandbox;

/// A command where there are the runs `r` and `i`, an empty file `file`, a folder `full` with a file in it, and a link `link`
/// to nothing.
fn refused(name: &'static str, command: &str, expected: Expect) -> Case {
    case(name, command, prepare, expected)
}

fn prepare(sandbox: &Sandbox) {
    run_on_points(sandbox);
    run_on_images(sandbox);
    sandbox.write("file", "");
    sandbox.write("full/thesis.tex", "years of work");
    #[cfg(unix)]
    std::os::unix::fs::symlink("nowhere", sandbox.path("link")).unwrap();
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    let train =
        |name, arguments: &str, expected| refused(name, &format!("train CONFIGS/spirals.ron {arguments}"), expected);
    vec![
        train(
            "folder of a finished run",
            "--out r",
            expect![[r#"
            error: r holds a finished run
            hint: choose another folder, or replace the run with --overwrite
        "#]],
        ),
        train(
            "folder with something else",
            "--out full",
            expect![[r#"
                error: full is not empty and does not hold a run
                hint: choose another folder
            "#]],
        ),
        train(
            "something else is not overwritten",
            "--out full --overwrite",
            expect![[r#"
                error: full is not empty and does not hold a run
                hint: choose another folder
            "#]],
        ),
        train(
            "file in place of the folder",
            "--out file",
            expect![[r#"
                error: the output folder file cannot be made: file is not a folder
                hint: choose another --out
            "#]],
        ),
        train(
            "file in place of the folder is not overwritten",
            "--out file --overwrite",
            expect![[r#"
                error: the output folder file cannot be made: file is not a folder
                hint: choose another --out
            "#]],
        ),
        train(
            "file among the parents",
            "--out file/a/b",
            expect![[r#"
                error: the output folder file/a/b cannot be made: file is not a folder
                hint: choose another --out
            "#]],
        ),
        train(
            "no name of a folder",
            "--out=",
            expect![[r#"
            error: a value is required for '--out <DIR>' but none was supplied

            For more information, try '--help'.
        "#]],
        ),
        #[cfg(unix)]
        train(
            "link to nothing in place of the folder",
            "--out link",
            expect![[r#"
                error: the output folder link cannot be made: link is not a folder
                hint: choose another --out
            "#]],
        ),
        case(
            "folder of an unfinished run",
            "train CONFIGS/spirals.ron --out r",
            |sandbox| {
                prepare(sandbox);
                std::fs::remove_file(sandbox.path("r/summary.json")).unwrap();
            },
            expect![[r#"
                error: r holds an unfinished run
                hint: continue it with `vds train --resume r`, choose another folder, or replace it with --overwrite
            "#]],
        ),
        refused(
            "pruning in place",
            "prune r --out r",
            expect![[r#"
            error: r is the run itself, choose another --out
        "#]],
        ),
        refused(
            "pruning in place by another path",
            "prune r --out ./i/../r",
            expect![[r#"
                error: ./i/../r is the run itself, choose another --out
            "#]],
        ),
        refused(
            "pruning in place with --overwrite",
            "prune r --out r --overwrite",
            expect![[r#"
                error: r is the run itself, choose another --out
            "#]],
        ),
        refused(
            "pruning into another run",
            "prune r --out i",
            expect![[r#"
            error: i holds a finished run
            hint: choose another folder, or replace the run with --overwrite
        "#]],
        ),
        refused(
            "pruning into a file",
            "prune r --out file",
            expect![[r#"
                error: the output folder file cannot be made: file is not a folder
                hint: choose another --out
            "#]],
        ),
        refused(
            "page in a folder that is not there",
            "report r --out no/such/page.html",
            expect![[r#"
                error: there is no folder no/such to write no/such/page.html into
                hint: make it, or choose another --out
            "#]],
        ),
        refused(
            "page behind a file",
            "report r --out file/page.html",
            expect![[r#"
                error: there is no folder file to write file/page.html into
                hint: make it, or choose another --out
            "#]],
        ),
        refused(
            "folder in place of the page",
            "report r --out full",
            expect![[r#"
                error: full is a folder
                hint: name a file in it, as --out full/report.html
            "#]],
        ),
        refused(
            "page without a name",
            "report r --out=",
            expect![[r#"
            error: a value is required for '--out <FILE.html>' but none was supplied

            For more information, try '--help'.
        "#]],
        ),
        refused(
            "page over a file of the run",
            "report r i --out i/weights.safetensors",
            expect![[r#"
                error: i/weights.safetensors is a file of the run i
                hint: choose another --out
            "#]],
        ),
        refused(
            "import to a file",
            "data import mnist full --data-dir file",
            expect![[r#"
                error: the data set mnist was not found; looked at
                  full/mnist (none of its files)
                  full (none of its files)
                to get it: fetch the four .gz files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) from https://ossci-datasets.s3.amazonaws.com/mnist/ and run `vds data import mnist FOLDER`, or put them into a folder `mnist` in one of the places above
            "#]],
        ),
    ]
}
