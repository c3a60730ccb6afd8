//! Weights that are damaged, or of another network.

use expect_test::{Expect, expect};

use super::case::{Case, case};
use super::fixtures::{run_on_images, run_on_points};
use super::weights_file::{WeightsFile, with_header};
use crate::sandbox::Sandbox;

pub(super) const WEIGHTS: &str = "r/weights.safetensors";
const STEM: &str = "input_layer.weight";
const POSTERIOR: &str = "prob_model.q_logits";
const VARIANCE: &str = "stochstic_layers.0.block.2.running_var";
const COUNT: &str = "stochstic_layers.0.block.2.num_batches_tracked";

/// Scoring a run whose weights were edited as bytes.
fn bytes(name: &'static str, edit: impl Fn(Vec<u8>) -> Vec<u8> + 'static, expected: Expect) -> Case {
    let prepare = move |sandbox: &Sandbox| {
        run_on_points(sandbox);
        let file = std::fs::read(sandbox.path(WEIGHTS)).unwrap();
        sandbox.write(WEIGHTS, edit(file));
        sandbox.unseal_weights("r");
    };
    case(name, "evaluate r", prepare, expected)
}

/// Scoring a run whose tensors were edited.
fn tensors(name: &'static str, edit: impl Fn(&mut WeightsFile) + 'static, expected: Expect) -> Case {
    let edit = move |file: Vec<u8>| {
        let mut file = WeightsFile::parse(&file);
        edit(&mut file);
        file.to_bytes()
    };
    bytes(name, edit, expected)
}

