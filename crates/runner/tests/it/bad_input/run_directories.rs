//! Folders that are not run directories, and run directories that lack files or hold damaged ones.

use expect_test::{Expect, expect};

use super::case::{Case, case};
use super::fixtures::run_on_points;
use crate::sandbox::Sandbox;

const CONFIG: &str = "r/config.ron";
const SUMMARY: &str = "r/summary.json";
const METRICS: &str = "r/metrics.jsonl";
const GRID: &str = "r/predictive_grid.json";
const REPORT: &str = "report r --out page.html";

/// A command where a run `r` was damaged.
fn damaged(name: &'static str, command: &str, damage: impl Fn(&Sandbox) + 'static, expected: Expect) -> Case {
    let prepare = move |sandbox: &Sandbox| {
        run_on_points(sandbox);
        damage(sandbox);
        sandbox.reseal("r");
    };
    case(name, command, prepare, expected)
}

fn without(name: &'static str, command: &str, file: &'static str, expected: Expect) -> Case {
    let remove = move |sandbox: &Sandbox| std::fs::remove_file(sandbox.path(file)).unwrap();
    damaged(name, command, remove, expected)
}

fn with(name: &'static str, command: &str, file: &'static str, content: &'static [u8], expected: Expect) -> Case {
    damaged(name, command, move |sandbox| sandbox.write(file, content), expected)
}

