//! Every instruction set of this CPU gives what plain Rust gives, through whole engines.

mod reuse;

use std::ops::Range;

use proptest::prelude::*;
use vds_kernels::layout::{ConvConfig, ConvLayout, Convolution, FcConfig, FcLayout};
use vds_kernels::layout::{LinearRanges, NormRanges, StatisticsRanges};
use vds_kernels::{ConvEngine, Engine, FcEngine, Isa};

fn numbers(n: usize, seed: usize) -> Vec<f32> {
    (0..n)
        .map(|i| ((i * 7919 + seed * 104_729) % 1009) as f32 / 504.5 - 1.0)
        .collect()
}

/// Parameters about as large as initial ones.
fn params(n: usize, seed: usize) -> Vec<f32> {
    numbers(n, seed).into_iter().map(|x| 0.25 * x).collect()
}

/// Sizes of a network that an engine can be made for.
trait Network: Copy {
    fn engine(self, isa: Isa) -> Box<dyn Engine>;
    fn example_len(self) -> usize;
    /// Logits of one example, at all depths.
    fn n_logits(self) -> usize;
    /// Every tensor of the parameters.
    fn tensors(self) -> Vec<Range<usize>>;
    /// Every tensor of the statistics.
    fn statistics(self) -> Vec<Range<usize>>;
}

impl Network for ConvConfig {
    fn engine(self, isa: Isa) -> Box<dyn Engine> {
        Box::new(ConvEngine::new(self, isa))
    }

    fn example_len(self) -> usize {
        self.image_len()
    }

    fn n_logits(self) -> usize {
        (self.max_depth + 1) * self.n_classes
    }

    fn tensors(self) -> Vec<Range<usize>> {
        let layout = ConvLayout::new(self);
        let blocks = layout.blocks.iter().flat_map(|block| {
            let norms = [&block.norm1, &block.norm2, &block.norm3].map(of_norm);
            let linears = [&block.conv1, &block.conv2, &block.conv3].map(of_linear);
            norms.into_iter().chain(linears)
        });
        let ends = [&layout.stem, &layout.head_linear, &layout.read_out].map(of_linear);
        let all = blocks.chain(ends).chain([of_norm(&layout.head_norm)]);
        all.flatten().collect()
    }

    fn statistics(self) -> Vec<Range<usize>> {
        let layout = ConvLayout::new(self);
        let blocks = layout
            .block_statistics
            .iter()
            .flat_map(|block| [&block.norm1, &block.norm2, &block.norm3]);
        blocks.chain(&layout.head_statistics).flat_map(of_statistics).collect()
    }
}

impl Network for FcConfig {
    fn engine(self, isa: Isa) -> Box<dyn Engine> {
        Box::new(FcEngine::new(self, isa))
    }

    fn example_len(self) -> usize {
        self.n_inputs
    }

    fn n_logits(self) -> usize {
        (self.max_depth + 1) * self.n_classes
    }

    fn tensors(self) -> Vec<Range<usize>> {
        let layout = FcLayout::new(self);
        let blocks = layout.blocks.iter();
        let blocks = blocks.flat_map(|block| [of_linear(&block.linear), of_norm(&block.norm)]);
        let ends = [&layout.stem, &layout.read_out].map(of_linear);
        blocks.chain(ends).flatten().collect()
    }

    fn statistics(self) -> Vec<Range<usize>> {
        let layout = FcLayout::new(self);
        layout.block_statistics.iter().flat_map(of_statistics).collect()
    }
}

fn of_linear(ranges: &LinearRanges) -> [Range<usize>; 2] {
    [ranges.weight.clone(), ranges.bias.clone()]
}

fn of_norm(ranges: &NormRanges) -> [Range<usize>; 2] {
    [ranges.scale.clone(), ranges.shift.clone()]
}

fn of_statistics(ranges: &StatisticsRanges) -> [Range<usize>; 2] {
    [ranges.mean.clone(), ranges.variance.clone()]
}

/// Logits, statistics, gradient of the parameters and evaluation logits of a network.
struct Outcome([Vec<f32>; 4]);

impl Outcome {
    fn of(network: impl Network, batch: usize, seed: usize, isa: Isa) -> Self {
        Self::with(&mut *network.engine(isa), network, batch, seed)
    }

    fn with(engine: &mut dyn Engine, network: impl Network, batch: usize, seed: usize) -> Self {
        let params = params(engine.n_params(), seed);
        let input = numbers(batch * network.example_len(), seed + 1);
        let mut statistics = vec![0.0; engine.n_statistics()];
        let mut logits = vec![0.0; batch * network.n_logits()];
        let mut gradient = vec![0.0; params.len()];
        engine.forward_train(&params, &input, &mut statistics, &mut logits);
        engine.backward(&numbers(logits.len(), seed + 2), &mut gradient);
        let mut evaluated = vec![0.0; logits.len()];
        engine.forward_eval(&params, &statistics, &input, &mut evaluated);
        Self([logits, statistics, gradient, evaluated])
    }
}

