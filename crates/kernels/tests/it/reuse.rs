//! An engine that has seen other batches gives what a new one gives, bit for bit, and large batches take the same path as small
//! ones.

use vds_kernels::Isa;
use vds_kernels::conv::{ConvEngine, ConvShape, Convolution};
use vds_kernels::fc::{FcEngine, FcShape};

use super::{Outcome, check, numbers, outcome_of_conv, outcome_of_fc, params};

/// Up, down by a few examples within one vector, to one, and up again.
const BATCHES: [usize; 6] = [20, 3, 2, 33, 1, 17];

fn bits(outcome: &Outcome) -> Vec<u32> {
    outcome.0.iter().flatten().map(|x| x.to_bits()).collect()
}

fn conv_shape(side: usize) -> ConvShape {
    ConvShape {
        channels: 2,
        height: side,
        width: side,
        outer: 11,
        inner: 9,
        n_classes: 4,
        max_depth: 2,
    }
}

#[test]
fn a_used_convolutional_engine_gives_what_a_new_one_gives() {
    for isa in Isa::available() {
        for convolution in [Convolution::Direct, Convolution::Winograd] {
            // Two networks in turn: they share each thread's buffers.
            let shapes = [conv_shape(9), conv_shape(22)];
            let mut engines = shapes.map(|shape| ConvEngine::with(shape, convolution, isa));
            for (seed, batch) in BATCHES.into_iter().enumerate() {
                for (engine, shape) in engines.iter_mut().zip(shapes) {
                    let used = outcome_of_conv(engine, shape, batch, seed);
                    let new = outcome_of_conv(&mut ConvEngine::with(shape, convolution, isa), shape, batch, seed);
                    assert!(
                        bits(&used) == bits(&new),
                        "{} {convolution:?} batch {batch}",
                        isa.name()
                    );
                }
            }
        }
    }
}

#[test]
fn a_used_fully_connected_engine_gives_what_a_new_one_gives() {
    let shape = FcShape {
        n_inputs: 3,
        width: 13,
        n_classes: 5,
        max_depth: 3,
    };
    for isa in Isa::available() {
        let mut engine = FcEngine::with_isa(shape, isa);
        for (seed, batch) in BATCHES.into_iter().chain([300, 256, 16]).enumerate() {
            let used = outcome_of_fc(&mut engine, shape, batch, seed);
            let new = outcome_of_fc(&mut FcEngine::with_isa(shape, isa), shape, batch, seed);
            assert!(bits(&used) == bits(&new), "{} batch {batch}", isa.name());
        }
    }
}

/// More images a work unit than the 3x3 convolution takes at once, and a last group that is not full.
#[test]
fn large_batches_agree() {
    for (side, batch) in [(28, 67), (28, 150), (6, 700)] {
        let shape = conv_shape(side);
        let mut plain = ConvEngine::with(shape, Convolution::Direct, Isa::portable());
        let expected = outcome_of_conv(&mut plain, shape, batch, 1);
        for isa in Isa::available() {
            let mut engine = ConvEngine::with(shape, Convolution::Winograd, isa);
            check(isa, &outcome_of_conv(&mut engine, shape, batch, 1), &expected);
        }
    }
}

#[test]
fn large_batches_of_points_agree() {
    let shape = FcShape {
        n_inputs: 2,
        width: 10,
        n_classes: 3,
        max_depth: 2,
    };
    let (batch, mut engine) = (700, FcEngine::with_isa(shape, Isa::portable()));
    let expected = outcome_of_fc(&mut engine, shape, batch, 1);
    for isa in Isa::available() {
        check(
            isa,
            &outcome_of_fc(&mut FcEngine::with_isa(shape, isa), shape, batch, 1),
            &expected,
        );
    }
    // An example is evaluated alone as in any batch, so the chunks that a batch is taken in cannot show.
    let (params, input) = (params(engine.layout().n_params, 1), numbers(batch * 2, 2));
    let (statistics, stride) = (vec![1.0; engine.layout().n_statistics], batch * 3);
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
fn an_evaluation_does_not_disturb_the_way_back() {
    let shape = conv_shape(10);
    let (batch, mut engine) = (6, ConvEngine::new(shape));
    let n_params = engine.layout().n_params;
    let (trained, other) = (params(n_params, 1), params(n_params, 2));
    let input = numbers(batch * shape.image_len(), 3);
    let (mut statistics, mut logits) = (vec![0.0; engine.layout().n_statistics], vec![0.0; 3 * batch * 4]);
    let d_logits = numbers(logits.len(), 4);
    let [mut expected, mut actual] = [(); 2].map(|()| vec![0.0; n_params]);
    engine.forward_train(&trained, &input, &mut statistics, &mut logits);
    engine.backward(&d_logits, &mut expected);
    engine.forward_train(&trained, &input, &mut statistics, &mut logits);
    engine.forward_eval(&other, &vec![1.0; statistics.len()], &input, &mut logits);
    engine.backward(&d_logits, &mut actual);
    assert!(actual == expected);
}
