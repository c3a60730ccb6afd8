//! Values that are out of range or contradict each other, and overrides.

use expect_test::expect;

use super::*;

#[test]
fn problems_of_meaning_are_reported_at_once() {
    check(
        &[
            ("Spirals(n: 2000", "Spirals(arms: 1, stop_degrees: 0"),
            ("max_depth: 1", "max_depth: 1000000"),
            ("prior: Uniform", "prior: Geometric(NaN), name: \"\""),
            ("Fc(width: 20)", "Conv(channels: 0)"),
            ("split: none", "split: validation(1)"),
        ],
        &["optimizer.learning_rate=-0.1", "skip_tail_mass=NaN"],
        expect![[r#"
            bad.ron: 10 problems in the configuration
              dataset.arms is 1, expected a whole number from 2 to 100
              dataset.stop_degrees is 0.0, expected a number above 0, at most 36000
              max_depth is 1000000, expected a whole number from 0 to 1000
              network.channels is 0, expected a whole number from 1 to 4096
              --set optimizer.learning_rate=-0.1: optimizer.learning_rate is -0.1, expected a number above 0, at most 100
              --set skip_tail_mass=NaN: skip_tail_mass is NaN, expected None or a number from 0 to below 1
              name is "", expected a text of 1 to 100 characters
              early_stopping.split is validation(1.0), expected validation(FRACTION) with a fraction above 0 and below 1, none, or test
              prior is Geometric(NaN), expected Geometric(DECAY) with a decay above 0, at most 100; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1
              network is convolutional, expected Fc(width: N) for points in the plane"#]],
    );
}

#[test]
fn contradictions_are_found() {
    check_one(
        "train_elbo",
        "validation_nll",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          early_stopping.metric needs a split, and early_stopping.split is none; expected train_elbo"#]],
    );
    check_one(
        "Fc(width: 20)",
        "Conv(channels: 8)",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          network is convolutional, expected Fc(width: N) for points in the plane"#]],
    );
    check_one(
        "prior: Uniform",
        "n_train: 100",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          n_train takes the first examples of a file, expected None for generated data; set dataset.n"#]],
    );
    check_one(
        "n: 2000",
        "n: 2001",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          dataset.n is 2001, expected a multiple of dataset.arms = 2"#]],
    );
    check_one(
        "Spirals(n: 2000)",
        "Catalogue(\"cifar\")",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          dataset "cifar" is not in the catalogue; there are mnist, fashion-mnist, svhn, svhn-like, fashion-mnist-mini"#]],
    );
    check_one(
        "Uniform",
        "Explicit([0.5, 0.25, 0.25])",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          prior has length 3, expected max_depth + 1 = 2"#]],
    );
    check_one(
        "Uniform",
        "Explicit([0.5, 0.6])",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          prior: the sum is 1.1, expected 1"#]],
    );
    check_one(
        "Uniform",
        "Explicit([1, 0])",
        expect![[r#"
        bad.ron: 1 problem in the configuration
          prior is 0 at depth 1, expected a probability above 0 for every depth that is learnt"#]],
    );
    check(
        &[("width: 20", "width: 4096"), ("max_depth: 1", "max_depth: 900")],
        &[],
        expect![[r#"
            bad.ron: 1 problem in the configuration
              network would have 15110553600 parameters in its blocks, expected at most 268435456"#]],
    );
}

#[test]
fn schedule_steps_must_ascend_from_the_first_epoch() {
    for at in ["[0]", "[3, 3]", "[4, 3]"] {
        let schedule = format!("optimizer.schedule.ldn=Steps(at: {at}, factor: 0.5)");
        let message = load_with(SMALL, &[&schedule]).unwrap_err().to_string();
        let end = "expected at most 1000 whole numbers of at least 1, ascending";
        assert!(message.ends_with(end), "{message}");
    }
    assert!(load_with(SMALL, &["optimizer.schedule.ldn=Steps(at: [1, 3], factor: 0.5)"]).is_ok());
}

#[test]
fn override_problems_name_the_argument() {
    check(
        &[],
        &[
            "max_depth=-3",
            "optimizer.rate=0.1",
            "optimiser=()",
            "epochs.x=1",
            "epochs=1, seed: 2",
        ],
        expect![[r#"
            bad.ron: 5 problems in the configuration
              --set max_depth=-3: max_depth is -3, expected a whole number from 0 to 1000
              --set optimizer.rate=0.1: optimizer.rate is not a field; there are learning_rate, momentum, schedule
              --set optimiser=(): optimiser is not a field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, posterior, optimizer, batch_size, epochs, skip_tail_mass, early_stopping, pruning_rule, ece_bins, seed, data_seed
              --set epochs.x=1: epochs.x is not a field; epochs has no fields
              --set epochs=1, seed: 2: epochs is 1, seed: 2, expected a whole number from 1 to 1000000"#]],
    );
    check(
        &[],
        &["optimizer=(rate: 0.1)", "network=Fc(width: true)", "network.channels=3"],
        expect![[r#"
            bad.ron: 3 problems in the configuration
              --set optimizer=(rate: 0.1): optimizer.rate is not a field; there are learning_rate, momentum, schedule
              --set network=Fc(width: true): network.width has an invalid value, expected a whole number from 1 to 4096
              --set network.channels=3: network.channels is not a field; there are width"#]],
    );
    check(
        &[],
        &["optimizer=(momentum: 1)", "prior=Explicit([1])", "seed=1"],
        expect![[r#"
        bad.ron: 2 problems in the configuration
          --set optimizer=(momentum: 1): optimizer.momentum is 1.0, expected a number from 0 to below 1
          --set prior=Explicit([1]): prior has length 1, expected max_depth + 1 = 2"#]],
    );
}

#[test]
fn override_replaces_a_field_of_any_depth() {
    let config = load_with(SMALL, &["method=ddn", "optimizer.learning_rate=0.05", "dataset.n=40"]).unwrap();
    let file = config.file();
    assert_eq!(file.method, Method::Ddn);
    assert_eq!(file.optimizer.learning_rate.to_bits(), 0.05_f64.to_bits());
    assert!(matches!(file.dataset, DatasetConfig::Spirals { n: 40, arms: 2, .. }));
    let config = load_with(
        SMALL,
        &["dataset=Catalogue(\"mnist\") // own", "n_train=7", "seed=1", "seed=2"],
    )
    .unwrap();
    assert_eq!(
        (config.file().n_train, config.seed(), config.name()),
        (Some(7), 2, "mnist")
    );
}

#[test]
fn override_must_be_a_path_and_a_value() {
    for text in ["max_depth", "=1", "seed=", ""] {
        assert_eq!(
            Override::parse(text).unwrap_err(),
            "expected PATH=VALUE, as max_depth=5"
        );
    }
}
