//! Settings of `vds bench` that are malformed, out of their range or do not go together.

use expect_test::expect;

use super::case::Case;
use super::command_lines::typed;

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        typed(
            "unknown network to time",
            "bench --network rnn",
            expect![[r#"
            error: invalid value 'rnn' for '--network <NETWORK>'
              [possible values: conv, fc]

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "width of a convolutional network to time",
            "bench --width 5",
            expect![[r#"
                error: --width belongs to --network fc
            "#]],
        ),
        typed(
            "algorithm of the convolutions of a fully connected network to time",
            "bench --network fc --convolution direct",
            expect![[r#"
                error: --convolution belongs to --network conv
            "#]],
        ),
        typed(
            "size of the images of a fully connected network to time",
            "bench --network fc --size 28",
            expect![[r#"
                error: --size belongs to --network conv
            "#]],
        ),
        typed(
            "unknown algorithm of the convolutions",
            "bench --convolution fft",
            expect![[r#"
                error: invalid value 'fft' for '--convolution <HOW>'
                  [possible values: winograd, direct]

                For more information, try '--help'.
            "#]],
        ),
        typed(
            "batch of one to time",
            "bench --batch 1",
            expect![[r#"
            error: invalid value '1' for '--batch <N>': expected a whole number from 2 to 65536

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "depth beyond any to time",
            "bench --max-depth 1001",
            expect![[r#"
            error: invalid value '1001' for '--max-depth <N>': expected a whole number from 0 to 1000

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "no threads to time with",
            "bench --threads 0",
            expect![[r#"
            error: invalid value '0' for '--threads <N>': expected a whole number from 1 to 1024

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "no repeats",
            "bench --repeats 0",
            expect![[r#"
            error: invalid value '0' for '--repeats <N>': expected a whole number from 1 to 1000

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "negative repeats",
            "bench --repeats -1",
            expect![[r#"
            error: invalid value '-1' for '--repeats <N>': expected a whole number from 1 to 1000

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "no channels of the images to time",
            "bench --in-channels 0",
            expect![[r#"
                error: invalid value '0' for '--in-channels <N>': expected a whole number from 1 to 1024

                For more information, try '--help'.
            "#]],
        ),
        typed(
            "images to time that are smaller than the first convolution",
            "bench --size 5",
            expect![[r#"
                error: invalid value '5' for '--size <N>': expected a whole number from 6 to 1024

                For more information, try '--help'.
            "#]],
        ),
        typed(
            "negative channels to time",
            "bench --channels -1",
            expect![[r#"
            error: invalid value '-1' for '--channels <N>': expected a whole number from 1 to 4096

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "channels beyond 64 bits to time",
            "bench --bottleneck-channels 99999999999999999999",
            expect![[r#"
                error: invalid value '99999999999999999999' for '--bottleneck-channels <N>': expected a whole number from 1 to 4096

                For more information, try '--help'.
            "#]],
        ),
        typed(
            "width that is a word",
            "bench --network fc --width many",
            expect![[r#"
            error: invalid value 'many' for '--width <N>': expected a whole number from 1 to 4096

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "pruning beyond the network to time",
            "bench --max-depth 3 --pruned-to 4",
            expect![[r#"
                error: --pruned-to 4: the maximum depth of the network is 3
            "#]],
        ),
        typed(
            "deep network to time that fills the memory",
            "bench --max-depth 1000 --batch 65536",
            expect![[r#"
                error: a training step of this size keeps 4504 GiB, at most 32 are allowed
                hint: lower --batch, --max-depth or the sizes of the network
            "#]],
        ),
        typed(
            "images to time that fill the memory",
            "bench --batch 65536 --size 1024",
            expect![[r#"
                error: a training step of this size keeps 89665 GiB, at most 32 are allowed
                hint: lower --batch, --max-depth or the sizes of the network
            "#]],
        ),
    ]
}
