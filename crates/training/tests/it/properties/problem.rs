//! Random small networks with a random batch.

use std::ops::Range;

use dfdx::prelude::Cpu;
use proptest::collection::vec;
use proptest::prelude::*;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_model::{ConvConfig, Convolution, FcConfig, HeadStatistics, Network, NetworkConfig};
use vds_testkit::strategies::logits;
use vds_training::{Batch, Learner, Objective, StepSettings};
use vds_variational::{DepthPosterior, DepthPrior};

use super::layout::Layout;

/// A network, a batch, and everything else that its loss depends on.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    pub(super) config: NetworkConfig,
    /// What the output block is evaluated with.
    pub(super) head_statistics: HeadStatistics,
    /// Blocks that run.
    pub(super) depth: usize,
    pub(super) inputs: Vec<f32>,
    pub(super) labels: Vec<u32>,
    pub(super) params: Vec<f32>,
    /// Logits of the posterior.
    pub(super) posterior: Vec<f32>,
    pub(super) prior: DepthPrior,
    pub(super) n_train: usize,
}

pub(super) fn problems() -> impl Strategy<Value = Problem> {
    let config = prop_oneof![conv_configs(), fc_configs()];
    (config, 2..=6_usize, 0..u64::MAX).prop_flat_map(|(config, batch, seed)| {
        let max_depth = config.max_depth();
        // Half of them use all blocks, as training does unless it truncates.
        let depth = prop_oneof![Just(max_depth), 0..=max_depth];
        let last = u32::try_from(config.n_classes()).unwrap();
        let head_statistics = prop_oneof![Just(HeadStatistics::Shared), Just(HeadStatistics::PerDepth)];
        let parts = (
            (depth, head_statistics),
            vec(0..last, batch),
            logits(Just(max_depth + 1), 3.0),
            priors(max_depth),
            batch..500,
        );
        parts.prop_map(
            move |((depth, head_statistics), labels, posterior, prior, n_train)| Problem {
                depth,
                head_statistics,
                inputs: numbers(batch * config.example_len(), seed),
                labels,
                params: params(&config, seed),
                posterior: posterior.iter().map(|&logit| narrowed(logit)).collect(),
                prior,
                n_train,
                config,
            },
        )
    })
}

fn conv_configs() -> impl Strategy<Value = NetworkConfig> {
    let sizes = (1..=3_usize, 6..=11_usize, 6..=11_usize, 2..=6_usize, 1..=4_usize);
    let convolution = prop_oneof![Just(Convolution::Direct), Just(Convolution::Winograd)];
    (sizes, 2..=5_usize, 0..=4_usize, convolution).prop_map(
        |((in_channels, height, width, channels, bottleneck_channels), n_classes, max_depth, convolution)| {
            NetworkConfig::Conv(ConvConfig {
                in_channels,
                height,
                width,
                channels,
                bottleneck_channels,
                n_classes,
                max_depth,
                convolution,
            })
        },
    )
}

fn fc_configs() -> impl Strategy<Value = NetworkConfig> {
    (1..=4_usize, 1..=8_usize, 2..=5_usize, 0..=4_usize).prop_map(|(n_inputs, width, n_classes, max_depth)| {
        NetworkConfig::Fc(FcConfig {
            n_inputs,
            width,
            n_classes,
            max_depth,
        })
    })
}

fn priors(max_depth: usize) -> impl Strategy<Value = DepthPrior> {
    let explicit = logits(Just(max_depth + 1), 5.0)
        .prop_map(|logits| DepthPrior::from(DepthPosterior::from_logits(&logits).unwrap()));
    prop_oneof![
        (0.3..1.2_f64).prop_map(move |decay| DepthPrior::geometric(decay, max_depth).unwrap()),
        explicit,
    ]
}

/// Initial parameters moved off their start, so that scales and shifts of batch norm are at random as well.
fn params(config: &NetworkConfig, seed: u64) -> Vec<f32> {
    let network = Network::new(config, &Cpu::default(), &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
    let initial = network.params_vec();
    let moves = numbers(initial.len(), seed ^ 1);
    initial.iter().zip(moves).map(|(p, r)| p + 0.5 * r).collect()
}

impl Problem {
    pub(super) fn batch(&self) -> usize {
        self.labels.len()
    }

    /// The network, which has not seen a batch.
    pub(super) fn network(&self) -> Network<Cpu> {
        let mut network = Network::new(&self.config, &Cpu::default(), &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
        network.set_params(&self.params).unwrap();
        network.set_head_statistics(self.head_statistics);
        network
    }

    /// The network with the posterior, before a step.
    pub(super) fn learner(&self) -> Learner<Cpu> {
        let objective = Objective::published(self.prior.clone());
        let mut learner = Learner::new(self.network(), &objective, 0.5, &Cpu::default()).unwrap();
        learner.set_posterior_logits(&self.posterior).unwrap();
        learner
    }

    pub(super) fn settings(&self, learning_rate: f32) -> StepSettings {
        StepSettings {
            depth: self.depth,
            n_train: self.n_train,
            learning_rate,
            epoch: 0,
        }
    }

    pub(super) fn examples(&self) -> Batch<'_> {
        Batch {
            inputs: &self.inputs,
            labels: &self.labels,
        }
    }

    /// Every named tensor that the loss depends on.
    pub(super) fn tensors(&self) -> Vec<(String, Slot)> {
        let params = Layout::of(&self.config).params().into_iter();
        params
            .map(|(name, range)| (name, Slot::Params(range)))
            .chain([("posterior".to_owned(), Slot::Posterior)])
            .collect()
    }
}

/// A tensor that the loss depends on.
#[derive(Clone, Debug)]
pub(super) enum Slot {
    /// In the flat parameters.
    Params(Range<usize>),
    /// All of the posterior's logits.
    Posterior,
}

/// Numbers in `[-1, 1]`.
pub(super) fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .map(|_| rng.next_u32() as f32 / u32::MAX as f32 * 2.0 - 1.0)
        .collect()
}

#[expect(
    clippy::cast_possible_truncation,
    reason = "single precision is what the product holds"
)]
pub(super) fn narrowed(x: f64) -> f32 {
    x as f32
}