pub(super) fn cases() -> Vec<Case> {
    let mut cases = files();
    cases.extend(tensors_of_another_kind());
    cases.extend(names());
    cases
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn files() -> Vec<Case> {
    let truncated = |n: usize| move |file: Vec<u8>| file[..file.len() - n].to_vec();
    vec![
        bytes(
            "empty weights",
            |_| Vec::new(),
            expect![[r#"
            error: reading r/weights.safetensors: not a readable safetensors file: header too small
        "#]],
        ),
        bytes(
            "weights that are text",
            |_| b"no weights".to_vec(),
            expect![[r#"
            error: reading r/weights.safetensors: not a readable safetensors file: header too large
        "#]],
        ),
        bytes(
            "weights without a header",
            |file| file[..8].to_vec(),
            expect![[r#"
            error: reading r/weights.safetensors: not a readable safetensors file: invalid header length
        "#]],
        ),
        bytes(
            "weights truncated in the header",
            |file| file[..100].to_vec(),
            expect![[r#"
            error: reading r/weights.safetensors: not a readable safetensors file: invalid header length
        "#]],
        ),
        bytes(
            "weights truncated in the last tensor",
            truncated(1),
            expect![[r#"
            error: reading r/weights.safetensors: not a readable safetensors file: incomplete metadata, file not fully covered
        "#]],
        ),
        bytes(
            "weights with bytes behind them",
            |file| [file, vec![0]].concat(),
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: incomplete metadata, file not fully covered
            "#]],
        ),
        bytes(
            "header that is longer than the file",
            |file| [&(file.len() as u64).to_le_bytes()[..], &file[8..]].concat(),
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: invalid header length
            "#]],
        ),
        bytes(
            "header of 2^64 bytes",
            |file| [&[0xff; 8][..], &file[8..]].concat(),
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: header too large
            "#]],
        ),
        bytes(
            "header that is not JSON",
            |_| with_header(b"not JSON", &[]),
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: invalid JSON in header: expected ident at line 1 column 2
            "#]],
        ),
        bytes(
            "header that is not UTF-8",
            |_| with_header(b"{\"\xff\":1}", &[]),
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: invalid UTF-8 in header: invalid utf-8 sequence of 1 bytes from index 2
            "#]],
        ),
        bytes(
            "header of ten thousand brackets",
            |_| with_header("[".repeat(10_000).as_bytes(), &[]),
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: invalid JSON in header: invalid type: sequence, expected struct HashMetadata at line 1 column 0
            "#]],
        ),
        bytes(
            "header without tensors",
            |_| with_header(b"{}", &[]),
            expect![[r#"
            error: reading r/weights.safetensors: tensor `input_layer.weight` is missing
        "#]],
        ),
        bytes(
            "tensors that overlap",
            |_| {
                let entry = |start: u8| {
                    let end = start + 4;
                    format!(r#"{{"dtype":"F32","shape":[1],"data_offsets":[{start},{end}]}}"#)
                };
                let header = format!(r#"{{"a":{},"b":{}}}"#, entry(0), entry(2));
                with_header(header.as_bytes(), &[0; 6])
            },
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: invalid offset for tensor `b`
            "#]],
        ),
        bytes(
            "tensor whose sizes overflow",
            |_| {
                let entry = r#"{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}"#;
                with_header(format!("{{\"a\":{entry}}}").as_bytes(), &[0; 4])
            },
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: overflow computing buffer size from shape and/or element type
            "#]],
        ),
        bytes(
            "tensor that ends before it starts",
            |_| {
                let entry = r#"{"dtype":"F32","shape":[1],"data_offsets":[8,4]}"#;
                with_header(format!("{{\"a\":{entry}}}").as_bytes(), &[0; 8])
            },
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: invalid offset for tensor `a`
            "#]],
        ),
        case(
            "folder in place of weights",
            "evaluate r",
            |sandbox| {
                run_on_points(sandbox);
                std::fs::remove_file(sandbox.path(WEIGHTS)).unwrap();
                std::fs::create_dir(sandbox.path(WEIGHTS)).unwrap();
            },
            expect![[r#"
                error: reading r/weights.safetensors: it is not a regular file
            "#]],
        ),
        case(
            "weights of another network",
            "evaluate r",
            |sandbox| {
                run_on_points(sandbox);
                run_on_images(sandbox);
                std::fs::copy(sandbox.path("i/weights.safetensors"), sandbox.path(WEIGHTS)).unwrap();
                sandbox.reseal("r");
            },
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` is missing
            "#]],
        ),
    ]
}

#[expect(clippy::too_many_lines, reason = "a table")]
fn tensors_of_another_kind() -> Vec<Case> {
    vec![
        tensors(
            "tensor of another shape",
            |file| file.tensor(STEM).shape = vec![2, 20],
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` is F32 [2, 20], expected F32 [20, 2]
            "#]],
        ),
        tensors(
            "tensor with fewer numbers",
            |file| {
                let tensor = file.tensor(STEM);
                (tensor.shape, tensor.bytes) = (vec![19, 2], tensor.bytes[..19 * 2 * 4].to_vec());
            },
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` is F32 [19, 2], expected F32 [20, 2]
            "#]],
        ),
        tensors(
            "missing tensor",
            |file| file.tensors.retain(|tensor| tensor.name != STEM),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` is missing
            "#]],
        ),
        tensors(
            "tensor in double precision",
            |file| {
                file.tensor(STEM).retype("F64", |x| f64::from(x).to_le_bytes().to_vec());
            },
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` is F64 [20, 2], expected F32 [20, 2]
            "#]],
        ),
        tensors(
            "tensor in half precision",
            |file| file.tensor(STEM).retype("F16", |_| vec![0, 0x3c]),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` is F16 [20, 2], expected F32 [20, 2]
            "#]],
        ),
        tensors(
            "tensor of an unknown element type",
            |file| file.tensor(STEM).retype("F31", |_| vec![0; 4]),
            expect![[r#"
                error: reading r/weights.safetensors: not a readable safetensors file: invalid JSON in header: unknown variant `F31`, expected one of `BOOL`, `F4`, `F6_E2M3`, `F6_E3M2`, `U8`, `I8`, `F8_E5M2`, `F8_E4M3`, `F8_E8M0`, `F8_E4M3FNUZ`, `F8_E5M2FNUZ`, `I16`, `U16`, `F16`, `BF16`, `I32`, `U32`, `F32`, `C64`, `F64`, `I64`, `U64` at line 1 column 1299
            "#]],
        ),
        tensors(
            "weight that is not a number",
            |file| file.tensor(STEM).set_first(f32::NAN),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` holds a value that is not finite
            "#]],
        ),
        tensors(
            "infinite weight",
            |file| file.tensor(STEM).set_first(f32::INFINITY),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `input_layer.weight` holds a value that is not finite
            "#]],
        ),
        tensors(
            "negative variance",
            |file| file.tensor(VARIANCE).set_first(-1.0),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `stochstic_layers.0.block.2.running_var` holds a variance below 0
            "#]],
        ),
        tensors(
            "negative count of batches",
            |file| file.tensor(COUNT).bytes.fill(0xff),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `stochstic_layers.0.block.2.num_batches_tracked` is I64 [], expected one I64 that is not negative
            "#]],
        ),
        tensors(
            "posterior of another length",
            |file| {
                let tensor = file.tensor(POSTERIOR);
                (tensor.shape, tensor.bytes) = (vec![3], vec![0; 12]);
            },
            expect![[r#"
                error: reading r/weights.safetensors: tensor `prob_model.q_logits` is F32 [3], expected F32 [2]
            "#]],
        ),
        tensors(
            "posterior without a number",
            |file| file.tensor(POSTERIOR).set_first(f32::NAN),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `prob_model.q_logits` holds a value that is not finite
            "#]],
        ),
        tensors(
            "missing posterior",
            |file| file.tensors.retain(|tensor| tensor.name != POSTERIOR),
            expect![[r#"
                warning: r/weights.safetensors has no digest: whether it is what its program wrote cannot be checked
                error: reading r/weights.safetensors: the weights do not hold a posterior over depth, and the method is ldn
            "#]],
        ),
    ]
}

/// Names are only ever compared: none of them is a path.
fn names() -> Vec<Case> {
    vec![
        tensors(
            "superfluous tensor",
            |file| file.add("dropout.rate"),
            expect![[r#"
            error: reading r/weights.safetensors: tensor `dropout.rate` does not belong to this network
        "#]],
        ),
        tensors(
            "tensor twice",
            |file| file.add(STEM),
            expect![[r#"
            error: reading r/weights.safetensors: not a readable safetensors file: invalid offset for tensor `output_layer.bias`
        "#]],
        ),
        tensors(
            "tensor without a name",
            |file| file.add(""),
            expect![[r#"
            error: reading r/weights.safetensors: tensor `` does not belong to this network
        "#]],
        ),
        tensors(
            "tensor named as a path upwards",
            |file| file.add("../../evil"),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `../../evil` does not belong to this network
            "#]],
        ),
        tensors(
            "tensor named as an absolute path",
            |file| file.add("/evil"),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `/evil` does not belong to this network
            "#]],
        ),
        tensors(
            "tensor with NUL and escapes in its name",
            |file| file.add("a\0b\u{1b}[2J\n"),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `a\0b\u{1b}[2J\n` does not belong to this network
            "#]],
        ),
        tensors(
            "tensor with a name of a hundred thousand letters",
            |file| file.add(&"x".repeat(100_000)),
            expect![[r#"
                error: reading r/weights.safetensors: tensor `xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…` does not belong to this network
            "#]],
        ),
    ]
}
