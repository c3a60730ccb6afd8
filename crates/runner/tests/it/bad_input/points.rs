//! Files of points to predict for that are malformed.

use expect_test::{Expect, expect};

use super::case::{Case, case};
use super::fixtures::run_on_points;
use crate::sandbox::Sandbox;

/// Predicting for a file of this content with a network on points in the plane.
fn points(name: &'static str, content: impl AsRef<[u8]> + 'static, expected: Expect) -> Case {
    let prepare = move |sandbox: &Sandbox| {
        run_on_points(sandbox);
        sandbox.write("p.txt", &content);
    };
    case(name, "predict r p.txt", prepare, expected)
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        case(
            "points that are not there",
            "predict r p.txt",
            run_on_points,
            expect![[r#"
                error: reading p.txt: No such file or directory (os error 2)
            "#]],
        ),
        case(
            "folder in place of points",
            "predict r r",
            run_on_points,
            expect![[r#"
                error: reading r: it is not a regular file
            "#]],
        ),
        points(
            "empty file of points",
            "",
            expect![[r#"
            error: p.txt holds no point
        "#]],
        ),
        points(
            "points of a comment",
            "# nothing\n\n",
            expect![[r#"
            error: p.txt holds no point
        "#]],
        ),
        points(
            "a word in place of a coordinate",
            "1 2\n1 two\n",
            expect![[r#"
                error: p.txt:2: "1 two" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "three columns",
            "1,2,3\n",
            expect![[r#"
                error: p.txt:1: "1,2,3" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "empty column",
            "1,2\n1,,2\n",
            expect![[r#"
                error: p.txt:2: "1,,2" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "line without end",
            " ".repeat(1 << 21),
            expect![[r#"
                error: p.txt:1: the line has more than 1048576 bytes, expected 2 numbers
            "#]],
        ),
        points(
            "one column",
            "1 2\n3\n",
            expect![[r#"
                error: p.txt:2: "3" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "coordinate that is not a number",
            "nan 1\n",
            expect![[r#"
                error: p.txt:1: "nan 1" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "infinite coordinate",
            "1 2\n\n-inf 1\n",
            expect![[r#"
                error: p.txt:3: "-inf 1" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "coordinate beyond single precision",
            "1e39 1\n",
            expect![[r#"
                error: p.txt:1: "1e39 1" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "points that are not UTF-8",
            b"1 2\n\xff 1\n",
            expect![[r#"
                error: p.txt:2: byte 4 of the file is not UTF-8, expected text
            "#]],
        ),
        points(
            "a line of a hundred thousand numbers",
            "1 ".repeat(100_000),
            expect![[r#"
                error: p.txt:1: "1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 …" is not a point, expected 2 finite numbers
            "#]],
        ),
        points(
            "control characters in place of a point",
            "\u{1b}[2J 1\n",
            expect![[r#"
                error: p.txt:1: "\u{1b}[2J 1" is not a point, expected 2 finite numbers
            "#]],
        ),
    ]
}
