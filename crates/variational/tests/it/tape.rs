//! The loss on a tape, against the same loss composed of dfdx operations and against differences.

#![expect(
    clippy::cast_possible_truncation,
    reason = "dfdx holds the double precision values of these tests in single precision"
)]

use dfdx::prelude::*;
use vds_variational::{
    DepthPosterior, DepthPrior, LossTerms, depth_log_probs, deterministic_loss, kl_divergence, log_marginal_predictive,
    minibatch_loss, negative_elbo,
};

type Logits<T = NoneTape> = Tensor<(usize, usize, usize), f32, Cpu, T>;
type Posterior<T = NoneTape> = Tensor<(usize,), f32, Cpu, T>;

/// A batch with everything that its loss depends on.
struct LossCase {
    logits: Logits,
    labels: Vec<u32>,
    posterior: Posterior,
    prior: DepthPrior,
    n_train: usize,
}

impl LossCase {
    /// Normal logits times `scale`, for the network and for the posterior alike.
    fn new((n_depths, batch, n_classes): (usize, usize, usize), scale: f32) -> Self {
        let device = Cpu::seed_from_u64(7);
        let class = |example: usize| u32::try_from(example * 7 % n_classes).unwrap();
        Self {
            logits: device.sample_normal_like(&(n_depths, batch, n_classes)) * scale,
            labels: (0..batch).map(class).collect(),
            posterior: device.sample_normal_like(&(n_depths,)) * scale,
            prior: DepthPrior::geometric(0.85, n_depths - 1).unwrap(),
            n_train: 3 * batch,
        }
    }

    fn loss<T: Tape<f32, Cpu>>(&self, logits: Logits<T>) -> LossTerms<Cpu, T> {
        negative_elbo(logits, &self.labels, &self.posterior, &self.prior, self.n_train).unwrap()
    }

    fn host_posterior(&self) -> DepthPosterior {
        let logits: Vec<f64> = self.posterior.as_vec().into_iter().map(f64::from).collect();
        DepthPosterior::from_logits(&logits).unwrap()
    }
}

/// The mean cross-entropy of each depth, of dfdx operations only.
fn composed_nll<T: Tape<f32, Cpu> + Merge<NoneTape>>(logits: Logits<T>, labels: &[u32]) -> Posterior<T> {
    let shape = *logits.shape();
    let (_, batch, n_classes) = shape;
    let mut one_hot = vec![0.0; batch * n_classes];
    for (example, &label) in labels.iter().enumerate() {
        one_hot[example * n_classes + label as usize] = -1.0 / batch as f32;
    }
    let one_hot: Tensor<(usize, usize), f32, _> = logits.device().tensor_from_vec(one_hot, (batch, n_classes));
    let log_probs = logits.log_softmax::<Axis<2>>();
    (log_probs * one_hot.broadcast_like::<_, Axis<0>>(&shape)).sum::<_, Axes2<1, 2>>()
}

/// The loss of dfdx operations only.
fn composed_loss(case: &LossCase) -> Tensor<(), f32, Cpu, OwnedTape<f32, Cpu>> {
    let log_prior = case.prior.log_probs().iter().map(|&value| value as f32);
    let log_prior = case
        .posterior
        .device()
        .tensor_from_vec(log_prior.collect(), *case.posterior.shape());
    let nll = composed_nll(case.logits.leaky_trace(), &case.labels);
    let log_q = case.posterior.leaky_trace().log_softmax::<Axis<0>>();
    let kl = (log_q.with_empty_tape() - log_prior) / case.n_train as f32;
    (log_q.exp() * (nll + kl)).sum()
}

#[test]
fn loss_and_gradients_are_those_of_the_composed_operations() {
    check_against_composed((6, 9, 4), 1.0);
    check_against_composed((1, 9, 4), 1.0);
    check_against_composed((6, 1, 4), 1.0);
    check_against_composed((3, 5, 1), 1.0);
    check_against_composed((101, 200, 2), 1.0);
    check_against_composed((11, 64, 10), 5.0);
    check_against_composed((6, 9, 4), 1e3);
}

