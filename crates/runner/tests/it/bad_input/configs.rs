//! Files that are not a configuration, or whose values do not go together.

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
    let spirals = spirals();
    assert!(spirals.contains(from), "{name}: {from} is not in the configuration");
    text(name, spirals.replacen(from, to, 1), expected)
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

/// Files that are not a configuration.
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
                error: reading .: it is not a regular file
            "#]],
        ),
        text(
            "empty configuration",
            "",
            expect![[r#"
                error: c.ron:1:1: expected `(`, with which a configuration begins
            "#]],
        ),
        text(
            "configuration of a comment",
            "// to do\n",
            expect![[r#"
                error: c.ron:1:9: expected `(`, with which a configuration begins
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
            "{\"schema\": 2}",
            expect![[r#"
                error: c.ron:1:1: expected `(`, with which a configuration begins
            "#]],
        ),
        text(
            "configuration that is truncated",
            "(schema: 3",
            expect![[r#"
                error: c.ron:1:10: expected comma
            "#]],
        ),
        text(
            "configuration without fields",
            "()",
            expect![[r#"
                error: c.ron:1:2: schema is missing, expected 3, the only layout that this program reads
            "#]],
        ),
        text(
            "ten thousand brackets",
            "(".repeat(10_000),
            expect![[r#"
                error: c.ron:1:2: expected identifier
            "#]],
        ),
        text(
            "ten thousand nested lists in a field",
            nested_prior(),
            expect![[r#"
                error: c.ron:11:22: prior has an invalid value, expected Geometric(DECAY) with a decay above 0, at most 100; Uniform; or Explicit([...]) with max_depth + 1 probabilities that sum to 1
            "#]],
        ),
        text(
            "ten thousand open comments",
            "/*".repeat(10_000),
            expect![[r#"
                error: c.ron:1:19999: unclosed block comment
            "#]],
        ),
        text(
            "configuration of 50 MB",
            "(schema: 3) // ".to_owned() + &"x".repeat(50_000_000),
            expect![[r#"
                error: reading c.ron: it has more than 1048576 bytes, too many for a file of its kind
            "#]],
        ),
        text(
            "something behind the configuration",
            spirals() + "()\n",
            expect![[r#"
                error: c.ron:13:2: non-whitespace trailing characters
            "#]],
        ),
    ]
}

fn nested_prior() -> String {
    let nested = format!("Explicit({}{})", "[".repeat(10_000), "]".repeat(10_000));
    spirals().replacen("epochs: 8000", &format!("prior: {nested}"), 1)
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
            "network=Conv(channels:8,bottleneck_channels:4)",
            expect![[r#"
            error: CONFIGS/spirals.ron: 1 problem in the configuration
              --set network=Conv(channels:8,bottleneck_channels:4): network is convolutional, expected Fc(width: N) for points in the plane
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
            "early_stopping.metric=validation_nll",
            expect![[r#"
                error: CONFIGS/spirals.ron: 1 problem in the configuration
                  --set early_stopping.metric=validation_nll: early_stopping.metric needs a split, and early_stopping.split is none; expected train_elbo
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
        mini(
            "whole set held out",
            "--set early_stopping.split=validation(1.0)",
            expect![[r#"
                error: CONFIGS/fashion-mnist-mini.ron: 1 problem in the configuration
                  --set early_stopping.split=validation(1.0): early_stopping.split is validation(1.0), expected validation(FRACTION) with a fraction above 0 and below 1, none, or test
            "#]],
        ),
        mini(
            "nothing held out",
            "--set early_stopping.split=validation(0)",
            expect![[r#"
                error: CONFIGS/fashion-mnist-mini.ron: 1 problem in the configuration
                  --set early_stopping.split=validation(0): early_stopping.split is validation(0.0), expected validation(FRACTION) with a fraction above 0 and below 1, none, or test
            "#]],
        ),
        mini(
            "hold-out of too few examples",
            "--set n_train=4 --set early_stopping.split=validation(0.01)",
            expect![[r#"
                error: early_stopping.split = validation(0.01) keeps 4 examples to train on and holds out 0
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
    ]
}
