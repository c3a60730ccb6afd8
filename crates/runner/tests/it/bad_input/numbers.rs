//! Numbers on the command line that are malformed or out of their range.

use expect_test::expect;

use super::case::Case;
use super::command_lines::{of_run, train};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        train(
            "negative seed",
            "--seed -3",
            expect![[r#"
                error: invalid value '-3' for '--seed <N>': expected a whole number from 0 to 18446744073709551615

                For more information, try '--help'.
            "#]],
        ),
        train(
            "seed that is a word",
            "--seed random",
            expect![[r#"
                error: invalid value 'random' for '--seed <N>': expected a whole number from 0 to 18446744073709551615

                For more information, try '--help'.
            "#]],
        ),
        train(
            "fractional seed",
            "--seed=1.5",
            expect![[r#"
                error: invalid value '1.5' for '--seed <N>': expected a whole number from 0 to 18446744073709551615

                For more information, try '--help'.
            "#]],
        ),
        train(
            "seed beyond 64 bits",
            "--seed 18446744073709551616",
            expect![[r#"
                error: invalid value '18446744073709551616' for '--seed <N>': expected a whole number from 0 to 18446744073709551615

                For more information, try '--help'.
            "#]],
        ),
        train(
            "no threads",
            "--threads 0",
            expect![[r#"
            error: invalid value '0' for '--threads <N>': expected a whole number from 1 to 1024

            For more information, try '--help'.
        "#]],
        ),
        train(
            "negative threads",
            "--threads -1",
            expect![[r#"
                error: invalid value '-1' for '--threads <N>': expected a whole number from 1 to 1024

                For more information, try '--help'.
            "#]],
        ),
        train(
            "too many threads",
            "--threads 1025",
            expect![[r#"
            error: invalid value '1025' for '--threads <N>': expected a whole number from 1 to 1024

            For more information, try '--help'.
        "#]],
        ),
        of_run(
            "depth beyond the maximum",
            "prune r --depth 2 --out p",
            expect![[r#"
            error: --depth 2: the maximum depth of the network is 1
        "#]],
        ),
        of_run(
            "negative depth",
            "prune r --depth -1 --out p",
            expect![[r#"
                error: invalid value '-1' for '--depth <N>': expected a whole number of blocks, 0 or more

                For more information, try '--help'.
            "#]],
        ),
        of_run(
            "depth that is a word",
            "prune r --depth two --out p",
            expect![[r#"
                error: invalid value 'two' for '--depth <N>': expected a whole number of blocks, 0 or more

                For more information, try '--help'.
            "#]],
        ),
        of_run(
            "rule and depth",
            "prune r --depth 1 --rule arg-max --out p",
            expect![[r#"
                error: the argument '--depth <N>' cannot be used with '--rule <RULE>'

                Usage: vds prune --depth <N> --out <DIR> <RUN>

                For more information, try '--help'.
            "#]],
        ),
        of_run(
            "rule with a negative tolerance",
            "prune r --rule tail-mass:-0.1 --out p",
            expect![[r#"
                error: reading --rule: pruning rule "tail-mass:-0.1" is not known, expected RULES
            "#]],
        ),
    ]
}