/// The composed loss rounds each of its sums over depth and class to single precision, whence a few 6e-8 of the largest term.
#[track_caller]
fn check_against_composed(shape: (usize, usize, usize), scale: f32) {
    let case = LossCase::new(shape, scale);
    let expected = composed_loss(&case);
    let terms = case.loss(case.logits.leaky_trace());
    check_close(&[terms.loss.array()], &[expected.array()], 2e-6);
    assert_eq!(terms.loss.array(), terms.value as f32);
    let (gradients, expected) = (terms.loss.backward(), expected.backward());
    check_close(
        &gradients.get(&case.logits).as_vec(),
        &expected.get(&case.logits).as_vec(),
        2e-6,
    );
    let derivatives = gradients.get(&case.posterior).as_vec();
    // A derivative of the posterior is a difference of terms as large as the largest cross-entropy.
    let largest_nll = terms.per_depth_nll.iter().copied().fold(1.0, f64::max) as f32;
    check_close(
        &derivatives,
        &expected.get(&case.posterior).as_vec(),
        2e-6 * largest_nll,
    );
}

/// Compares relative to the largest expected entry, or to `1` for entries of a smaller magnitude.
#[track_caller]
fn check_close(actual: &[f32], expected: &[f32], tolerance: f32) {
    assert_eq!(actual.len(), expected.len());
    let scale = expected.iter().fold(1.0_f32, |max, value| max.max(value.abs()));
    for (entry, (actual, expected)) in actual.iter().zip(expected).enumerate() {
        assert!(
            (actual - expected).abs() <= tolerance * scale,
            "{actual} is not {expected} at {entry}"
        );
    }
}

#[test]
fn loss_gradients_are_central_differences() {
    let case = LossCase::new((4, 3, 5), 1.0);
    let gradients = case.loss(case.logits.leaky_trace()).loss.backward();
    for (entry, derivative) in gradients.get(&case.logits).as_vec().iter().enumerate() {
        let value = |step: f32| {
            let logits = nudged(&case.logits, entry, step);
            case.loss(logits).value
        };
        check_difference(value, *derivative);
    }
    for (entry, derivative) in gradients.get(&case.posterior).as_vec().iter().enumerate() {
        let value = |step: f32| {
            let posterior = nudged(&case.posterior, entry, step);
            let LossCase {
                logits,
                labels,
                prior,
                n_train,
                ..
            } = &case;
            negative_elbo(logits.clone(), labels, &posterior, prior, *n_train)
                .unwrap()
                .value
        };
        check_difference(value, *derivative);
    }
}

/// Fourth-order differences with a step of 1/16: a truncation error of step⁴ / 30 = 5e-7 times a fifth derivative of order one,
/// and single precision exponentials and logits, 6e-8 over the step.
#[track_caller]
fn check_difference(value: impl Fn(f32) -> f64, derivative: f32) {
    const STEP: f32 = 1.0 / 16.0;
    let central = |step: f32| (value(step) - value(-step)) / (2.0 * f64::from(step));
    let difference = (4.0 * central(STEP) - central(2.0 * STEP)) / 3.0;
    assert!(
        (difference - f64::from(derivative)).abs() <= 1e-5,
        "{difference} is not {derivative}"
    );
}

fn nudged<S: Shape>(tensor: &Tensor<S, f32, Cpu>, entry: usize, step: f32) -> Tensor<S, f32, Cpu> {
    let mut values = tensor.as_vec();
    values[entry] += step;
    tensor.device().tensor_from_vec(values, *tensor.shape())
}

#[test]
fn loss_terms_are_those_of_the_double_precision_functions() {
    for scale in [1.0, 1e3] {
        let case = LossCase::new((6, 40, 3), scale);
        let terms = case.loss(case.logits.clone());
        let posterior = case.host_posterior();
        let nll = &terms.per_depth_nll;
        let expected = minibatch_loss(&posterior, &case.prior, nll, case.n_train).unwrap();
        assert_eq!(terms.value, expected);
        assert_eq!(terms.kl, kl_divergence(&posterior, &case.prior).unwrap());
        let log_probs = depth_log_probs(&case.logits.as_vec(), 3).unwrap();
        for (depth, nll) in nll.iter().enumerate() {
            let row = |example: usize| (depth * 40 + example) * 3 + case.labels[example] as usize;
            let expected = -(0..40).map(|example| log_probs[row(example)]).sum::<f64>() / 40.0;
            // Differences of logits and their exponentials are rounded to single precision.
            assert!(
                (nll - expected).abs() <= 1e-6 * expected.max(1.0),
                "{nll} is not {expected}"
            );
        }
    }
}

