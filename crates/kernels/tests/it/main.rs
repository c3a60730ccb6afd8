//! Every instruction set of this CPU gives what plain Rust gives, through whole engines.

mod reuse;

use proptest::prelude::*;
use vds_kernels::Isa;
use vds_kernels::conv::{ConvEngine, ConvShape, Convolution};
use vds_kernels::fc::{FcEngine, FcShape};

fn numbers(n: usize, seed: usize) -> Vec<f32> {
    (0..n)
        .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0)
        .collect()
}

/// Parameters about as large as initial ones.
fn params(n: usize, seed: usize) -> Vec<f32> {
    numbers(n, seed).into_iter().map(|x| 0.25 * x).collect()
}

/// Logits, statistics, gradient of the parameters and evaluation logits of a network.
struct Outcome([Vec<f32>; 4]);

fn conv(shape: ConvShape, batch: usize, seed: usize, (convolution, isa): (Convolution, Isa)) -> Outcome {
    outcome_of_conv(&mut ConvEngine::with(shape, convolution, isa), shape, batch, seed)
}

fn outcome_of_conv(engine: &mut ConvEngine, shape: ConvShape, batch: usize, seed: usize) -> Outcome {
    let (params, input) = (
        params(engine.layout().n_params, seed),
        numbers(batch * shape.image_len(), seed + 1),
    );
    let mut statistics = vec![0.0; engine.layout().n_statistics];
    let mut logits = vec![0.0; (shape.max_depth + 1) * batch * shape.n_classes];
    let mut gradient = vec![0.0; params.len()];
    engine.forward_train(&params, &input, &mut statistics, &mut logits);
    engine.backward(&numbers(logits.len(), seed + 2), &mut gradient);
    let mut evaluated = vec![0.0; logits.len()];
    engine.forward_eval(&params, &statistics, &input, &mut evaluated);
    Outcome([logits, statistics, gradient, evaluated])
}

fn fc(shape: FcShape, batch: usize, seed: usize, isa: Isa) -> Outcome {
    outcome_of_fc(&mut FcEngine::with_isa(shape, isa), shape, batch, seed)
}

fn outcome_of_fc(engine: &mut FcEngine, shape: FcShape, batch: usize, seed: usize) -> Outcome {
    let (params, input) = (
        params(engine.layout().n_params, seed),
        numbers(batch * shape.n_inputs, seed + 1),
    );
    let mut statistics = vec![0.0; engine.layout().n_statistics];
    let mut logits = vec![0.0; (shape.max_depth + 1) * batch * shape.n_classes];
    let mut gradient = vec![0.0; params.len()];
    engine.forward_train(&params, &input, &mut statistics, &mut logits);
    engine.backward(&numbers(logits.len(), seed + 2), &mut gradient);
    let mut evaluated = vec![0.0; logits.len()];
    engine.forward_eval(&params, &statistics, &input, &mut evaluated);
    Outcome([logits, statistics, gradient, evaluated])
}

/// Sums in another order and with or without fused multiply-add, through a few normalisations.
#[track_caller]
fn check(isa: Isa, actual: &Outcome, expected: &Outcome) {
    for (what, (actual, expected)) in actual.0.iter().zip(&expected.0).enumerate() {
        let scale = expected.iter().fold(1e-2_f32, |scale, x| scale.max(x.abs()));
        for (at, (x, y)) in actual.iter().zip(expected).enumerate() {
            assert!(
                (x - y).abs() <= 2e-3 * scale,
                "{}: result {what}[{at}]: {x} instead of {y}, scale {scale}",
                isa.name()
            );
        }
    }
}

/// Every instruction set and algorithm against direct convolution in plain Rust.
fn check_conv(shape: ConvShape, batch: usize, seed: usize) {
    let expected = conv(shape, batch, seed, (Convolution::Direct, Isa::portable()));
    for isa in Isa::available() {
        for convolution in [Convolution::Direct, Convolution::Winograd] {
            check(isa, &conv(shape, batch, seed, (convolution, isa)), &expected);
        }
    }
}

/// The same cases in every run: where two paths round differently, a ReLU's input that happens to lie within rounding of
/// zero would switch a unit on in one and off in the other, and neither would be wrong.
fn fixed_cases() -> ProptestConfig {
    ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(32)
    }
}

proptest! {
    #![proptest_config(fixed_cases())]

    #[test]
    fn convolutional_networks_agree(
        channels in 1..4_usize, height in 6..18_usize, width in 6..18_usize, outer in 1..20_usize, inner in 1..12_usize,
        max_depth in 0..4_usize, batch in 2..20_usize, seed in 0..1000_usize,
    ) {
        let shape = ConvShape { channels, height, width, outer, inner, n_classes: 5, max_depth };
        check_conv(shape, batch, seed);
    }

    #[test]
    fn fully_connected_networks_agree(
        n_inputs in 1..10_usize, width in 1..40_usize, max_depth in 0..8_usize, batch in 8..150_usize, seed in 0..1000_usize,
    ) {
        let shape = FcShape { n_inputs, width, n_classes: 3, max_depth };
        let expected = fc(shape, batch, seed, Isa::portable());
        for isa in Isa::available() {
            check(isa, &fc(shape, batch, seed, isa), &expected);
        }
    }
}

