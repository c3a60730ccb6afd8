//! Facts about networks as a whole.

use std::collections::BTreeMap;

use dfdx::prelude::{Backward, Cpu, MeanTo};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_kernels::layout::ConvLayout;
use vds_model::{ConvConfig, Convolution, Error, FcConfig, Network, NetworkConfig, Schedule, Sgd, weights};

pub(crate) fn conv(max_depth: usize) -> NetworkConfig {
    NetworkConfig::Conv(ConvConfig {
        in_channels: 2,
        height: 11,
        width: 13,
        channels: 12,
        bottleneck_channels: 6,
        n_classes: 4,
        max_depth,
        convolution: Convolution::default(),
    })
}

pub(crate) fn fc(max_depth: usize) -> NetworkConfig {
    NetworkConfig::Fc(FcConfig {
        n_inputs: 3,
        width: 10,
        n_classes: 3,
        max_depth,
    })
}

pub(crate) fn numbers(n: usize, seed: u64) -> Vec<f32> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    (0..n)
        .map(|_| rng.next_u32() as f32 / u32::MAX as f32 * 2.0 - 1.0)
        .collect()
}

/// A network after a few training steps, so that its running statistics are not the initial ones.
pub(crate) fn trained(config: &NetworkConfig, seed: u64, steps: usize) -> Network<Cpu> {
    let mut network = Network::new(config, &Cpu::default(), &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
    let mut sgd = Sgd::new(network.params_vec().len(), 0.5);
    for step in 0..steps {
        let inputs = numbers(20 * config.example_len(), seed + step as u64);
        let (logits, pass) = network.forward_train(&inputs, 20, config.max_depth()).unwrap();
        let mut gradients = logits.square().mean::<(), _>().backward();
        let step = sgd.propose(pass.network().params(), &mut gradients, 0.1).unwrap();
        step.apply(pass.commit().params_mut());
    }
    network
}

#[test]
fn training_gives_the_same_bits_on_any_number_of_threads() {
    for config in [conv(3), fc(3)] {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let network = trained(&config, 7, 5);
                (network.params_vec(), network.running_stats().to_vec())
            })
        };
        let one = on(1);
        for threads in [2, 3, 8] {
            assert!(on(threads) == one, "{threads} threads: {config:?}");
        }
    }
}

#[test]
fn initialization_is_a_function_of_the_seed_within_pytorchs_bounds() {
    let config = fc(2);
    let network = |seed| Network::new(&config, &Cpu::default(), &mut ChaCha8Rng::seed_from_u64(seed)).unwrap();
    assert_eq!(network(1).params_vec(), network(1).params_vec());
    assert_ne!(network(1).params_vec(), network(2).params_vec());
    let (params, bound) = (network(1).params_vec(), 1.0 / 3.0_f32.sqrt());
    // The input layer comes first: 3 x 10 weights and 10 biases, uniform in ±1/sqrt(3).
    assert!(params[..40].iter().all(|p| p.abs() <= bound));
    assert!(params[..40].iter().any(|p| p.abs() > 0.8 * bound));
    let mean = params[..40].iter().sum::<f32>() / 40.0;
    assert!(mean.abs() < 0.3, "{mean}");
}

#[test]
fn snapshot_restores_parameters_and_statistics() {
    let config = conv(1);
    let mut network = trained(&config, 3, 1);
    let (snapshot, inputs) = (network.snapshot(), numbers(4 * config.example_len(), 1));
    let before = network.forward_eval(&inputs, 4).unwrap();
    network.forward_train(&inputs, 4, 1).unwrap().1.commit();
    assert_ne!(network.forward_eval(&inputs, 4).unwrap(), before);
    network.restore(&snapshot).unwrap();
    assert_eq!(network.forward_eval(&inputs, 4).unwrap(), before);
}

#[track_caller]
fn check_error(error: &Error, message: &str) {
    assert_eq!(error.to_string(), message);
}