fn replaced(name: &'static str, command: &str, [file, from, to]: [&'static str; 3], expected: Expect) -> Case {
    damaged(name, command, move |sandbox| sandbox.replace(file, from, to), expected)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = missing();
    cases.extend(of_the_configuration());
    cases.extend(of_the_records());
    cases
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn missing() -> Vec<Case> {
    vec![
        case(
            "run that is not there",
            "evaluate nothing",
            |_| {},
            expect![[r#"
                error: nothing is not a run directory: there is no config.ron in it
                hint: give the folder that `vds train --out` wrote
            "#]],
        ),
        case(
            "report of a run that is not there",
            "report nothing --out page.html",
            |_| {},
            expect![[r#"
                error: nothing is not a run directory: there is no config.ron in it
                hint: give the folder that `vds train --out` wrote
            "#]],
        ),
        case(
            "file in place of a run",
            "evaluate file",
            |sandbox| sandbox.write("file", ""),
            expect![[r#"
                error: file is not a run directory: there is no config.ron in it
                hint: give the folder that `vds train --out` wrote
            "#]],
        ),
        case(
            "one of two runs is not there",
            "report r nothing --out page.html",
            run_on_points,
            expect![[r#"
                error: nothing is not a run directory: there is no config.ron in it
                hint: give the folder that `vds train --out` wrote
            "#]],
        ),
        without(
            "run without its configuration",
            "evaluate r",
            CONFIG,
            expect![[r#"
                error: r is not a run directory: there is no config.ron in it
                hint: give the folder that `vds train --out` wrote
            "#]],
        ),
        without(
            "run without weights",
            "evaluate r",
            "r/weights.safetensors",
            expect![[r#"
                error: reading r/weights.safetensors: No such file or directory (os error 2)
            "#]],
        ),
        without(
            "pruning without weights",
            "prune r --out p",
            "r/weights.safetensors",
            expect![[r#"
                error: reading r/weights.safetensors: No such file or directory (os error 2)
            "#]],
        ),
        without(
            "report of an unfinished run",
            REPORT,
            SUMMARY,
            expect![[r#"
                error: r is unfinished: there is no summary.json in it
                hint: finish it with `vds train --resume r`
            "#]],
        ),
        without(
            "run without metrics",
            REPORT,
            METRICS,
            expect![[r#"
            error: reading r/metrics.jsonl: No such file or directory (os error 2)
        "#]],
        ),
        without(
            "run without its environment",
            REPORT,
            "r/environment.json",
            expect![[r#"
            error: reading r/environment.json: No such file or directory (os error 2)
        "#]],
        ),
        damaged(
            "unfinished run that has no weights yet",
            "evaluate r",
            |sandbox| {
                for file in [SUMMARY, "r/weights.safetensors", GRID] {
                    std::fs::remove_file(sandbox.path(file)).unwrap();
                }
            },
            expect![[r#"
                error: r is unfinished: there is no summary.json in it
                hint: finish it with `vds train --resume r`
            "#]],
        ),
        damaged(
            "folder in place of the summary",
            REPORT,
            |sandbox| {
                std::fs::remove_file(sandbox.path(SUMMARY)).unwrap();
                std::fs::create_dir(sandbox.path(SUMMARY)).unwrap();
            },
            expect![[r#"
                error: reading the run r: reading r/summary.json: it is not a regular file
            "#]],
        ),
    ]
}

fn of_the_configuration() -> Vec<Case> {
    vec![
        with(
            "run with an empty configuration",
            "evaluate r",
            CONFIG,
            b"",
            expect![[r#"
                error: reading the run r: r/config.ron:1:1: expected `(`, with which a configuration begins
            "#]],
        ),
        replaced(
            "run of a future schema",
            "evaluate r",
            [CONFIG, "schema: 3", "schema: 7"],
            expect![[r#"
                error: reading the run r: r/config.ron:3:13: schema is 7, expected 3, the only layout that this program reads
            "#]],
        ),
        replaced(
            "run that is deeper than its weights",
            "evaluate r",
            [CONFIG, "max_depth: 1", "max_depth: 2"],
            expect![[r#"
                error: reading r/weights.safetensors: tensor `stochstic_layers.1.block.0.weight` is missing
            "#]],
        ),
        replaced(
            "run that is shallower than its weights",
            "evaluate r",
            [CONFIG, "max_depth: 1", "max_depth: 0"],
            expect![[r#"
                error: reading r/weights.safetensors: tensor `stochstic_layers.0.block.0.bias` does not belong to this network
            "#]],
        ),
        replaced(
            "run of the other method",
            "evaluate r",
            [CONFIG, "method: ldn", "method: ddn"],
            expect![[r#"
                error: reading r/weights.safetensors: the weights hold a posterior over depth, and the method is ddn
            "#]],
        ),
        replaced(
            "run of another width",
            "evaluate r",
            [CONFIG, "width: 20", "width: 21"],
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` is F32 [20, 2], expected F32 [21, 2]
            "#]],
        ),
        replaced(
            "run with more classes than its weights",
            "evaluate r",
            [CONFIG, "arms: 2", "arms: 4"],
            expect![[r#"
                error: reading r/weights.safetensors: tensor `output_layer.weight` is F32 [2, 20], expected F32 [4, 20]
            "#]],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn of_the_records() -> Vec<Case> {
    vec![
        replaced(
            "summary of another schema",
            REPORT,
            [SUMMARY, "\"schema\": 4", "\"schema\": 3"],
            expect![[r#"
                error: reading the run r: r/summary.json has schema 3, expected 4
            "#]],
        ),
        replaced(
            "summary without a field",
            REPORT,
            [SUMMARY, "\"n_train\"", "\"n_trane\""],
            expect![[r#"
                error: reading the run r: r/summary.json:537:1: missing field `n_train`
            "#]],
        ),
        replaced(
            "summary with a text for a number",
            REPORT,
            [SUMMARY, "\"schema\": 4", "\"schema\": \"1\""],
            expect![[r#"
                error: reading the run r: r/summary.json:2:15: invalid type: string "1", expected u32
            "#]],
        ),
        replaced(
            "summary with a negative count",
            REPORT,
            [SUMMARY, "\"n_classes\": 2", "\"n_classes\": -2"],
            expect![[r#"
                error: reading the run r: r/summary.json:44:17: invalid value: integer `-2`, expected usize
            "#]],
        ),
        with(
            "summary that is not JSON",
            REPORT,
            SUMMARY,
            b"not JSON\n",
            expect![[r#"
                error: reading the run r: r/summary.json:1:2: expected ident
            "#]],
        ),
        with(
            "empty summary",
            REPORT,
            SUMMARY,
            b"",
            expect![[r#"
                error: reading the run r: r/summary.json:1:0: the text ends in the middle of a value
            "#]],
        ),
        with(
            "summary that is not UTF-8",
            REPORT,
            SUMMARY,
            b"{\"dataset\": \"\xff\"}",
            expect![[r#"
                error: reading the run r: r/summary.json is not text: byte 13 is not UTF-8
            "#]],
        ),
        damaged(
            "summary of a hundred thousand brackets",
            REPORT,
            |sandbox| sandbox.write(SUMMARY, "[".repeat(100_000)),
            expect![[r#"
                error: reading the run r: r/summary.json:1:1: invalid type: sequence, expected u32
            "#]],
        ),
        damaged(
            "torn line of metrics",
            REPORT,
            |sandbox| {
                let text = sandbox.text(METRICS);
                sandbox.write(METRICS, &text[..text.len() - 30]);
            },
            expect![[r#"
                error: r/metrics.jsonl:2:484: the text ends in the middle of a value
            "#]],
        ),
        with(
            "metrics of something else",
            REPORT,
            METRICS,
            b"epoch 1: fine\n",
            expect![[r#"
                error: r/metrics.jsonl:1:1: expected value
            "#]],
        ),
        with(
            "environment that is not JSON",
            REPORT,
            "r/environment.json",
            b"PATH=/bin\n",
            expect![[r#"
                error: r/environment.json:1:1: expected value
            "#]],
        ),
        with(
            "metrics with a number beyond any",
            REPORT,
            METRICS,
            b"{\"epoch\": 1e999}\n",
            expect![[r#"
                error: r/metrics.jsonl:1:15: number out of range
            "#]],
        ),
        with(
            "grid that is a list",
            REPORT,
            GRID,
            b"[]",
            expect![[r#"
                error: r/predictive_grid.json:1:2: invalid length 0, expected struct PredictiveGrid with 7 elements
            "#]],
        ),
        with(
            "grid that is not JSON",
            REPORT,
            GRID,
            b"plain\n",
            expect![[r#"
                error: r/predictive_grid.json:1:1: expected value
            "#]],
        ),
        replaced(
            "grid of other sizes",
            REPORT,
            [GRID, "\"n_side\":80", "\"n_side\":81"],
            expect![[r#"
                error: r/predictive_grid.json: class has length 6400, expected the square of n_side = 81
            "#]],
        ),
        replaced(
            "grid beyond any memory",
            REPORT,
            [GRID, "\"n_side\":80", "\"n_side\":18446744073709551615"],
            expect![[r#"
                error: r/predictive_grid.json: class has length 6400, expected the square of n_side = 18446744073709551615
            "#]],
        ),
        replaced(
            "summary with a posterior of another length",
            REPORT,
            [SUMMARY, "\"max_depth\": 1", "\"max_depth\": 3"],
            expect![[r#"
                error: reading the run r: r/summary.json: posterior has length 2, expected max_depth + 1 for max_depth = 3
            "#]],
        ),
        replaced(
            "summary with a pruned depth beyond the maximum",
            REPORT,
            [SUMMARY, "\"pruned_depth\": ", "\"pruned_depth\": 9"],
            expect![[r#"
                error: reading the run r: r/summary.json: pruned_depth is 90, expected at most max_depth = 1
            "#]],
        ),
    ]
}