#[test]
fn marginal_errors_are_those_of_the_mixture() {
    let case = LossCase::new((6, 200, 3), 2.0);
    let log_probs = depth_log_probs(&case.logits.as_vec(), 3).unwrap();
    let marginal = log_marginal_predictive(&case.host_posterior(), &log_probs, 3).unwrap();
    let is_wrong = |(row, &label): (&[f64], &u32)| {
        let best = row.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        row[label as usize] < best
    };
    let expected = marginal
        .chunks(3)
        .zip(&case.labels)
        .filter(|&pair| is_wrong(pair))
        .count();
    assert!(expected > 0);
    assert_eq!(case.loss(case.logits.clone()).marginal_errors, expected);
}

#[test]
fn marginal_errors_give_ties_to_the_first_class() {
    let device = Cpu::default();
    let logits: Logits = device.zeros_like(&(2, 3, 4));
    let posterior: Posterior = device.zeros_like(&(2,));
    let terms = negative_elbo(logits, &[0, 0, 3], &posterior, &DepthPrior::uniform(1), 3).unwrap();
    assert_eq!(terms.marginal_errors, 1);
}

#[test]
fn loss_of_a_large_batch_and_of_a_certain_prediction_keeps_its_digits() {
    let device = Cpu::default();
    let logits: Logits = device.zeros_like(&(1, 2_000, 10));
    let terms = deterministic_loss(logits, &vec![3; 2_000], 0).unwrap();
    assert!((terms.value - 10.0_f64.ln()).abs() < 1e-12, "{}", terms.value);

    let logits: Logits = device.tensor_from_vec(vec![20.0, 0.0], (1, 1, 2));
    let terms = deterministic_loss(logits, &[0], 0).unwrap();
    let expected = (-20.0_f64).exp().ln_1p();
    assert!((terms.value - expected).abs() < 1e-6 * expected, "{}", terms.value);
}

#[test]
fn deterministic_loss_is_the_cross_entropy_of_its_depth() {
    let case = LossCase::new((5, 12, 3), 1.0);
    for depth in [0, 2, 4] {
        let terms = deterministic_loss(case.logits.leaky_trace(), &case.labels, depth).unwrap();
        let nll = composed_nll(case.logits.leaky_trace(), &case.labels);
        let index = case.logits.device().tensor(depth);
        let expected = nll.select(index);
        check_close(&[terms.loss.array()], &[expected.array()], 2e-6);
        assert_eq!((terms.kl, terms.expected_nll), (0.0, terms.value));
        assert_eq!(terms.per_depth_nll[depth], terms.value);
        let (gradients, expected) = (terms.loss.backward(), expected.backward());
        check_close(
            &gradients.get(&case.logits).as_vec(),
            &expected.get(&case.logits).as_vec(),
            2e-6,
        );
    }
}

#[test]
fn loss_is_differentiated_into_the_network_and_may_be_scaled_and_added_to() {
    let case = LossCase::new((3, 4, 2), 1.0);
    let device = case.logits.device();
    let weight: Tensor<(usize, usize, usize), f32, _> = device.sample_normal_like(case.logits.shape());
    let gradients = |scale: f32| {
        let network = weight.leaky_trace() * case.logits.clone();
        let loss = case.loss(network).loss * scale;
        let total = loss + weight.leaky_trace().sum();
        let gradients = total.backward();
        (gradients.get(&weight).as_vec(), gradients.get(&case.posterior).as_vec())
    };
    let (none, posterior) = gradients(0.0);
    assert!(none.iter().all(|&derivative| derivative == 1.0));
    assert!(posterior.iter().all(|&derivative| derivative == 0.0));
    let ((one, posterior_one), (half, posterior_half)) = (gradients(1.0), gradients(0.5));
    assert!(one.iter().any(|&derivative| derivative != 1.0));
    for (one, half) in one.iter().zip(&half) {
        assert!(((one - 1.0) * 0.5 - (half - 1.0)).abs() <= 1e-6);
    }
    for (one, half) in posterior_one.iter().zip(&posterior_half) {
        assert_eq!(one * 0.5, *half);
    }
}

