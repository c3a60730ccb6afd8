use std::path::Path;

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::*;

const GOOD: &str = include_str!("template.ron");

fn load_with(text: &str, settings: &[&str]) -> Result<Config, ConfigError> {
    let settings: Vec<Setting> = settings
        .iter()
        .map(|setting| Setting::parse(setting).unwrap())
        .collect();
    load(Path::new("bad.ron"), text, &settings)
}

/// The problems of the template with texts replaced and fields overridden.
#[track_caller]
fn check(replacements: &[(&str, &str)], settings: &[&str], expected: Expect) {
    let mut text = GOOD.to_owned();
    for (from, to) in replacements {
        assert!(text.contains(from), "{from} is not in the template");
        text = text.replacen(from, to, 1);
    }
    let error = load_with(&text, settings).unwrap_err();
    expected.assert_eq(&error.to_string());
}

#[track_caller]
fn check_one(from: &str, to: &str, expected: Expect) {
    check(&[(from, to)], &[], expected);
}

#[test]
fn all_problems_are_reported_at_once() {
    check(
        &[
            ("seed: 0", "seed: -1, sed: 3"),
            ("method: ldn", "method: \"ldn\""),
            ("learning_rate: 0.1", "learning_rate: -0.1"),
            ("epochs: 1,", ""),
            ("max_depth: 1", "max_depth: 1000000"),
            ("Uniform", "Explicit([0.5, 0.6])"),
            ("Fc(width: 20)", "Conv(outer: 0, inner: 3)"),
        ],
        &[],
        expect![[r#"
            bad.ron: 9 problems in the configuration
              bad.ron:1:1: epochs is missing, expected a whole number from 1 to 1000000
              bad.ron:6:13: method is "ldn", expected ldn or ddn
              bad.ron:7:16: max_depth is 1000000, expected a whole number from 0 to 1000
              bad.ron:8:14: network is convolutional, expected Fc(width: N) for points in the plane
              bad.ron:8:26: network.outer is 0, expected a whole number from 1 to 4096
              bad.ron:10:12: prior: the sum is 1.1, expected 1
              bad.ron:11:32: optimizer.learning_rate is -0.1, expected a number above 0, at most 100
              bad.ron:18:11: seed is -1, expected a whole number from 0 to 18446744073709551615
              bad.ron:18:15: sed is no field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, optimizer, batch_size, epochs, truncate_tail, selection, pruning_rule, ece_bins, seed"#]],
    );
}

#[test]
fn consequences_of_a_problem_are_not_reported() {
    check_one(
        "Spirals(",
        "Spirls(",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:4:14: dataset is Spirls(n: 2000, noise: 0.2, arms: 2, start_degrees: 0, stop_degrees: 720, train_fraction: 0.1), expected Catalogue("NAME") or Spirals(...)"#]],
    );
    check_one(
        "Fc(width: 20)",
        "Conv(outer: \"a\", inner: true)",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:8:26: network.outer is "a", expected a whole number from 1 to 4096"#]],
    );
}

#[test]
fn wrong_types_name_the_field_and_what_was_expected() {
    check_one(
        "max_depth: 1",
        "max_depth: 1.5",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:7:16: max_depth is 1.5, expected a whole number from 0 to 1000"#]],
    );
    check_one(
        "n_train: None",
        "n_train: \"all\"",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:5:14: n_train is "all", expected None or a whole number of at least 2"#]],
    );
    check_one(
        "near-mode:0.95",
        "near-mode:1.5",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:16:19: pruning_rule is "near-mode:1.5", expected "near-mode:RATIO" with a ratio from 0 to below 1, "arg-max", "rounded-expectation", or "tail-mass:TOLERANCE" with a tolerance above 0, at most 1"#]],
    );
    check_one(
        "Fc(width: 20)",
        "Fc",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:8:14: network is Fc, expected Conv(outer: N, inner: N) or Fc(width: N)"#]],
    );
    check_one(
        "protocol: none",
        "protocol: validation",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:15:27: selection.protocol is validation, expected validation(FRACTION) with a fraction above 0 and below 1, none, or paper"#]],
    );
}

#[test]
fn fields_must_be_there_once_and_known() {
    check_one(
        "seed: 0,",
        "seed: 0, seed: 1,",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:18:14: seed is given twice"#]],
    );
    check_one(
        "momentum: 0.5,",
        "",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:11:16: optimizer.momentum is missing, expected a number from 0 to below 1"#]],
    );
    check_one(
        "momentum: 0.5",
        "momentum: 0.5, nesterov: true",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:11:52: optimizer.nesterov is no field; there are learning_rate, momentum, schedule"#]],
    );
}

#[test]
fn syntax_errors_name_line_and_column() {
    check_one(
        "seed: 0,\n)",
        "seed: 0,\n",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:18:13: unexpected end of RON"#]],
    );
    check_one(
        "method: ldn,",
        "method: ldn",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:7:5: expected comma"#]],
    );
    check_one(
        "(\n    schema",
        "((\n    schema",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:1:2: expected identifier"#]],
    );
}

#[test]
fn contradictions_are_found() {
    check_one(
        "quantity: train_elbo",
        "quantity: validation_nll",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:15:43: selection.quantity needs a split, and selection.protocol is none; expected train_elbo"#]],
    );
    check_one(
        "Fc(width: 20)",
        "Conv(outer: 8, inner: 4)",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:8:14: network is convolutional, expected Fc(width: N) for points in the plane"#]],
    );
    check_one(
        "n_train: None",
        "n_train: 100",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:5:14: n_train takes the first examples of a file, expected None for generated data; set dataset.n"#]],
    );
    check_one(
        "protocol: none",
        "protocol: validation(1.0)",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:15:27: selection.protocol is validation(1.0), expected validation(FRACTION) with a fraction above 0 and below 1, none, or paper"#]],
    );
    check_one(
        "stop_degrees: 720",
        "stop_degrees: 0",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:4:84: dataset.stop_degrees is 0, expected a number above 0, at most 36000"#]],
    );
    check_one(
        "Uniform",
        "Explicit([0.5, 0.25, 0.25])",
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:10:12: prior has length 3, expected max_depth + 1 = 2"#]],
    );
    check_one(
        "Uniform",
        "Geometric(NaN)",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          bad.ron:10:12: prior is Geometric(NaN), expected Geometric(DECAY) with a decay above 0 and at most 100, Uniform, or Explicit([...]) with max_depth + 1 probabilities that sum to 1"#]],
    );
    check(
        &[("width: 20", "width: 4096"), ("max_depth: 1", "max_depth: 900")],
        &[],
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:8:14: network would have 15110553600 parameters in its blocks, expected at most 268435456"#]],
    );
}

#[test]
fn problem_of_an_override_names_the_argument() {
    check(
        &[],
        &["max_depth=-3"],
        expect![[r#"
        bad.ron: 1 problem in the configuration
          --set max_depth=-3: max_depth is -3, expected a whole number from 0 to 1000"#]],
    );
    check(
        &[],
        &["optimizer.learning_rate=NaN"],
        expect![[r#"
        bad.ron: 1 problem in the configuration
          --set optimizer.learning_rate=NaN: optimizer.learning_rate is NaN, expected a number above 0, at most 100"#]],
    );
    check(
        &[],
        &["optimizer.rate=0.1"],
        expect![[r#"
        bad.ron: 1 problem in the configuration
          --set optimizer.rate=0.1: optimizer.rate is no field; there are learning_rate, momentum, schedule"#]],
    );
    check(
        &[],
        &["optimiser.learning_rate=0.1"],
        expect![[r#"
        bad.ron: 1 problem in the configuration
          --set optimiser.learning_rate=0.1: optimiser.learning_rate is no field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, optimizer, batch_size, epochs, truncate_tail, selection, pruning_rule, ece_bins, seed"#]],
    );
    check(
        &[],
        &["prior=Explicit([1])", "seed=1"],
        expect![[r#"
            bad.ron: 1 problem in the configuration
              --set prior=Explicit([1]): prior has length 1, expected max_depth + 1 = 2"#]],
    );
}

#[test]
fn override_replaces_the_value_and_moves_no_line() {
    let config = load_with(GOOD, &["method=ddn", "optimizer.learning_rate=0.05", "dataset.n=40"]).unwrap();
    let file = config.file();
    assert_eq!(file.method, Method::Ddn);
    assert_eq!(file.optimizer.learning_rate.to_bits(), 0.05_f64.to_bits());
    assert!(matches!(file.dataset, Dataset::Spirals { n: 40, .. }));
    check(
        &[("seed: 0", "seed: x")],
        &[
            "dataset=Spirals(n: 20,\n\n noise: 0, arms: 2, start_degrees: 0, stop_degrees: 1, train_fraction: 0.5) // end",
        ],
        expect![[r#"
            bad.ron: 1 problem in the configuration
              bad.ron:18:11: seed is x, expected a whole number from 0 to 18446744073709551615"#]],
    );
}

#[test]
fn override_of_a_field_that_the_file_leaves_out_is_added() {
    let text = GOOD.replacen("n_train: None,", "", 1);
    let text = text.replacen(
        "Spirals(n: 2000, noise: 0.2, arms: 2, start_degrees: 0, stop_degrees: 720, train_fraction: 0.1)",
        "Catalogue(\"mnist\")",
        1,
    );
    assert_eq!(load_with(&text, &["n_train=7"]).unwrap().file().n_train, Some(7));
}

#[test]
fn later_override_wins() {
    assert_eq!(load_with(GOOD, &["seed=1", "seed=2"]).unwrap().seed(), 2);
}

#[test]
fn setting_must_be_a_path_and_a_value() {
    for (text, expected) in [
        ("max_depth", expect!["expected PATH=VALUE, as max_depth=5"]),
        (
            "=1",
            expect![[r#""" is not a path of field names, as optimizer.learning_rate"#]],
        ),
        (
            "a..b=1",
            expect![[r#""a..b" is not a path of field names, as optimizer.learning_rate"#]],
        ),
        ("seed=", expect![[r#""" is not a RON value: Unexpected end of RON"#]]),
        (
            "seed=1, method: ddn",
            expect![[r#""1, method: ddn" is not a RON value: Non-whitespace trailing characters"#]],
        ),
    ] {
        expected.assert_eq(&Setting::parse(text).unwrap_err());
    }
}

#[test]
fn resolved_configuration_reads_back() {
    let config = load_with(
        GOOD,
        &[
            "prior=Geometric(0.85)",
            "optimizer.schedule.ddn=Steps(at: [30], factor: 0.1)",
        ],
    )
    .unwrap();
    assert_eq!(load_with(&config.to_ron(), &[]).unwrap(), config);
}

#[test]
fn schedule_follows_the_method() {
    let settings = ["optimizer.schedule.ddn=Steps(at: [2], factor: 0.5)", "method=ddn"];
    let rates = |settings: &[&str]| {
        let config = load_with(GOOD, settings).unwrap();
        [0, 1, 2].map(|epoch| config.train_options().learning_rate_in(epoch))
    };
    let close = |a: [f64; 3], b: [f64; 3]| a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-15);
    assert!(close(rates(&settings[..1]), [0.1, 0.1, 0.1]));
    assert!(close(rates(&settings), [0.1, 0.1, 0.05]));
}

#[test]
fn explicit_prior_of_a_pruned_network_keeps_all_mass() {
    let config = load_with(GOOD, &["max_depth=3", "prior=Explicit([0.1, 0.2, 0.3, 0.4])"]).unwrap();
    let pruned = config.pruned(1);
    assert!((pruned.prior().probs()[1] - 0.9).abs() < 1e-12);
    assert_eq!(pruned.max_depth(), 1);
}

#[test]
fn comments_and_strings_do_not_hide_fields() {
    let text = GOOD.replacen(
        "name: \"template\"",
        "/* seed: 9, /* ( */ */ name: r#\"a\") seed: (\"#, // seed: 7 (",
        1,
    );
    assert_eq!(load_with(&text, &["seed=5"]).unwrap().seed(), 5);
}

proptest! {
    #[test]
    fn no_damaged_text_makes_it_panic(position in 0..GOOD.len(), byte in 32_u8..127, cut in 0..GOOD.len()) {
        let mut bytes = GOOD.as_bytes().to_vec();
        bytes[position] = byte;
        let _ = load_with(&String::from_utf8(bytes.clone()).unwrap(), &["max_depth=2"]);
        bytes.truncate(cut);
        let _ = load_with(&String::from_utf8(bytes).unwrap(), &["selection.keep=last"]);
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in "\\PC{0,60}") {
        prop_assert!(load_with(&text, &[]).is_err());
    }
}
