//! The fused path agrees with the composed one, in values, statistics and gradients, on networks of many shapes.

use dfdx::prelude::{Backward, Cpu, SumTo, Tensor, TensorFromVec};
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_model::{Backend, ConvConfig, Convolution, FcConfig, Network, NetworkConfig, TapedLogits, portable};

fn numbers(rng: &mut ChaCha8Rng, n: usize) -> Vec<f32> {
    (0..n)
        .map(|_| rng.next_u32() as f32 / u32::MAX as f32 * 2.0 - 1.0)
        .collect()
}

/// The gradient of a weighted sum of the logits.
fn gradient(logits: TapedLogits<Cpu>, weights: &[f32], params: &Tensor<(usize,), f32, Cpu>) -> Vec<f32> {
    let shape = *dfdx::prelude::HasShape::shape(&logits);
    let weights = params.device().tensor_from_vec(weights.to_vec(), shape);
    (logits * weights).sum::<(), _>().backward().get(params).as_vec()
}

#[track_caller]
fn check_close(what: &str, actual: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(actual.len(), expected.len(), "{what}");
    let scale = expected.iter().fold(1e-2_f32, |scale, x| scale.max(x.abs()));
    for (at, (x, y)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (x - y).abs() <= tolerance * scale,
            "{what}[{at}]: {x} instead of {y}, scale {scale}"
        );
    }
}

/// Logits, statistics and gradient of a training pass through the first `depth` blocks; returns the statistics.
#[track_caller]
fn check_training(
    network: &Network<Cpu>,
    (input, batch): (&[f32], usize),
    depth: usize,
    rng: &mut ChaCha8Rng,
) -> Vec<f32> {
    let (config, params) = (network.config(), network.params());
    let weights = numbers(rng, (depth + 1) * batch * config.n_classes());
    // What does not run leaves these as they are, on either path.
    let mut statistics = vec![0.5; network.evaluation_statistics().len()];
    let mut fused_statistics = statistics.clone();
    let composed = portable::forward_train(config, params, input, depth, &mut statistics).unwrap();
    let fused = Cpu::default().forward_train(&Cpu::engine(config), params, input, depth, &mut fused_statistics);
    let fused = fused.unwrap();
    // Two orders of f32 summation over up to a few thousand terms, through up to five normalisations.
    check_close("logits", &fused.as_vec(), &composed.as_vec(), 1e-4);
    check_close("statistics", &fused_statistics, &statistics, 1e-4);
    let (fused, composed) = (gradient(fused, &weights, params), gradient(composed, &weights, params));
    check_close("gradient", &fused, &composed, 2e-3);
    statistics
}

#[track_caller]
fn check(config: &NetworkConfig, batch: usize, seed: u64) {
    let (device, mut rng) = (Cpu::default(), ChaCha8Rng::seed_from_u64(seed));
    let mut network = Network::new(config, &device, &mut rng).unwrap();
    // Off the initial point: scales and shifts of batch norm are drawn as well.
    let params: Vec<f32> = network
        .params_vec()
        .iter()
        .zip(numbers(&mut rng, 1 << 20))
        .map(|(p, r)| p + 0.1 * r)
        .collect();
    network.set_params(&params).unwrap();
    let input = numbers(&mut rng, batch * config.example_len());
    let shallow = usize::try_from(seed).unwrap() % (config.max_depth() + 1);
    check_training(&network, (&input, batch), shallow, &mut rng);
    let statistics = check_training(&network, (&input, batch), config.max_depth(), &mut rng);
    let composed = portable::forward_eval(config, network.params(), &input, &statistics).unwrap();
    let fused = device
        .forward_eval(&Cpu::engine(config), network.params(), &input, &statistics)
        .unwrap();
    check_close("evaluation", &fused, &composed, 1e-4);
}

/// Fixed cases, the same in every run: where two paths round differently, a ReLU's input that happens to lie within rounding of
/// zero would switch a unit on in one and off in the other, and neither would be wrong.
fn fixed_cases() -> ProptestConfig {
    ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(24)
    }
}

proptest! {
    #![proptest_config(fixed_cases())]

    #[test]
    fn paths_agree_on_convolutional_networks(
        in_channels in 1..4_usize, height in 6..20_usize, width in 6..20_usize, channels in 1..20_usize,
        bottleneck_channels in 1..12_usize,
        n_classes in 2..12_usize, max_depth in 0..4_usize, batch in 3..20_usize, seed in 0..1000_u64,
    ) {
        let convolution = Convolution::default();
        let config = ConvConfig {
            in_channels, height, width, channels, bottleneck_channels, n_classes, max_depth, convolution,
        };
        check(&NetworkConfig::Conv(config), batch, seed);
    }

    #[test]
    fn paths_agree_on_fully_connected_networks(
        n_inputs in 1..10_usize, width in 1..40_usize, n_classes in 2..12_usize, max_depth in 0..8_usize,
        batch in 8..200_usize, seed in 0..1000_u64,
    ) {
        check(&NetworkConfig::Fc(FcConfig { n_inputs, width, n_classes, max_depth }), batch, seed);
    }
}

#[test]
fn paths_agree_at_the_papers_widths() {
    for (in_channels, side) in [(1, 28), (3, 32)] {
        check(
            &NetworkConfig::Conv(ConvConfig {
                in_channels,
                height: side,
                width: side,
                channels: 64,
                bottleneck_channels: 32,
                n_classes: 10,
                max_depth: 2,
                convolution: Convolution::default(),
            }),
            5,
            1,
        );
    }
}
