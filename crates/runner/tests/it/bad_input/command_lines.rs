//! Command lines that cannot be meant.

use expect_test::{Expect, expect};

use super::case::{Case, case};
use super::fixtures::run_on_points;
use crate::sandbox::Sandbox;

/// A command line that is refused whatever is on disk.
pub(super) fn typed(name: &'static str, command: &str, expected: Expect) -> Case {
    case(name, command, |_| {}, expected)
}

/// One that is refused where there is a run `r`.
pub(super) fn of_run(name: &'static str, command: &str, expected: Expect) -> Case {
    case(name, command, run_on_points, expected)
}

pub(super) fn train(name: &'static str, arguments: &str, expected: Expect) -> Case {
    typed(
        name,
        &format!("train CONFIGS/spirals.ron --out o {arguments}"),
        expected,
    )
}

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        typed(
            "unknown subcommand",
            "tarin CONFIGS/spirals.ron --out o",
            expect![[r#"
            error: unrecognized subcommand 'tarin'

              tip: a similar subcommand exists: 'train'

            Usage: vds <COMMAND>

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "unknown option",
            "train CONFIGS/spirals.ron --out o --epochs 3",
            expect![[r#"
                error: unexpected argument '--epochs' found

                Usage: vds train --out <DIR> <CONFIG.ron>

                For more information, try '--help'.
            "#]],
        ),
        typed(
            "train without --out",
            "train CONFIGS/spirals.ron",
            expect![[r#"
            error: the following required arguments were not provided:
              --out <DIR>

            Usage: vds train --out <DIR> <CONFIG.ron>

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "prune without --out",
            "prune r",
            expect![[r#"
                error: r is not a run directory: there is no config.ron in it
                hint: give the folder that `vds train --out` wrote
            "#]],
        ),
        typed(
            "report without --out",
            "report r",
            expect![[r#"
            error: the following required arguments were not provided:
              --out <FILE.html>

            Usage: vds report --out <FILE.html> <RUN>...

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "report without a run",
            "report --out page.html",
            expect![[r#"
            error: the following required arguments were not provided:
              <RUN>...

            Usage: vds report --out <FILE.html> <RUN>...

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "predict without a file",
            "predict r",
            expect![[r#"
            error: the following required arguments were not provided:
              <FILE>...

            Usage: vds predict <RUN> <FILE>...

            For more information, try '--help'.
        "#]],
        ),
        train(
            "--out twice",
            "--out p",
            expect![[r#"
                error: the argument '--out <DIR>' cannot be used multiple times

                Usage: vds train [OPTIONS] [CONFIG.ron]

                For more information, try '--help'.
            "#]],
        ),
        train(
            "--set without =",
            "--set max_depth",
            expect![[r#"
            error: --set max_depth: expected PATH=VALUE, as max_depth=5
        "#]],
        ),
        train(
            "--set with ten thousand brackets",
            &format!("--set prior={}", "[".repeat(10_000)),
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set prior=[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…: prior is [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[…, expected Geometric(DECAY) with a decay above 0, at most 100; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1
            "#]],
        ),
        train(
            "--set without a path",
            "--set =5",
            expect![[r#"
                error: --set =5: expected PATH=VALUE, as max_depth=5
            "#]],
        ),
        train(
            "--set with an empty name in the path",
            "--set optimizer..momentum=0.5",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set optimizer..momentum=0.5: optimizer..momentum is not a field; there are learning_rate, momentum, schedule
            "#]],
        ),
        train(
            "--set without a value",
            "--set max_depth=",
            expect![[r#"
                error: --set max_depth=: expected PATH=VALUE, as max_depth=5
            "#]],
        ),
        train(
            "--set with an open bracket",
            "--set network=Fc(width:3",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set network=Fc(width:3: network is Fc(width:3, expected Conv(channels: N, bottleneck_channels: N) or Fc(width: N)
            "#]],
        ),
        train(
            "--set of an unknown field",
            "--set depth=3",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set depth=3: depth is not a field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, posterior, optimizer, batch_size, epochs, skip_tail_mass, early_stopping, pruning_rule, ece_bins, seed, data_seed
            "#]],
        ),
        train(
            "--set of an unknown inner field",
            "--set optimizer.rate=3",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set optimizer.rate=3: optimizer.rate is not a field; there are learning_rate, momentum, schedule
            "#]],
        ),
        train(
            "--set inside a number",
            "--set max_depth.x=3",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set max_depth.x=3: max_depth.x is not a field; max_depth has no fields
            "#]],
        ),
        train(
            "two bad --set",
            "--set max_depth=1000000 --set optimizer.learning_rate=-1",
            expect![[r#"
                error: CONFIGS/spirals.ron: 2 problems in the configuration
                  --set max_depth=1000000: max_depth is 1000000, expected a whole number from 0 to 1000
                  --set optimizer.learning_rate=-1: optimizer.learning_rate is -1.0, expected a number above 0, at most 100
            "#]],
        ),
        of_run(
            "unknown rule",
            "prune r --rule nearest --out p",
            expect![[r#"
            error: reading --rule: pruning rule "nearest" is not known, expected RULES
        "#]],
        ),
        of_run(
            "rule with a ratio above 1",
            "prune r --rule near-mode:2 --out p",
            expect![[r#"
                error: reading --rule: pruning rule "near-mode:2" is not known, expected RULES
            "#]],
        ),
        of_run(
            "rule without its tolerance",
            "prune r --rule tail-mass --out p",
            expect![[r#"
                error: reading --rule: pruning rule "tail-mass" is not known, expected RULES
            "#]],
        ),
        typed(
            "unknown shell",
            "completions tcsh",
            expect![[r#"
            error: invalid value 'tcsh' for '<SHELL>'
              [possible values: bash, elvish, fish, powershell, zsh]

              tip: a similar value exists: 'zsh'

            For more information, try '--help'.
        "#]],
        ),
        typed(
            "unknown data set to verify",
            "data verify cifar",
            expect![[r#"
            error: there is no data set "cifar", the catalogue has mnist, fashion-mnist, svhn, svhn-like, fashion-mnist-mini
        "#]],
        ),
        typed(
            "misspelt data set to import",
            "data import fashion-mnits .",
            expect![[r#"
                error: there is no data set "fashion-mnits", the catalogue has mnist, fashion-mnist, svhn, svhn-like, fashion-mnist-mini
            "#]],
        ),
        typed(
            "built-in data set to import",
            "data import fashion-mnist-mini .",
            expect![[r#"
                error: fashion-mnist-mini is built in, there are no files to import
            "#]],
        ),
    ]
}

#[test]
fn command_line_without_a_command_is_refused_with_the_help() {
    let sandbox = Sandbox::new();
    let help = sandbox.run("-h");
    assert!(help.contains("\nUsage: vds <COMMAND>\n"), "{help}");
    assert_eq!(sandbox.fail(""), (help, Some(2)));
}
