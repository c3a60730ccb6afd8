//! The loss as a function of the posterior and of the examples.

use dfdx::prelude::{Cpu, Tensor, TensorFromVec};
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use vds_testkit::properties::check;
use vds_training::{Learner, Objective};
use vds_variational::{DepthPosterior, kl_divergence, negative_elbo};

use super::prefixes::{params, shared};
use super::problem::{Problem, narrowed, numbers, problems};
use super::reference::{mean_nll, widened};
use super::step::{LEARNING_RATE, Step, distance, norm};

#[test]
fn loss_is_expected_nll_and_a_share_of_the_divergence() {
    check(25, problems(), |problem| {
        let (posterior, step) = (posterior(&problem), Step::of(&problem));
        let of_depths = step.logits.chunks_exact(step.logits.len() / (problem.depth + 1));
        let nll: Vec<f64> = of_depths.map(|logits| mean_nll(logits, &problem.labels)).collect();
        let expected: f64 = posterior
            .probs()
            .iter()
            .enumerate()
            .map(|(i, q)| q * nll[i.min(problem.depth)])
            .sum();
        let kl: f64 = kl_divergence(&posterior, &problem.prior).unwrap();
        let (loss, expected) = (step.loss[0], expected + kl / problem.n_train as f64);
        // The product takes exponentials in single precision.
        prop_assert!(
            (loss - expected).abs() <= 1e-6 * (1.0 + expected),
            "{loss} instead of {expected}"
        );
        Ok(())
    });
}

#[test]
fn loss_does_not_depend_on_a_shift_of_the_posteriors_logits() {
    check(25, (problems(), -4..=4_i8), |(problem, shift)| {
        let step = Step::of(&problem);
        let (slopes, sum) = (&step.posterior_gradient, step.posterior_gradient.iter().sum::<f64>());
        // Each slope is rounded once, and the first of them may be a difference of two numbers of the loss's size.
        let size: f64 = slopes.iter().map(|slope| slope.abs()).sum();
        prop_assert!(
            sum.abs() <= 1e-6 * size + 1e-12 * step.loss[0],
            "sum {sum:e} of slopes {slopes:?}"
        );
        let posterior = problem.posterior.iter().map(|logit| logit + f32::from(shift)).collect();
        let shifted = Step::of(&Problem { posterior, ..problem });
        // A logit of up to 7 is rounded to 2.4e-7.
        let allowed = 1e-6 * (1.0 + step.loss[0]);
        prop_assert!(
            (shifted.loss[0] - step.loss[0]).abs() <= allowed,
            "{} and {}",
            shifted.loss[0],
            step.loss[0]
        );
        let off = distance(&shifted.gradient, &step.gradient);
        prop_assert!(off <= 1e-5 * norm(&step.gradient), "gradient off by {off:e}");
        Ok(())
    });
}

#[test]
fn loss_of_a_one_hot_posterior_is_the_deterministic_loss() {
    check(25, problems(), one_hot_is_deterministic);
}

fn one_hot_is_deterministic(problem: Problem) -> TestCaseResult {
    let mut one_hot = vec![-1000.0; problem.posterior.len()];
    // Double precision has no number as small as exp(-1000).
    one_hot[problem.depth] = 0.0;
    let max_depth = one_hot.len() - 1;
    let learnt = Step::of(&Problem {
        posterior: one_hot,
        ..problem.clone()
    });
    let network = problem.network().pruned(problem.depth).unwrap();
    let mut deterministic = Learner::new(network, &Objective::DeterministicDepth, 0.5, &Cpu::default()).unwrap();
    let step = deterministic.propose(problem.examples(), &problem.settings(LEARNING_RATE));
    let step = step.unwrap();
    let (value, mut of_rest) = (step.means().loss, learnt.gradient);
    for (pruned, whole) in shared(&params(step.network().config()), &params(&problem.config)) {
        prop_assert_eq!(widened(&step.gradient()[pruned]), &of_rest[whole.clone()]);
        of_rest[whole].fill(0.0);
    }
    prop_assert!(
        of_rest.iter().all(|&slope| slope == 0.0),
        "blocks beyond the depth have a gradient"
    );
    prop_assert!(
        learnt.posterior_gradient.iter().all(|&slope| slope == 0.0),
        "{:?}",
        learnt.posterior_gradient
    );
    let one_hot = DepthPosterior::one_hot(problem.depth, max_depth).unwrap();
    let kl = kl_divergence(&one_hot, &problem.prior).unwrap();
    let (loss, expected) = (learnt.loss[0], value + kl / problem.n_train as f64);
    prop_assert!(
        (loss - expected).abs() <= 1e-12 * (1.0 + expected),
        "{loss} instead of {expected}"
    );
    Ok(())
}

#[test]
fn loss_of_the_whole_is_the_mean_of_its_batches_losses() {
    check(25, (problems(), 2..=4_usize), |(problem, n_batches)| {
        // One pass over everything, cut into batches of one size afterwards: batch norm would tell them apart.
        let whole = Problem {
            labels: problem.labels.repeat(n_batches),
            inputs: numbers(n_batches * problem.inputs.len(), 5),
            ..problem.clone()
        };
        let logits = Step::of(&whole).logits;
        let (batch, n_classes) = (problem.batch(), problem.config.n_classes());
        let loss = |first: usize, n: usize| {
            let of_depths = logits.chunks_exact(whole.batch() * n_classes);
            let rows = of_depths.flat_map(|depth| &depth[first * n_classes..(first + n) * n_classes]);
            loss_of(&whole, rows.copied().collect(), &whole.labels[first..first + n])
        };
        let mean = (0..n_batches).map(|i| loss(i * batch, batch)).sum::<f64>() / n_batches as f64;
        let all = loss(0, whole.batch());
        prop_assert!((mean - all).abs() <= 1e-9 * (1.0 + all), "{mean} and {all}");
        Ok(())
    });
}

/// The loss of logits `[depth + 1, labels, n_classes]`.
fn loss_of(problem: &Problem, logits: Vec<f64>, labels: &[u32]) -> f64 {
    let shape = (problem.depth + 1, labels.len(), problem.config.n_classes());
    let logits: Vec<f32> = logits.into_iter().map(narrowed).collect();
    let logits: Tensor<_, f32, Cpu> = Cpu::default().tensor_from_vec(logits, shape);
    let posterior = Cpu::default().tensor_from_vec(problem.posterior.clone(), (problem.posterior.len(),));
    negative_elbo(logits, labels, &posterior, &problem.prior, problem.n_train)
        .unwrap()
        .value
}

fn posterior(problem: &Problem) -> DepthPosterior {
    DepthPosterior::from_logits(&widened(&problem.posterior)).unwrap()
}