/// Sums in another order and with or without fused multiply-add, through a few normalizations: relative to the largest value
/// of each tensor, so that large values elsewhere do not hide one whose values are small.
#[track_caller]
fn check(isa: Isa, network: impl Network, actual: &Outcome, expected: &Outcome) {
    let [logits, _, gradient, evaluated] = &expected.0;
    let largest_gradient = largest(gradient);
    let whole = |values: &[f32]| std::iter::once(0..values.len()).collect::<Vec<_>>();
    let parts = [
        ("logits", whole(logits), 1e-2),
        ("statistics", network.statistics(), 1e-2),
        // Below that, what is left of a gradient that cancels (a bias ahead of a batch norm, for one) is the rounding of its
        // terms.
        ("gradient", network.tensors(), 5e-2 * largest_gradient.max(1e-2)),
        ("evaluated logits", whole(evaluated), 1e-2),
    ];
    for ((what, tensors, least), (actual, expected)) in parts.into_iter().zip(actual.0.iter().zip(&expected.0)) {
        assert_eq!(actual.len(), expected.len(), "{what}");
        for tensor in tensors {
            let scale = largest(&expected[tensor.clone()]).max(least);
            for at in tensor {
                let (x, y) = (actual[at], expected[at]);
                assert!(
                    (x - y).abs() <= 2e-3 * scale,
                    "{}: {what}[{at}]: {x} instead of {y}, scale {scale}",
                    isa.name()
                );
            }
        }
    }
}

fn largest(values: &[f32]) -> f32 {
    values.iter().fold(0.0, |largest, x| largest.max(x.abs()))
}

/// Every instruction set and algorithm against direct convolution in plain Rust.
fn check_conv(config: ConvConfig, batch: usize, seed: usize) {
    let with = |convolution| ConvConfig { convolution, ..config };
    let expected = Outcome::of(with(Convolution::Direct), batch, seed, Isa::portable());
    for isa in Isa::available() {
        for convolution in [Convolution::Direct, Convolution::Winograd] {
            let outcome = Outcome::of(with(convolution), batch, seed, isa);
            check(isa, config, &outcome, &expected);
        }
    }
}

/// Fixed cases, the same in every run: where two paths round differently, a ReLU's input that happens to lie within rounding
/// of zero would switch a unit on in one and off in the other, and neither would be wrong.
fn fixed_cases() -> ProptestConfig {
    ProptestConfig {
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..ProptestConfig::with_cases(32)
    }
}

proptest! {
    #![proptest_config(fixed_cases())]

    #[test]
    fn conv_engines_agree(
        in_channels in 1..4_usize, height in 6..18_usize, width in 6..18_usize, channels in 1..20_usize,
        bottleneck_channels in 1..12_usize, max_depth in 0..4_usize, batch in 2..20_usize, seed in 0..1000_usize,
    ) {
        let config = ConvConfig {
            in_channels, height, width, channels, bottleneck_channels, n_classes: 5, max_depth,
            convolution: Convolution::Winograd,
        };
        check_conv(config, batch, seed);
    }

    #[test]
    fn fc_engines_agree(
        n_inputs in 1..10_usize, width in 1..40_usize, max_depth in 0..8_usize, batch in 8..150_usize, seed in 0..1000_usize,
    ) {
        let config = FcConfig { n_inputs, width, n_classes: 3, max_depth };
        let expected = Outcome::of(config, batch, seed, Isa::portable());
        for isa in Isa::available() {
            check(isa, config, &Outcome::of(config, batch, seed, isa), &expected);
        }
    }
}

#[test]
fn conv_engines_agree_at_the_papers_widths() {
    let config = ConvConfig {
        in_channels: 3,
        height: 32,
        width: 32,
        channels: 64,
        bottleneck_channels: 32,
        n_classes: 10,
        max_depth: 2,
        convolution: Convolution::Winograd,
    };
    check_conv(config, 4, 1);
}

#[test]
fn evaluation_of_a_single_image_is_finite() {
    let config = ConvConfig {
        in_channels: 1,
        height: 28,
        width: 28,
        channels: 8,
        bottleneck_channels: 4,
        n_classes: 10,
        max_depth: 1,
        convolution: Convolution::Winograd,
    };
    let mut engine = ConvEngine::new(config, Isa::detect());
    let params = params(engine.n_params(), 0);
    let mut logits = vec![f32::NAN; 20];
    let statistics = vec![1.0; engine.n_statistics()];
    engine.forward_eval(&params, &statistics, &numbers(784, 1), &mut logits);
    assert!(logits.iter().all(|x| x.is_finite()));
}
