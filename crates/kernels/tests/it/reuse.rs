//! An engine that has seen other batches gives what a new one gives, bit for bit, and large batches take the same path as small
//! ones.

use vds_kernels::layout::{ConvConfig, Convolution, FcConfig};
use vds_kernels::{ConvEngine, Engine, FcEngine, Isa};

use super::{Network, Outcome, check, numbers, params};

/// Up, down by a few examples within one vector, to one, and up again.
const BATCHES: [usize; 6] = [20, 3, 2, 33, 1, 17];

fn bits(outcome: &Outcome) -> Vec<u32> {
    outcome.0.iter().flatten().map(|x| x.to_bits()).collect()
}

fn conv(side: usize, convolution: Convolution) -> ConvConfig {
    ConvConfig {
        in_channels: 2,
        height: side,
        width: side,
        channels: 11,
        bottleneck_channels: 9,
        n_classes: 4,
        max_depth: 2,
        convolution,
    }
}

/// Engines of several networks take the batches in turn: they share each thread's buffers.
#[track_caller]
fn check_reuse<N: Network>(networks: &[N], batches: &[usize], isa: Isa) {
    let mut engines: Vec<_> = networks.iter().map(|network| network.engine(isa)).collect();
    for (seed, &batch) in batches.iter().enumerate() {
        for (engine, &network) in engines.iter_mut().zip(networks) {
            let used = Outcome::with(&mut **engine, network, batch, seed);
            let new = Outcome::of(network, batch, seed, isa);
            assert!(bits(&used) == bits(&new), "{} batch {batch}", isa.name());
        }
    }
}

#[test]
fn reused_conv_engine_gives_what_a_new_one_gives() {
    for isa in Isa::available() {
        for convolution in [Convolution::Direct, Convolution::Winograd] {
            check_reuse(&[conv(9, convolution), conv(22, convolution)], &BATCHES, isa);
        }
    }
}

#[test]
fn reused_fc_engine_gives_what_a_new_one_gives() {
    let config = FcConfig {
        n_inputs: 3,
        width: 13,
        n_classes: 5,
        max_depth: 3,
    };
    for isa in Isa::available() {
        check_reuse(&[config], &[&BATCHES[..], &[300, 256, 16]].concat(), isa);
    }
}

/// More images per work unit than the 3x3 convolution takes at once, and a last group that is not full.
#[test]
fn large_batches_of_images_agree() {
    for (side, batch) in [(28, 67), (28, 150), (6, 700)] {
        let expected = Outcome::of(conv(side, Convolution::Direct), batch, 1, Isa::portable());
        for isa in Isa::available() {
            let config = conv(side, Convolution::Winograd);
            check(isa, config, &Outcome::of(config, batch, 1, isa), &expected);
        }
    }
}

#[test]
fn large_batches_of_points_agree() {
    let config = FcConfig {
        n_inputs: 2,
        width: 10,
        n_classes: 3,
        max_depth: 2,
    };
    let (batch, mut engine) = (700, FcEngine::new(config, Isa::portable()));
    let expected = Outcome::with(&mut engine, config, batch, 1);
    for isa in Isa::available() {
        check(isa, config, &Outcome::of(config, batch, 1, isa), &expected);
    }
    // A batch is evaluated in chunks of 256 examples, larger than any batch of the properties of `vds-model`.
    let (params, input) = (params(engine.n_params(), 1), numbers(batch * 2, 2));
    let (statistics, stride) = (vec![1.0; engine.n_statistics()], batch * 3);
    let mut whole = vec![0.0; 3 * stride];
    engine.forward_eval(&params, &statistics, &input, &mut whole);
    for example in [0, 255, 256, 511, 512, 699] {
        let mut alone = vec![0.0; 9];
        engine.forward_eval(&params, &statistics, &input[2 * example..2 * example + 2], &mut alone);
        for (depth, logits) in alone.chunks_exact(3).enumerate() {
            assert_eq!(logits, &whole[depth * stride + 3 * example..][..3], "example {example}");
        }
    }
}

#[test]
fn backward_pass_is_not_disturbed_by_an_evaluation() {
    let config = conv(10, Convolution::Winograd);
    let (batch, mut engine) = (6, ConvEngine::new(config, Isa::detect()));
    let n_params = engine.n_params();
    let (trained, other) = (params(n_params, 1), params(n_params, 2));
    let input = numbers(batch * config.image_len(), 3);
    let (mut statistics, mut logits) = (vec![0.0; engine.n_statistics()], vec![0.0; 3 * batch * 4]);
    let d_logits = numbers(logits.len(), 4);
    let [mut expected, mut actual] = [(); 2].map(|()| vec![0.0; n_params]);
    engine.forward_train(&trained, &input, &mut statistics, &mut logits);
    engine.backward(&d_logits, &mut expected);
    engine.forward_train(&trained, &input, &mut statistics, &mut logits);
    engine.forward_eval(&other, &vec![1.0; statistics.len()], &input, &mut logits);
    engine.backward(&d_logits, &mut actual);
    assert!(actual == expected);
}
