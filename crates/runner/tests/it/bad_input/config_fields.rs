//! Fields of a configuration that are missing, unknown, of another type or out of their range.

use expect_test::expect;

use super::case::Case;
use super::configs::{changed, set, spirals, text};

#[expect(clippy::too_many_lines, reason = "a table")]
pub(super) fn cases() -> Vec<Case> {
    vec![
        text(
            "unknown, missing and mistyped fields",
            "(\n    schema: 3,\n    name: 3,\n    epoch: 4,\n)\n",
            expect![[r#"
                error: c.ron:3:10: name has an invalid value, expected a text of 1 to 100 characters
            "#]],
        ),
        changed(
            "unknown field",
            "max_depth: 20",
            "max_depth: 20, dropout: 0.5",
            expect![[r#"
                error: c.ron:7:20: dropout is not a field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, posterior, optimizer, batch_size, epochs, skip_tail_mass, early_stopping, pruning_rule, ece_bins, seed, data_seed
            "#]],
        ),
        changed(
            "duplicate field",
            "epochs: 8000",
            "epochs: 8000, epochs: 1",
            expect![[r#"
                error: c.ron:11:19: epochs is given twice
            "#]],
        ),
        text(
            "schema of the past",
            "(schema: 1, name: \"a\", dataset: Catalogue(\"mnist\"), truncate_tail: None)",
            expect![[r#"
                error: c.ron:1:10: schema is 1, expected 3, the only layout that this program reads
            "#]],
        ),
        changed(
            "schema of the future",
            "schema: 3",
            "schema: 4",
            expect![[r#"
                error: c.ron:5:13: schema is 4, expected 3, the only layout that this program reads
            "#]],
        ),
        changed(
            "schema that is missing",
            "schema: 3,",
            "",
            expect![[r#"
                error: c.ron:13:1: schema is missing, expected 3, the only layout that this program reads
            "#]],
        ),
        changed(
            "missing comma",
            "epochs: 8000,",
            "epochs: 8000",
            expect![[r#"
                error: c.ron:12:5: expected comma
            "#]],
        ),
        changed(
            "number as a text",
            "epochs: 8000",
            "batch_size: \"512\"",
            expect![[r#"
                error: c.ron:11:16: batch_size has an invalid value, expected a whole number from 2 to 65536
            "#]],
        ),
        changed(
            "fraction as a count",
            "epochs: 8000",
            "epochs: 0.5",
            expect![[r#"
                error: c.ron:11:14: expected comma
            "#]],
        ),
        changed(
            "unknown method",
            "epochs: 8000",
            "method: adn",
            expect![[r#"
                error: c.ron:11:13: method is adn, expected ldn or ddn
            "#]],
        ),
        changed(
            "empty name",
            "epochs: 8000",
            "name: \"\"",
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  name is "", expected a text of 1 to 100 characters
            "#]],
        ),
        text(
            "name without an end",
            spirals().replacen("epochs: 8000", "name: \"spirals", 1),
            expect![[r#"
                error: c.ron:11:11: name: expected end of string
            "#]],
        ),
        text(
            "name of a hundred thousand letters",
            spirals().replacen("epochs: 8000", &format!("name: \"{}\"", "x".repeat(100_000)), 1),
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  name is "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…, expected a text of 1 to 100 characters
            "#]],
        ),
        changed(
            "name with control characters that is none",
            "epochs: 8000",
            "name: '\u{1b}[2J\u{7}'",
            expect![[r#"
                error: c.ron:11:10: name has an invalid value, expected a text of 1 to 100 characters
            "#]],
        ),
        set(
            "three values out of range",
            "epochs=0 --set batch_size=1 --set optimizer.learning_rate=-0.1",
            expect![[r#"
                error: CONFIGS/spirals.ron: 3 problems in the configuration
                  --set optimizer.learning_rate=-0.1: optimizer.learning_rate is -0.1, expected a number above 0, at most 100
                  --set batch_size=1: batch_size is 1, expected a whole number from 2 to 65536
                  --set epochs=0: epochs is 0, expected a whole number from 1 to 1000000
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
            "unknown pruning rule",
            "pruning_rule=\"nearest\"",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set pruning_rule="nearest": pruning_rule is "nearest", expected None or a text: RULES
            "#]],
        ),
        set(
            "pruning rule with a ratio above 1",
            "pruning_rule=\"near-mode:1.5\"",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set pruning_rule="near-mode:1.5": pruning_rule is "near-mode:1.5", expected None or a text: RULES
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
                  --set network=Conv(channels:18446744073709551615,bottleneck_channels:18446744073709551615): network.channels is 18446744073709551615, expected a whole number from 1 to 4096
                  --set network=Conv(channels:18446744073709551615,bottleneck_channels:18446744073709551615): network.bottleneck_channels is 18446744073709551615, expected a whole number from 1 to 4096
                  --set network=Conv(channels:18446744073709551615,bottleneck_channels:18446744073709551615): network is convolutional, expected Fc(width: N) for points in the plane
            "#]],
        ),
        set(
            "points that the arms do not share evenly",
            "dataset.n=2001",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set dataset.n=2001: dataset.n is 2001, expected a multiple of dataset.arms = 2
            "#]],
        ),
    ]
}
