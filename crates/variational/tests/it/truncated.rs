//! The loss of fewer depths than the posterior has.

use dfdx::prelude::*;
use proptest::prelude::*;
use vds_variational::{DepthPosterior, DepthPrior, Error, LossTerms, negative_elbo};

type Logits = Tensor<(usize, usize, usize), f32, Cpu>;

/// Network logits of all depths, labels, and logits of the posterior.
struct LossCase {
    logits: Vec<f32>,
    shape: (usize, usize, usize),
    labels: Vec<u32>,
    posterior: Tensor<(usize,), f32, Cpu>,
}

impl LossCase {
    fn new(shape: (usize, usize, usize), seed: u64) -> Self {
        let device = Cpu::seed_from_u64(seed);
        let logits: Logits = device.sample_normal_like(&shape);
        Self {
            logits: (logits * 3.0).as_vec(),
            labels: (0..shape.1).map(|i| u32::try_from(i * 5 % shape.2).unwrap()).collect(),
            posterior: device.sample_normal_like(&(shape.0,)),
            shape,
        }
    }

    fn loss(&self, logits: &Logits) -> LossTerms<Cpu, OwnedTape<f32, Cpu>> {
        let prior = DepthPrior::geometric(0.85, self.shape.0 - 1).unwrap();
        negative_elbo(logits.leaky_trace(), &self.labels, &self.posterior, &prior, 50).unwrap()
    }

    /// The logits of depths `0..=depth`, followed by `copies` copies of the deepest.
    fn up_to(&self, depth: usize, copies: usize) -> Logits {
        let (_, batch, n_classes) = self.shape;
        let ran = &self.logits[..(depth + 1) * batch * n_classes];
        let mut values = ran.to_vec();
        for _ in 0..copies {
            values.extend(&ran[depth * batch * n_classes..]);
        }
        Cpu::default().tensor_from_vec(values, (depth + 1 + copies, batch, n_classes))
    }

    fn tail(&self, depth: usize) -> f64 {
        let logits: Vec<f64> = self.posterior.as_vec().into_iter().map(f64::from).collect();
        DepthPosterior::from_logits(&logits).unwrap().probs()[depth + 1..]
            .iter()
            .sum()
    }
}

/// A derivative is the difference of two numbers below one that are rounded to single precision, 6e-8 each.
fn close(actual: &[f32], expected: &[f32]) -> bool {
    let scale = expected.iter().fold(0.0_f32, |scale, x| scale.max(x.abs()));
    let close = |(x, y): (&f32, &f32)| (x - y).abs() <= 1e-5 * scale + 2.5e-7;
    actual.len() == expected.len() && actual.iter().zip(expected).all(close)
}

proptest! {
    #[test]
    fn loss_of_depths_that_did_not_run_is_that_of_the_deepest_that_did(
        n_depths in 2..9_usize, batch in 1..12_usize, n_classes in 2..6_usize, depth in 0..8_usize, seed in 0..1000_u64,
    ) {
        let depth = depth % (n_depths - 1);
        let case = LossCase::new((n_depths, batch, n_classes), seed);
        let (short, padded) = (case.up_to(depth, 0), case.up_to(depth, n_depths - 1 - depth));
        let (actual, expected) = (case.loss(&short), case.loss(&padded));
        prop_assert!((actual.value - expected.value).abs() <= 1e-10 * expected.value.abs());
        prop_assert!((actual.expected_nll - expected.expected_nll).abs() <= 1e-10 * expected.expected_nll.abs());
        prop_assert_eq!(actual.kl, expected.kl);
        prop_assert_eq!(actual.marginal_errors, expected.marginal_errors);
        prop_assert_eq!(&actual.per_depth_nll[..], &expected.per_depth_nll[..=depth]);
        let (actual, expected) = (actual.loss.backward(), expected.loss.backward());
        let of_posterior = [&actual, &expected].map(|gradients| gradients.get(&case.posterior).as_vec());
        prop_assert!(close(&of_posterior[0], &of_posterior[1]));
        // The copies' gradients add up in the depth that was copied.
        let stride = batch * n_classes;
        let mut summed = expected.get(&padded).as_vec();
        for copy in depth + 1..n_depths {
            for i in 0..stride {
                summed[depth * stride + i] += summed[copy * stride + i];
            }
        }
        prop_assert!(close(&actual.get(&short).as_vec(), &summed[..(depth + 1) * stride]));
    }

    #[test]
    fn loss_of_fewer_depths_is_off_by_at_most_the_tail_times_the_largest_gap(
        n_depths in 2..9_usize, batch in 1..12_usize, n_classes in 2..6_usize, depth in 0..8_usize, seed in 0..1000_u64,
    ) {
        let depth = depth % (n_depths - 1);
        let case = LossCase::new((n_depths, batch, n_classes), seed);
        let (short, all) = (case.loss(&case.up_to(depth, 0)), case.loss(&case.up_to(n_depths - 1, 0)));
        let gap = |nll: &f64| (all.per_depth_nll[depth] - nll).abs();
        let gap = all.per_depth_nll[depth + 1..].iter().map(gap).fold(0.0, f64::max);
        let bias = (short.value - all.value).abs();
        prop_assert!(bias <= case.tail(depth) * gap + 1e-10 * all.value.abs(), "{bias}, gap {gap}");
    }
}

#[test]
fn loss_of_more_depths_than_the_posterior_has_is_refused() {
    let case = LossCase::new((4, 3, 2), 1);
    let prior = DepthPrior::geometric(0.85, 3).unwrap();
    let logits = case.up_to(3, 1);
    let error = negative_elbo(logits.leaky_trace(), &case.labels, &case.posterior, &prior, 50).unwrap_err();
    assert!(
        matches!(
            error,
            Error::Length {
                what: "depth_logits",
                expected: 4,
                actual: 5
            }
        ),
        "{error}"
    );
}
