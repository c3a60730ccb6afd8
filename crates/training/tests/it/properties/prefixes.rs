//! A network's first blocks, and the network of these blocks alone.

use dfdx::prelude::{Backward, Cpu, SumTo, Tensor};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use vds_model::{Backend, Network, NetworkConfig, TapedLogits};
use vds_testkit::properties::check;
use vds_variational::{DepthPosterior, depth_log_probs, log_marginal_predictive};

use super::layout::{Layout, Named};
use super::problem::{Problem, numbers, problems};

#[test]
fn prefix_in_training_is_a_network_of_its_own() {
    check(25, problems(), |problem| {
        let (mut whole, mut first) = (problem.network(), problem.network());
        let mut prefix = prefix_of(&whole, problem.depth);
        let (inputs, batch) = (&problem.inputs, problem.batch());
        // Deeper blocks do not enter any sum of shallower ones, so the bits are the same.
        let (alone, alone_pass) = prefix.forward_train(inputs, batch, problem.depth).unwrap();
        let (partly, partly_pass) = first.forward_train(inputs, batch, problem.depth).unwrap();
        let all = whole
            .forward_train(inputs, batch, problem.config.max_depth())
            .unwrap()
            .0
            .as_vec();
        prop_assert_eq!(&all[..alone.as_vec().len()], &alone.as_vec()[..]);
        prop_assert_eq!(partly.as_vec(), alone.as_vec());
        let gradient = |logits: TapedLogits<Cpu>, params: &Tensor<(usize,), f32, Cpu>| {
            logits.square().sum::<(), _>().backward().get(params).as_vec()
        };
        let alone = gradient(alone, alone_pass.network().params());
        let mut partly = gradient(partly, partly_pass.network().params());
        for (to, from) in shared(&params(alone_pass.network().config()), &params(&problem.config)) {
            prop_assert_eq!(&alone[to], &partly[from.clone()]);
            partly[from].fill(0.0);
        }
        prop_assert!(
            partly.iter().all(|&slope| slope == 0.0),
            "blocks that did not run have a gradient"
        );
        Ok(())
    });
}

#[test]
fn prefix_in_evaluation_is_the_pruned_network() {
    check(25, problems(), |problem| {
        let whole = seasoned(&problem);
        let (inputs, batch) = (&problem.inputs, problem.batch());
        let all = whole.forward_eval(inputs, batch).unwrap();
        for depth in 0..=whole.max_depth() {
            let first = &all[..(depth + 1) * batch * whole.n_classes()];
            prop_assert_eq!(
                &whole.pruned(depth).unwrap().forward_eval(inputs, batch).unwrap()[..],
                first
            );
            // The same without the product's own way of taking a network apart.
            let prefix = prefix_of(&whole, depth);
            let (from, to) = (Layout::of(whole.config()), Layout::of(prefix.config()));
            let statistics = copied(&whole.evaluation_statistics(), &to.statistics(), &from.statistics());
            let engine = Cpu::engine(prefix.config());
            let alone = Cpu::default().forward_eval(&engine, prefix.params(), inputs, &statistics);
            prop_assert_eq!(&alone.unwrap()[..], first);
        }
        Ok(())
    });
}

#[test]
fn pruned_network_predicts_as_the_whole_with_the_truncated_posterior() {
    check(25, problems(), pruned_predicts_as_whole);
}

fn pruned_predicts_as_whole(problem: Problem) -> TestCaseResult {
    let (whole, n_classes) = (seasoned(&problem), problem.config.n_classes());
    let logits: Vec<f64> = problem.posterior.iter().copied().map(f64::from).collect();
    let truncated = DepthPosterior::from_logits(&logits)
        .unwrap()
        .truncated(problem.depth)
        .unwrap();
    let mut padded = truncated.probs().to_vec();
    padded.resize(whole.max_depth() + 1, 0.0);
    let padded = DepthPosterior::from_probs(&padded).unwrap();
    let predicted = |network: &Network<Cpu>, posterior: &DepthPosterior| {
        let logits = network.forward_eval(&problem.inputs, problem.batch()).unwrap();
        log_marginal_predictive(posterior, &depth_log_probs(&logits, n_classes).unwrap(), n_classes).unwrap()
    };
    let pruned = predicted(&whole.pruned(problem.depth).unwrap(), &truncated);
    for (pruned, whole) in pruned.iter().zip(predicted(&whole, &padded)) {
        // The logits are the same; the padded posterior takes its logarithms from rounded probabilities.
        prop_assert!(
            (pruned - whole).abs() <= 1e-13 * (1.0 + whole.abs()),
            "{pruned} and {whole}"
        );
    }
    Ok(())
}

/// The problem's network after two batches, one of them through its first blocks only: no two sets of statistics agree.
pub(super) fn seasoned(problem: &Problem) -> Network<Cpu> {
    let mut network = problem.network();
    let batch = |seed| numbers(7 * problem.config.example_len(), seed);
    network
        .forward_train(&batch(1), 7, network.max_depth())
        .unwrap()
        .1
        .commit();
    network.forward_train(&batch(2), 7, problem.depth).unwrap().1.commit();
    network
}

/// A network of the first blocks, with their parameters.
fn prefix_of(whole: &Network<Cpu>, depth: usize) -> Network<Cpu> {
    let config = whole.config().with_max_depth(depth);
    let mut prefix = Network::new(&config, &Cpu::default(), &mut ChaCha8Rng::seed_from_u64(0)).unwrap();
    let values = copied(&whole.params_vec(), &params(&config), &params(whole.config()));
    prefix.set_params(&values).unwrap();
    prefix
}

pub(super) fn params(config: &NetworkConfig) -> Vec<Named> {
    Layout::of(config).params()
}

/// The values of a smaller layout's tensors in a larger one.
fn copied(values: &[f32], to: &[Named], from: &[Named]) -> Vec<f32> {
    let len = to.iter().map(|(_, range)| range.end).max().unwrap_or(0);
    let mut copied = vec![0.0; len];
    for (to, from) in shared(to, from) {
        copied[to].copy_from_slice(&values[from]);
    }
    copied
}

/// The ranges of each tensor of a smaller layout, there and in a larger one.
pub(super) fn shared(small: &[Named], large: &[Named]) -> Vec<(std::ops::Range<usize>, std::ops::Range<usize>)> {
    let in_large = |name: &String| {
        large
            .iter()
            .find(|(other, _)| other == name)
            .expect("a tensor of that name")
    };
    small
        .iter()
        .map(|(name, range)| (range.clone(), in_large(name).1.clone()))
        .collect()
}