#[test]
fn config_and_input_of_bad_sizes_are_refused() {
    let mut network = trained(&fc(1), 0, 0);
    check_error(
        &network.forward_train(&[0.0; 3], 1, 1).unwrap_err(),
        "a training batch of 1: batch norm needs at least 2 examples",
    );
    check_error(
        &network.forward_eval(&[0.0; 4], 1).unwrap_err(),
        "the input holds 4 values, expected 1 examples of 3",
    );
    check_error(
        &network.pruned(2).unwrap_err(),
        "depth 2 is out of range, the network's maximum depth is 1",
    );
    let config = NetworkConfig::Fc(FcConfig {
        n_inputs: 0,
        width: 1,
        n_classes: 2,
        max_depth: 0,
    });
    check_error(&config.check().unwrap_err(), "n_inputs is 0, expected 1 to 65536");
    let small = ConvConfig {
        in_channels: 1,
        height: 5,
        width: 28,
        channels: 8,
        bottleneck_channels: 4,
        n_classes: 10,
        max_depth: 1,
        convolution: Convolution::default(),
    };
    check_error(
        &NetworkConfig::Conv(small).check().unwrap_err(),
        "height is 5, expected 6 to 65536",
    );
}

#[test]
fn schedule_lowers_the_rate_at_its_epochs() {
    let schedule = Schedule::Steps {
        at: vec![2, 4],
        factor: 0.5,
    };
    let rates: Vec<f64> = (0..6).map(|epoch| schedule.rate(0.8, epoch)).collect();
    assert_eq!(rates, [0.8, 0.8, 0.4, 0.4, 0.2, 0.2]);
    assert_eq!(Schedule::Constant.rate(0.8, 100).to_bits(), 0.8_f64.to_bits());
}

#[test]
fn shorter_pass_leaves_deeper_statistics_alone() {
    let (depth, batch) = (1, 6);
    let config = conv(3);
    let (device, mut rng) = (Cpu::default(), ChaCha8Rng::seed_from_u64(3));
    let mut whole = Network::new(&config, &device, &mut rng).unwrap();
    let mut short = Network::new(&config, &device, &mut ChaCha8Rng::seed_from_u64(3)).unwrap();
    let mut pruned = short.pruned(depth).unwrap();
    let inputs: Vec<f32> = (0..batch * config.example_len())
        .map(|i| (i % 13) as f32 / 13.0)
        .collect();
    whole.forward_train(&inputs, batch, 3).unwrap().1.commit();
    short.forward_train(&inputs, batch, depth).unwrap().1.commit();
    pruned.forward_train(&inputs, batch, depth).unwrap().1.commit();
    assert_eq!(batch_counts(&short.pruned(depth).unwrap()), batch_counts(&pruned));
    // What was kept about the blocks that ran, and about the output block, is what the pruned network has kept.
    assert_eq!(short.pruned(depth).unwrap().running_stats(), pruned.running_stats());
    let NetworkConfig::Conv(conv) = config else {
        panic!("a convolutional network");
    };
    let layout = ConvLayout::new(conv);
    let untouched = &layout.block_statistics[depth];
    assert!(
        short.running_stats()[untouched.norm1.mean.clone()]
            .iter()
            .all(|&mean| mean == 0.0)
    );
    assert!(
        whole.running_stats()[untouched.norm1.mean.clone()]
            .iter()
            .any(|&mean| mean != 0.0)
    );
}

/// The counts of batches in the exported weights.
fn batch_counts(network: &Network<Cpu>) -> Vec<(String, i64)> {
    let bytes = weights::to_bytes(network, &BTreeMap::new(), &BTreeMap::new()).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&bytes).unwrap();
    let counts = tensors
        .tensors()
        .into_iter()
        .filter(|(name, _)| name.ends_with("num_batches_tracked"));
    let mut counts: Vec<_> = counts
        .map(|(name, tensor)| (name, i64::from_le_bytes(tensor.data().try_into().unwrap())))
        .collect();
    counts.sort();
    counts
}

#[test]
fn training_pass_deeper_than_the_network_is_refused() {
    let config = conv(2);
    let mut network = Network::new(&config, &Cpu::default(), &mut ChaCha8Rng::seed_from_u64(3)).unwrap();
    let inputs = vec![0.0; 4 * config.example_len()];
    let error = network.forward_train(&inputs, 4, 3).unwrap_err();
    assert!(matches!(error, Error::Depth { depth: 3, max_depth: 2 }), "{error}");
}
