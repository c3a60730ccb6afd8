//! Fields of a configuration that are missing, unknown, of another type or out of their range.

use expect_test::expect;

use super::case::Case;
use super::configs::{changed, set, spirals, text};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        text(
            "unknown, missing and mistyped fields",
            "(\n    schema: 1,\n    name: 3,\n    epoch: 4,\n)\n",
            expect![[r#"
                error: c.ron: 15 problems in the configuration
                  c.ron:1:1: batch_size is missing, expected a whole number from 2 to 65536 (batch norm needs two examples)
                  c.ron:1:1: dataset is missing, expected Catalogue("NAME") or Spirals(...)
                  c.ron:1:1: ece_bins is missing, expected a whole number from 1 to 1000
                  c.ron:1:1: epochs is missing, expected a whole number from 1 to 1000000
                  c.ron:1:1: head_statistics is missing, expected per_depth or shared
                  c.ron:1:1: max_depth is missing, expected a whole number from 0 to 1000
                  c.ron:1:1: method is missing, expected ldn or ddn
                  c.ron:1:1: network is missing, expected Conv(channels: N, bottleneck_channels: N) or Fc(width: N)
                  c.ron:1:1: optimizer is missing, expected (learning_rate: X, momentum: X, schedule: (...))
                  c.ron:1:1: prior is missing, expected Geometric(DECAY) with a decay above 0 and at most 100, Uniform, or Explicit([...]) with max_depth + 1 probabilities that sum to 1
                  c.ron:1:1: pruning_rule is missing, expected "near-mode:RATIO" with a ratio from 0 to below 1, "arg-max", "rounded-expectation", or "tail-mass:TOLERANCE" with a tolerance above 0, at most 1
                  c.ron:1:1: seed is missing, expected a whole number from 0 to 18446744073709551615
                  c.ron:1:1: selection is missing, expected (protocol: P, quantity: Q, keep: K, patience: N)
                  c.ron:3:11: name is 3, expected a text of 1 to 100 characters
                  c.ron:4:5: epoch is no field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, optimizer, batch_size, epochs, skip_tail_mass, selection, pruning_rule, ece_bins, seed
            "#]],
        ),
        changed(
            "unknown field",
            "max_depth: 20",
            "max_depth: 20, dropout: 0.5",
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:17:20: dropout is no field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, optimizer, batch_size, epochs, skip_tail_mass, selection, pruning_rule, ece_bins, seed
            "#]],
        ),
        changed(
            "duplicate field",
            "seed: 0",
            "seed: 0, seed: 1",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:32:14: seed is given twice
        "#]],
        ),
        changed(
            "schema of the future",
            "schema: 1",
            "schema: 2",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:5:13: schema is 2, expected 1, the only layout that this program reads
        "#]],
        ),
        changed(
            "schema that is missing",
            "schema: 1,",
            "",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:4:1: schema is missing, expected 1, the only layout that this program reads
        "#]],
        ),
        changed(
            "missing comma",
            "epochs: 8000,",
            "epochs: 8000",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:28:5: expected comma
        "#]],
        ),
        changed(
            "number as a text",
            "batch_size: 512",
            "batch_size: \"512\"",
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:26:17: batch_size is "512", expected a whole number from 2 to 65536 (batch norm needs two examples)
            "#]],
        ),
        changed(
            "fraction as a count",
            "epochs: 8000",
            "epochs: 0.5",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:27:13: epochs is 0.5, expected a whole number from 1 to 1000000
        "#]],
        ),
        changed(
            "unknown method",
            "method: ldn",
            "method: adn",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:16:13: method is adn, expected ldn or ddn
        "#]],
        ),
        changed(
            "empty name",
            "name: \"spirals\"",
            "name: \"\"",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:6:11: name is "", expected a text of 1 to 100 characters
        "#]],
        ),
        text(
            "name without an end",
            spirals().replacen("\"spirals\"", "\"spirals", 1),
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:30:20: expected comma
            "#]],
        ),
        text(
            "name of a hundred thousand letters",
            spirals().replacen("\"spirals\"", &format!("\"{}\"", "x".repeat(100_000)), 1),
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:6:11: name is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…, expected a text of 1 to 100 characters
            "#]],
        ),
        changed(
            "name with control characters that is none",
            "name: \"spirals\"",
            "name: '\u{1b}[2J\u{7}'",
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:6:11: name is '\u{1b}[2J\u{7}', expected a text of 1 to 100 characters
            "#]],
        ),
        set(
            "negative epochs",
            "epochs=-1",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set epochs=-1: epochs is -1, expected a whole number from 1 to 1000000
        "#]],
        ),
        set(
            "no epochs",
            "epochs=0",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set epochs=0: epochs is 0, expected a whole number from 1 to 1000000
        "#]],
        ),
        set(
            "batch of one",
            "batch_size=1",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set batch_size=1: batch_size is 1, expected a whole number from 2 to 65536 (batch norm needs two examples)
        "#]],
        ),
        set(
            "a million blocks",
            "max_depth=1000000",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set max_depth=1000000: max_depth is 1000000, expected a whole number from 0 to 1000
        "#]],
        ),
        set(
            "depth beyond 64 bits",
            "max_depth=99999999999999999999",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set max_depth=99999999999999999999: max_depth is 99999999999999999999, expected a whole number from 0 to 1000
        "#]],
        ),
        set(
            "no bins",
            "ece_bins=0",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set ece_bins=0: ece_bins is 0, expected a whole number from 1 to 1000
        "#]],
        ),
        set(
            "no patience",
            "early_stopping.patience=Some(0)",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set early_stopping.patience=Some(0): early_stopping.patience is Some(0), expected None or a whole number of at least 1
        "#]],
        ),
        set(
            "whole mass as the tail",
            "skip_tail_mass=Some(1)",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set skip_tail_mass=Some(1): skip_tail_mass is Some(1), expected None or Some(MASS) with a mass from 0 to below 1
        "#]],
        ),
        set(
            "negative tail",
            "skip_tail_mass=Some(-0.1)",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set skip_tail_mass=Some(-0.1): skip_tail_mass is Some(-0.1), expected None or Some(MASS) with a mass from 0 to below 1
        "#]],
        ),
        set(
            "unknown pruning rule",
            "pruning_rule=\"nearest\"",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set pruning_rule="nearest": pruning_rule is "nearest", expected "near-mode:RATIO" with a ratio from 0 to below 1, "arg-max", "rounded-expectation", or "tail-mass:TOLERANCE" with a tolerance above 0, at most 1
            "#]],
        ),
        set(
            "pruning rule with a ratio above 1",
            "pruning_rule=\"near-mode:1.5\"",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set pruning_rule="near-mode:1.5": pruning_rule is "near-mode:1.5", expected "near-mode:RATIO" with a ratio from 0 to below 1, "arg-max", "rounded-expectation", or "tail-mass:TOLERANCE" with a tolerance above 0, at most 1
            "#]],
        ),
        set(
            "width whose square overflows",
            "network=Fc(width:18446744073709551615)",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set network=Fc(width:18446744073709551615): network.width is 18446744073709551615, expected a whole number from 1 to 4096
            "#]],
        ),
        set(
            "channels whose square overflows",
            "network=Conv(channels:18446744073709551615,bottleneck_channels:18446744073709551615)",
            expect![[r#"
                error: CONFIGS/spirals.ron: 3 problems in the configuration
                  --set network=Conv(channels:18446744073709551615,bottleneck_channels:18446744073709551615): network is convolutional, expected Fc(width: N) for points in the plane
                  --set network=Conv(channels:18446744073709551615,bottleneck_channels:18446744073709551615): network.bottleneck_channels is 18446744073709551615, expected a whole number from 1 to 4096
                  --set network=Conv(channels:18446744073709551615,bottleneck_channels:18446744073709551615): network.channels is 18446744073709551615, expected a whole number from 1 to 4096
            "#]],
        ),
        set(
            "width of nothing",
            "network=Fc(width:0)",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set network=Fc(width:0): network.width is 0, expected a whole number from 1 to 4096
        "#]],
        ),
        set(
            "points that the arms do not share evenly",
            "dataset.n=2001",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set dataset.n=2001: dataset.n is 2001, expected a multiple of the number of arms from 20 to 10000000
            "#]],
        ),
        set(
            "infinite noise",
            "dataset.noise=inf",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set dataset.noise=inf: dataset.noise is inf, expected a number from 0 to 1000
        "#]],
        ),
    ]
}
