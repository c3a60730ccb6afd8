//! Configurations that are no configuration, or whose values do not go together.

use expect_test::{Expect, expect};

use super::case::{Case, case};
use crate::sandbox::{Sandbox, configs};

/// Training with a file of this content.
pub(super) fn text(name: &'static str, content: impl AsRef<[u8]> + 'static, expected: Expect) -> Case {
    let prepare = move |sandbox: &Sandbox| sandbox.write("c.ron", &content);
    case(name, "train c.ron --out o", prepare, expected)
}

/// Training with the shipped spirals, one text of it replaced.
pub(super) fn changed(name: &'static str, from: &'static str, to: &'static str, expected: Expect) -> Case {
    text(name, spirals().replacen(from, to, 1), expected)
}

pub(super) fn spirals() -> String {
    std::fs::read_to_string(configs().join("spirals.ron")).unwrap()
}

/// Training with the shipped spirals and an override.
pub(super) fn set(name: &'static str, setting: &str, expected: Expect) -> Case {
    let command = format!("train CONFIGS/spirals.ron --out o --set {setting}");
    case(name, command, |_| {}, expected)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = files();
    cases.extend(combinations());
    cases
}

/// Files that are no configuration.
#[expect(clippy::too_many_lines, reason = "a table")]
fn files() -> Vec<Case> {
    vec![
        case(
            "configuration that is not there",
            "train no/such.ron --out o",
            |_| {},
            expect![[r#"
                error: reading no/such.ron: No such file or directory (os error 2)
            "#]],
        ),
        case(
            "configuration that is a folder",
            "train . --out o",
            |_| {},
            expect![[r#"
            error: reading .: Is a directory (os error 21)
        "#]],
        ),
        text(
            "empty configuration",
            "",
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:1:1: expected `(`, with which a configuration begins
            "#]],
        ),
        text(
            "configuration of a comment",
            "// to do\n",
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:1:9: expected `(`, with which a configuration begins
            "#]],
        ),
        text(
            "configuration that is not UTF-8",
            b"(\n    name: \"\xff\xfe\",\n)\n",
            expect![[r#"
                error: c.ron is not text: byte 13 is not UTF-8
            "#]],
        ),
        text(
            "configuration in JSON",
            "{\"schema\": 1}",
            expect![[r#"
                error: c.ron: 1 problem in the configuration
                  c.ron:1:1: expected `(`, with which a configuration begins
            "#]],
        ),
        text(
            "configuration that is truncated",
            "(schema: 1",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:1:10: expected comma
        "#]],
        ),
        text(
            "configuration without fields",
            "()",
            expect![[r#"
                error: c.ron: 15 problems in the configuration
                  c.ron:1:1: batch_size is missing, expected a whole number from 2 to 65536 (batch norm needs two examples)
                  c.ron:1:1: dataset is missing, expected Catalogue("NAME") or Spirals(...)
                  c.ron:1:1: ece_bins is missing, expected a whole number from 1 to 1000
                  c.ron:1:1: epochs is missing, expected a whole number from 1 to 1000000
                  c.ron:1:1: head_statistics is missing, expected per_depth or shared
                  c.ron:1:1: max_depth is missing, expected a whole number from 0 to 1000
                  c.ron:1:1: method is missing, expected ldn or ddn
                  c.ron:1:1: name is missing, expected a text of 1 to 100 characters
                  c.ron:1:1: network is missing, expected Conv(outer: N, inner: N) or Fc(width: N)
                  c.ron:1:1: optimizer is missing, expected (learning_rate: X, momentum: X, schedule: (...))
                  c.ron:1:1: prior is missing, expected Geometric(DECAY) with a decay above 0 and at most 100, Uniform, or Explicit([...]) with max_depth + 1 probabilities that sum to 1
                  c.ron:1:1: pruning_rule is missing, expected "near-mode:RATIO" with a ratio from 0 to below 1, "arg-max", "rounded-expectation", or "tail-mass:TOLERANCE" with a tolerance above 0, at most 1
                  c.ron:1:1: schema is missing, expected 1, the only layout that this program reads
                  c.ron:1:1: seed is missing, expected a whole number from 0 to 18446744073709551615
                  c.ron:1:1: selection is missing, expected (protocol: P, quantity: Q, keep: K, patience: N)
            "#]],
        ),
        text(
            "ten thousand brackets",
            "(".repeat(10_000),
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:1:2: expected identifier
        "#]],
        ),
        text(
            "ten thousand nested lists in a field",
            nested_prior(),
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:20:22: expected float
        "#]],
        ),
        text(
            "ten thousand open comments",
            "/*".repeat(10_000),
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:1:19999: unclosed block comment
        "#]],
        ),
        text(
            "configuration of 50 MB",
            "(schema: 1) // ".to_owned() + &"x".repeat(50_000_000),
            expect![[r#"
                error: c.ron has more than 1048576 bytes, too many for a configuration
            "#]],
        ),
        text(
            "something behind the configuration",
            spirals() + "()\n",
            expect![[r#"
            error: c.ron: 1 problem in the configuration
              c.ron:33:2: non-whitespace trailing characters
        "#]],
        ),
    ]
}

fn nested_prior() -> String {
    let nested = format!("Explicit({}{})", "[".repeat(10_000), "]".repeat(10_000));
    spirals().replacen("Geometric(0.85)", &nested, 1)
}

/// Values that do not go together, or not with the data.
#[expect(clippy::too_many_lines, reason = "a table")]
fn combinations() -> Vec<Case> {
    let mini = |name, arguments: &str, expected| {
        let command = format!("train CONFIGS/fashion-mnist-mini.ron --out o {arguments}");
        case(name, command, |_| {}, expected)
    };
    vec![
        set(
            "convolution of points",
            "network=Conv(outer:8,inner:4)",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set network=Conv(outer:8,inner:4): network is convolutional, expected Fc(width: N) for points in the plane
        "#]],
        ),
        set(
            "first examples of generated data",
            "n_train=100",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set n_train=100: n_train takes the first examples of a file, expected None for generated data; set dataset.n
        "#]],
        ),
        set(
            "selection on a split that is not there",
            "selection.quantity=validation_nll",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set selection.quantity=validation_nll: selection.quantity needs a split, and selection.protocol is none; expected train_elbo
            "#]],
        ),
        set(
            "network beyond the memory",
            "network=Fc(width:4096) --set max_depth=1000",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set network=Fc(width:4096): network would have 16789504000 parameters in its blocks, expected at most 268435456
            "#]],
        ),
        set(
            "nothing to train on",
            "dataset.n=20 --set dataset.train_fraction=0.01",
            expect![[r#"
                error: a train_fraction of 0.01 leaves 0 of 20 points to train on, expected at least two, and one to test on
            "#]],
        ),
        set(
            "unknown data set",
            "dataset=Catalogue(\"cifar-10\")",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set dataset=Catalogue("cifar-10"): dataset "cifar-10" is not in the catalogue; there are mnist, fashion-mnist, svhn, svhn-like, fashion-mnist-mini
        "#]],
        ),
        set(
            "misspelt data set",
            "dataset=Catalogue(\"fashion_mnist\")",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set dataset=Catalogue("fashion_mnist"): dataset "fashion_mnist" is not in the catalogue; there are mnist, fashion-mnist, svhn, svhn-like, fashion-mnist-mini
        "#]],
        ),
        mini(
            "whole set held out",
            "--set selection.protocol=validation(1.0)",
            expect![[r#"
                error: CONFIGS/fashion-mnist-mini.ron: 1 problem in the configuration
                  --set selection.protocol=validation(1.0): selection.protocol is validation(1.0), expected validation(FRACTION) with a fraction above 0 and below 1, none, or paper
            "#]],
        ),
        mini(
            "nothing held out",
            "--set selection.protocol=validation(0)",
            expect![[r#"
                error: CONFIGS/fashion-mnist-mini.ron: 1 problem in the configuration
                  --set selection.protocol=validation(0): selection.protocol is validation(0), expected validation(FRACTION) with a fraction above 0 and below 1, none, or paper
            "#]],
        ),
        mini(
            "hold-out of too few examples",
            "--set n_train=4 --set selection.protocol=validation(0.01)",
            expect![[r#"
                error: selection.protocol = validation(0.01) keeps 4 examples to train on and holds out 0
                hint: two are needed to train and one to select
            "#]],
        ),
        mini(
            "more examples than there are",
            "--set n_train=5001",
            expect![[r#"
            error: n_train is 5001, the data set has 5000 training examples
        "#]],
        ),
        mini(
            "a single example",
            "--set n_train=1",
            expect![[r#"
            error: CONFIGS/fashion-mnist-mini.ron: 1 problem in the configuration
              --set n_train=1: n_train is 1, expected None or a whole number of at least 2
        "#]],
        ),
    ]
}