#[test]
fn the_papers_widths_agree() {
    let shape = ConvShape {
        channels: 3,
        height: 32,
        width: 32,
        outer: 64,
        inner: 32,
        n_classes: 10,
        max_depth: 2,
    };
    check_conv(shape, 4, 1);
}

#[test]
fn a_single_image_is_evaluated() {
    let shape = ConvShape {
        channels: 1,
        height: 28,
        width: 28,
        outer: 8,
        inner: 4,
        n_classes: 10,
        max_depth: 1,
    };
    let mut engine = ConvEngine::new(shape);
    let params = params(engine.layout().n_params, 0);
    let mut logits = vec![f32::NAN; 20];
    let statistics = vec![1.0; engine.layout().n_statistics];
    engine.forward_eval(&params, &statistics, &numbers(784, 1), &mut logits);
    assert!(logits.iter().all(|x| x.is_finite()));
}

#[test]
fn a_shorter_run_is_a_prefix_of_the_whole_one() {
    let shape = FcShape {
        n_inputs: 3,
        width: 11,
        n_classes: 4,
        max_depth: 5,
    };
    let (batch, depth) = (20, 2);
    let mut engine = FcEngine::new(shape);
    let (params, input) = (params(engine.layout().n_params, 1), numbers(batch * 3, 2));
    let (mut statistics, mut logits) = (vec![0.0; engine.layout().n_statistics], vec![0.0; 6 * batch * 4]);
    engine.forward_train(&params, &input, &mut statistics, &mut logits);
    let (mut short_statistics, mut short) = (vec![f32::NAN; statistics.len()], vec![0.0; (depth + 1) * batch * 4]);
    engine.forward_train(&params, &input, &mut short_statistics, &mut short);
    assert_eq!(short, logits[..short.len()]);
    let ran = engine.layout().block_statistics[depth - 1].second.end;
    assert_eq!(short_statistics[..ran], statistics[..ran]);
    assert!(
        short_statistics[ran..].iter().all(|x| x.is_nan()),
        "deeper blocks leave no statistics"
    );
    let mut gradient = vec![0.0; params.len()];
    engine.backward(&numbers(short.len(), 3), &mut gradient);
    let deeper = &engine.layout().blocks[depth..];
    assert!(
        deeper
            .iter()
            .all(|block| gradient[block.linear.weight.clone()].iter().all(|&g| g == 0.0))
    );
}

#[test]
fn a_shorter_convolutional_run_is_a_prefix_of_the_whole_one() {
    let shape = ConvShape {
        channels: 1,
        height: 10,
        width: 10,
        outer: 9,
        inner: 5,
        n_classes: 3,
        max_depth: 4,
    };
    let (batch, depth) = (6, 1);
    let mut engine = ConvEngine::new(shape);
    let (params, input) = (params(engine.layout().n_params, 1), numbers(batch * 100, 2));
    let (mut statistics, mut logits) = (vec![0.0; engine.layout().n_statistics], vec![0.0; 5 * batch * 3]);
    engine.forward_train(&params, &input, &mut statistics, &mut logits);
    let (mut short_statistics, mut short) = (vec![f32::NAN; statistics.len()], vec![0.0; (depth + 1) * batch * 3]);
    engine.forward_train(&params, &input, &mut short_statistics, &mut short);
    assert_eq!(short, logits[..short.len()]);
    let layout = engine.layout().clone();
    assert!(
        short_statistics[layout.block_statistics[depth].norm1.first.clone()]
            .iter()
            .all(|x| x.is_nan())
    );
    assert!(
        short_statistics[layout.head_statistics[depth + 1].first.clone()]
            .iter()
            .all(|x| x.is_nan())
    );
    let d_logits = numbers(short.len(), 3);
    let (mut gradient, mut of_whole) = (vec![0.0; params.len()], vec![0.0; params.len()]);
    engine.backward(&d_logits, &mut gradient);
    engine.forward_train(&params, &input, &mut statistics, &mut logits);
    let mut padded = vec![0.0; logits.len()];
    padded[..d_logits.len()].copy_from_slice(&d_logits);
    engine.backward(&padded, &mut of_whole);
    let scale = of_whole.iter().fold(0.0_f32, |scale, x| scale.max(x.abs()));
    assert!(
        gradient
            .iter()
            .zip(&of_whole)
            .all(|(x, y)| (x - y).abs() <= 1e-5 * scale)
    );
}
