//! Bad input: exit code 2, the exact message, nothing written.

use expect_test::{Expect, expect};

use crate::sandbox::Sandbox;

/// Runs a command that must be refused; `ROOT` and `CONFIGS` stand for folders in the message.
#[track_caller]
fn check_in(sandbox: &Sandbox, arguments: &str, expected: Expect) {
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail(arguments);
    let stderr = stderr.replace(&crate::sandbox::configs().display().to_string(), "CONFIGS");
    let stderr = stderr.replace(&sandbox.path("").display().to_string(), "ROOT/");
    expected.assert_eq(&stderr);
    assert_eq!(code, Some(2), "{arguments}");
    assert_eq!(sandbox.everything(), before, "{arguments}");
}

#[track_caller]
fn check(arguments: &str, expected: Expect) {
    check_in(&Sandbox::new(), arguments, expected);
}

/// A sandbox with a small run.
fn with_run() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.run("train CONFIGS/spirals.ron --set epochs=2 --set max_depth=1 --quiet --out r");
    sandbox
}

#[test]
fn configuration_with_problems() {
    let sandbox = Sandbox::new();
    sandbox.write("bad.ron", "(\n    schema: 1,\n    name: 3,\n    epoch: 4,\n)\n");
    check_in(
        &sandbox,
        "train bad.ron --out o/p",
        expect![[r#"
            error: bad.ron: 15 problems in the configuration
              bad.ron:1:1: batch_size is missing, expected a whole number from 2 to 65536 (batch norm needs two examples)
              bad.ron:1:1: dataset is missing, expected Catalogue("NAME") or Spirals(...)
              bad.ron:1:1: ece_bins is missing, expected a whole number from 1 to 1000
              bad.ron:1:1: epochs is missing, expected a whole number from 1 to 1000000
              bad.ron:1:1: head_statistics is missing, expected per_depth or shared
              bad.ron:1:1: max_depth is missing, expected a whole number from 0 to 1000
              bad.ron:1:1: method is missing, expected ldn or ddn
              bad.ron:1:1: network is missing, expected Conv(outer: N, inner: N) or Fc(width: N)
              bad.ron:1:1: optimizer is missing, expected (learning_rate: X, momentum: X, schedule: (...))
              bad.ron:1:1: prior is missing, expected Geometric(DECAY) with a decay above 0 and at most 100, Uniform, or Explicit([...]) with max_depth + 1 probabilities that sum to 1
              bad.ron:1:1: pruning_rule is missing, expected "near-mode:RATIO", "arg-max", "rounded-expectation" or "tail-mass:TOLERANCE"
              bad.ron:1:1: seed is missing, expected a whole number from 0 to 18446744073709551615
              bad.ron:1:1: selection is missing, expected (protocol: P, quantity: Q, keep: K, patience: N)
              bad.ron:3:11: name is 3, expected a text of 1 to 100 characters
              bad.ron:4:5: epoch is no field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, optimizer, batch_size, epochs, truncate_tail, selection, pruning_rule, ece_bins, seed
        "#]],
    );
    sandbox.write("worse.ron", "(schema: 1");
    check_in(
        &sandbox,
        "train worse.ron --out o",
        expect![[r#"
        error: worse.ron: 1 problem in the configuration
          worse.ron:1:10: expected comma
    "#]],
    );
}

#[test]
fn overrides_with_problems() {
    let spirals = "train CONFIGS/spirals.ron --out o";
    check(
        &format!("{spirals} --set max_depth=1000000 --set optimizer.learning_rate=-1"),
        expect![[r#"
            error: CONFIGS/spirals.ron: 2 problems in the configuration
              --set max_depth=1000000: max_depth is 1000000, expected a whole number from 0 to 1000
              --set optimizer.learning_rate=-1: optimizer.learning_rate is -1, expected a number above 0, at most 100
        "#]],
    );
    check(
        &format!("{spirals} --set max_depth"),
        expect![[r#"
        error: --set max_depth: expected PATH=VALUE, as max_depth=5
    "#]],
    );
    check(
        &format!("{spirals} --set depth=3"),
        expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set depth=3: depth is no field; there are schema, name, dataset, n_train, method, max_depth, network, head_statistics, prior, optimizer, batch_size, epochs, truncate_tail, selection, pruning_rule, ece_bins, seed
        "#]],
    );
    check(
        &format!("{spirals} --set network=Conv(outer:8,inner:4)"),
        expect![[r#"
        error: CONFIGS/spirals.ron: 1 problem in the configuration
          --set network=Conv(outer:8,inner:4): network is convolutional, expected Fc(width: N) for points in the plane
    "#]],
    );
}

#[test]
fn data_that_do_not_suffice() {
    let mini = "train CONFIGS/fashion-mnist-mini.ron --out o";
    check(
        &format!("{mini} --set n_train=5001"),
        expect![[r#"
        error: n_train is 5001, the data set has 5000 training examples
    "#]],
    );
    check(
        &format!("{mini} --set n_train=4 --set selection.protocol=validation(0.01)"),
        expect![[r#"
            error: selection.protocol = validation(0.01) keeps 4 examples to train on and holds out 0
            hint: two are needed to train and one to select
        "#]],
    );
    check(
        "train CONFIGS/spirals.ron --out o --set dataset.n=20 --set dataset.train_fraction=0.01",
        expect![[r#"
            error: dataset.train_fraction = 0.01 leaves 0 of 20 points to train on
            hint: two are needed to train and one to test
        "#]],
    );
    check(
        "train CONFIGS/mnist.ron --out o --data-dir nowhere",
        expect![[r#"
        error: the data set mnist was not found; looked at
          nowhere/mnist (none of its files)
          nowhere (none of its files)
          ROOT/xdg/vds/mnist (none of its files)
          ROOT/xdg/vds (none of its files)
          /usr/share/datasets/mnist (none of its files)
          /usr/share/datasets (none of its files)
        to get it: fetch the four .gz files (train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz) from https://ossci-datasets.s3.amazonaws.com/mnist/ and run `vds data import mnist FOLDER`, or put them into a folder `mnist` in one of the places above
    "#]],
    );
}

#[test]
fn folders_that_cannot_take_the_run() {
    let sandbox = with_run();
    check_in(
        &sandbox,
        "train CONFIGS/spirals.ron --out r",
        expect![[r#"
        error: r holds a finished run
        hint: choose another folder, or replace the run with --overwrite
    "#]],
    );
    check_in(
        &sandbox,
        "prune r --out r",
        expect![[r#"
        error: r is the run itself, choose another --out
    "#]],
    );
    sandbox.write("file", "");
    check_in(
        &sandbox,
        "train CONFIGS/spirals.ron --out file/r",
        expect![[r#"
        error: looking into the output folder file/r: Not a directory (os error 20)
    "#]],
    );
    check_in(
        &sandbox,
        "report r --out no/such/page.html",
        expect![[r#"
            error: writing no/such/page.html: entity not found
        "#]],
    );
}

#[test]
fn runs_that_are_none_or_damaged() {
    let sandbox = with_run();
    check_in(
        &sandbox,
        "evaluate nothing",
        expect![[r#"
        error: nothing is no run directory: there is no config.ron in it
        hint: give the folder that `vds train --out` wrote
    "#]],
    );
    check_in(
        &sandbox,
        "prune r --depth 2 --out p",
        expect![[r#"
            error: --depth 2: the maximum depth of the network is 1
        "#]],
    );
    check_in(
        &sandbox,
        "prune r --rule nearest --out p",
        expect![[r#"
        error: reading --rule: pruning rule "nearest" is not known, expected near-mode[:RATIO], arg-max, rounded-expectation or tail-mass:TOLERANCE
    "#]],
    );

    let summary = sandbox.text("r/summary.json");
    sandbox.write("r/summary.json", &summary.replace("\"schema\": 2", "\"schema\": 3"));
    check_in(
        &sandbox,
        "report r --out page.html",
        expect![[r#"
        error: r/summary.json has schema 3, expected 2
    "#]],
    );
    std::fs::remove_file(sandbox.path("r/summary.json")).unwrap();
    check_in(
        &sandbox,
        "report r --out page.html",
        expect![[r#"
        error: r is unfinished: there is no summary.json in it
        hint: finish it with `vds train --resume r`
    "#]],
    );

    let config = sandbox.text("r/config.ron");
    sandbox.write("r/config.ron", &config.replace("max_depth: 1", "max_depth: 2"));
    check_in(
        &sandbox,
        "evaluate r",
        expect![[r#"
        error: reading r/weights.safetensors: tensor `stochstic_layers.1.block.0.weight` is missing
    "#]],
    );
    sandbox.write("r/config.ron", &config.replace("method: ldn", "method: ddn"));
    check_in(
        &sandbox,
        "evaluate r",
        expect![[r#"
        error: reading r/weights.safetensors: the weights hold a posterior over depth, and the method is ddn
    "#]],
    );
    sandbox.write("r/config.ron", &config);
    sandbox.write("r/weights.safetensors", "no weights");
    check_in(
        &sandbox,
        "evaluate r",
        expect![[r#"
        error: reading r/weights.safetensors: not a readable safetensors file: header too large
    "#]],
    );
}

#[test]
fn files_to_predict_for_that_are_none() {
    let sandbox = with_run();
    check_in(
        &sandbox,
        "predict r nothing.txt",
        expect![[r#"
        error: reading nothing.txt: No such file or directory (os error 2)
    "#]],
    );
    sandbox.write("bad.txt", "1 2\n1 two\n");
    check_in(
        &sandbox,
        "predict r bad.txt",
        expect![[r#"
        error: bad.txt:2: "1 two" is no point, expected 2 numbers
    "#]],
    );
    sandbox.write("three.txt", "1,2,3\n");
    check_in(
        &sandbox,
        "predict r three.txt",
        expect![[r#"
        error: three.txt:1: "1,2,3" is no point, expected 2 numbers
    "#]],
    );
    sandbox.write("empty.txt", "# nothing\n");
    check_in(
        &sandbox,
        "predict r empty.txt",
        expect![[r#"
        error: empty.txt holds no point
    "#]],
    );
}

#[test]
fn a_prior_that_excludes_a_learnt_depth() {
    let sandbox = Sandbox::new();
    check_in(
        &sandbox,
        "train CONFIGS/spirals.ron --set max_depth=2 --set prior=Explicit([0.5,0.5,0]) --out o",
        expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set prior=Explicit([0.5,0.5,0]): prior is 0 at depth 2, expected a probability above 0 for every depth that is learnt
        "#]],
    );
}

#[test]
fn a_tail_that_is_no_share_of_the_mass() {
    for tail in ["Some(1)", "Some(-0.1)", "Some(all)"] {
        let (stderr, code) =
            Sandbox::new().fail(&format!("train CONFIGS/spirals.ron --set truncate_tail={tail} --out r"));
        let expected = "expected None or Some(MASS) with a mass from 0 to below 1";
        assert!(
            stderr.contains("truncate_tail") && stderr.contains(expected),
            "{stderr}"
        );
        assert_eq!(code, Some(2), "{tail}");
    }
}
