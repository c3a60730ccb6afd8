//! The first error of a text that is not a configuration.

use expect_test::expect;

use super::*;

#[test]
fn parse_stops_at_the_first_error_and_names_the_field() {
    check(
        &[("width: 20", "width: -1"), ("epochs: 1", "epochs: \"a\", epoch: 3")],
        &[],
        expect!["bad.ron:5:25: network.width has an invalid value, expected a whole number from 1 to 4096"],
    );
    check_one(
        "max_depth: 1",
        "max_depth: \"a\"",
        expect!["bad.ron:4:15: max_depth has an invalid value, expected a whole number from 0 to 1000"],
    );
    check_one(
        "max_depth: 1",
        "max_depth: 1.5",
        expect!["bad.ron:4:17: expected comma"],
    );
    check_one(
        "prior: Uniform",
        "prior: Explicit([1, \"a\"])",
        expect![
            "bad.ron:6:25: prior has an invalid value, expected Geometric(DECAY) with a decay above 0, at most 100; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1"
        ],
    );
    check_one(
        "prior: Uniform",
        "n_train: \"all\"",
        expect!["bad.ron:6:13: n_train has an invalid value, expected None or a whole number of at least 2"],
    );
    check_one(
        "prior: Uniform",
        "method: \"ldn\"",
        expect!["bad.ron:6:13: method has an invalid value, expected ldn or ddn"],
    );
    check_one(
        "prior: Uniform",
        "pruning_rule: \"near-mode:1.5\"",
        expect![[r#"bad.ron:6:20: pruning rule "near-mode:1.5" is not known, expected RULES"#]],
    );
    check_one(
        "Spirals(",
        "Spirls(",
        expect![[r#"bad.ron:3:14: dataset is Spirls, expected Catalogue("NAME") or Spirals(...)"#]],
    );
    check_one(
        "Fc(width: 20)",
        "Fc",
        expect![
            "bad.ron:5:16: network has an invalid value, expected Conv(channels: N, bottleneck_channels: N) or Fc(width: N)"
        ],
    );
    check_one(
        "split: none",
        "split: validation",
        expect![
            "bad.ron:8:39: early_stopping.split has an invalid value, expected validation(FRACTION) with a fraction above 0 and below 1, none, or test"
        ],
    );
    check_one(
        "split: none",
        "split: paper",
        expect![
            "bad.ron:8:29: early_stopping.split is paper, expected validation(FRACTION) with a fraction above 0 and below 1, none, or test"
        ],
    );
    check_one(
        "split: none",
        "split: 3",
        expect![[
            r#"bad.ron:8:29: early_stopping.split has an invalid value, expected validation(FRACTION) with a fraction above 0 and below 1, none, or test"#
        ]],
    );
    check_one(
        "split: none",
        "restore_best: yes",
        expect!["bad.ron:8:35: early_stopping.restore_best has an invalid value, expected true or false"],
    );
}

#[test]
fn parse_refuses_unknown_missing_and_repeated_fields() {
    check_one(
        "epochs: 1",
        "epochs: 1, sed: 3",
        expect![
            "bad.ron:7:16: sed is not a field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, posterior, optimizer, batch_size, epochs, skip_tail_mass, early_stopping, pruning_rule, ece_bins, seed, data_seed"
        ],
    );
    check_one(
        "split: none",
        "split: none, nesterov: true",
        expect![
            "bad.ron:8:35: early_stopping.nesterov is not a field; there are split, metric, restore_best, patience"
        ],
    );
    check_one(
        "width: 20",
        "width: 20, height: 3",
        expect!["bad.ron:5:28: network.height is not a field; there are width"],
    );
    check_one(
        "epochs: 1",
        "epochs: 1, epochs: 1",
        expect!["bad.ron:7:16: epochs is given twice"],
    );
    check_one(
        "split: none",
        "split: none, split: none",
        expect!["bad.ron:8:35: early_stopping.split is given twice"],
    );
    check_one(
        "prior: Uniform",
        "optimizer: (schedule: (ldn: Steps(at: [3])))",
        expect!["bad.ron:6:46: optimizer.schedule.ldn.factor is missing, expected a number above 0, at most 1"],
    );
    for (field, from) in [
        ("schema", "schema: 3,"),
        ("dataset", "dataset: Spirals(n: 2000),"),
        ("network", "network: Fc(width: 20),"),
    ] {
        let message = load_with(&SMALL.replacen(from, "", 1), &[]).unwrap_err().to_string();
        assert!(
            message.contains(&format!(": {field} is missing, expected ")),
            "{message}"
        );
    }
}

#[test]
fn parse_refuses_another_schema_by_name() {
    check(
        &[("schema: 3", "schema: 1"), ("epochs: 1", "truncate_tail: None")],
        &[],
        expect!["bad.ron:2:13: schema is 1, expected 3, the only layout that this program reads"],
    );
    check(
        &[],
        &["schema=1"],
        expect![[r#"
        bad.ron: 1 problem in the configuration
          --set schema=1: schema is 1, expected 3, the only layout that this program reads"#]],
    );
}

#[test]
fn syntax_errors_name_line_and_column() {
    check_one(
        "train_elbo),\n)",
        "train_elbo),\n",
        expect!["bad.ron:8:55: unexpected end of RON"],
    );
    check_one("max_depth: 1,", "max_depth: 1", expect!["bad.ron:5:5: expected comma"]);
    check_one(
        "(\n    schema",
        "((\n    schema",
        expect!["bad.ron:1:2: expected identifier"],
    );
    check_one(
        "(\n    schema",
        "[\n    schema",
        expect!["bad.ron:1:1: expected `(`, with which a configuration begins"],
    );
}