#[test]
fn loss_gradients_add_to_those_of_other_uses_of_the_logits() {
    let case = LossCase::new((3, 4, 2), 1.0);
    let network = case.logits.leaky_trace();
    let loss = case.loss(network.with_empty_tape()).loss;
    // Made after the loss, so that its gradient is there before the loss adds its own.
    let total = loss + network.sum();
    let both = total.backward().get(&case.logits).as_vec();
    let alone = case.loss(case.logits.leaky_trace()).loss.backward();
    for (both, alone) in both.iter().zip(alone.get(&case.logits).as_vec()) {
        assert!((both - 1.0 - alone).abs() <= 1e-6);
    }
}

#[test]
fn loss_of_permuted_logits_is_differentiated_in_their_order() {
    let case = LossCase::new((3, 4, 2), 1.0);
    let expected = case.loss(case.logits.leaky_trace());
    let batch_first = case.logits.clone().permute::<_, Axes3<1, 0, 2>>().contiguous();
    let permuted = batch_first.leaky_trace().permute::<_, Axes3<1, 0, 2>>();
    let terms = case.loss(permuted);
    assert_eq!(terms.value, expected.value);
    let expected = expected.loss.backward().get(&case.logits);
    let actual = terms.loss.backward().get(&batch_first);
    let actual = actual.permute::<_, Axes3<1, 0, 2>>();
    assert_eq!(actual.as_vec(), expected.as_vec());
}

#[test]
fn loss_of_a_broadcast_posterior_gives_it_the_sum_of_its_gradients() {
    let case = LossCase::new((3, 4, 2), 1.0);
    let logit: Tensor<(), f32, Cpu> = case.logits.device().tensor(0.5);
    let posterior = logit.broadcast_like::<_, Axis<0>>(&(3,));
    let LossCase {
        logits,
        labels,
        prior,
        n_train,
        ..
    } = &case;
    let terms = negative_elbo(logits.leaky_trace(), labels, &posterior, prior, *n_train).unwrap();
    let uniform = DepthPosterior::from_logits(&[0.0; 3]).unwrap();
    assert_eq!(terms.kl, kl_divergence(&uniform, prior).unwrap());
    // The loss does not change with a constant added to all logits, so that the derivatives sum to zero.
    let derivatives = terms.loss.backward().get(&posterior).as_vec();
    assert!(
        derivatives.iter().all(|derivative| derivative.abs() <= 1e-6),
        "{derivatives:?}"
    );
}

#[test]
fn loss_arguments_that_do_not_fit_are_named() {
    let case = LossCase::new((3, 4, 2), 1.0);
    let LossCase {
        logits,
        labels,
        posterior,
        prior,
        ..
    } = &case;
    let nan = nudged(logits, 5, f32::NAN);
    let infinite = nudged(logits, 5, f32::INFINITY);
    let empty: Logits = logits.device().zeros_like(&(3, 0, 2));
    let messages = [
        negative_elbo(logits.clone(), &labels[1..], posterior, prior, 1).unwrap_err(),
        negative_elbo(logits.clone(), &[0, 1, 2, 0], posterior, prior, 1).unwrap_err(),
        negative_elbo(logits.clone(), labels, posterior, &DepthPrior::uniform(3), 1).unwrap_err(),
        negative_elbo(logits.clone(), labels, posterior, prior, 0).unwrap_err(),
        negative_elbo(logits.clone(), labels, &nudged(posterior, 1, f32::NAN), prior, 1).unwrap_err(),
        negative_elbo(nan, labels, posterior, prior, 1).unwrap_err(),
        deterministic_loss(infinite, labels, 2).unwrap_err(),
        deterministic_loss(logits.clone(), labels, 3).unwrap_err(),
        deterministic_loss(empty, &[], 0).unwrap_err(),
    ]
    .map(|error| error.to_string());
    let expected = [
        "labels has 3 entries, expected 4",
        "labels[2] is 2, expected a class below 2",
        "prior has 4 entries, expected 3",
        "n_train is 0, expected at least 1",
        "posterior logits[1] is NaN, expected a number below infinity",
        "mean_nll[0] is NaN, expected a number above minus infinity",
        "mean_nll[0] is NaN, expected a number above minus infinity",
        "depth 3 is beyond the maximum depth 2",
        "labels is empty",
    ];
    assert_eq!(messages, expected);
}
