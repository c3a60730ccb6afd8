//! What an example's outputs owe to the others in its batch, and to its place among them.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use vds_testkit::properties::check;

use super::gradients::is_decidable;
use super::prefixes::seasoned;
use super::problem::{Problem, numbers, problems};
use super::reference::{Piece, Point, Walk, depth_logits};
use super::step::{Measured, Step, distance, norm};

/// Of the larger norm: two orders of a few hundred sums in single precision, 6e-8 each.
const ROUNDING: f64 = 1e-5;

/// A problem and an order of its examples.
fn shuffled_problems() -> impl Strategy<Value = (Problem, Vec<usize>)> {
    problems().prop_flat_map(|problem| {
        let order = Just((0..problem.batch()).collect::<Vec<_>>()).prop_shuffle();
        (Just(problem), order)
    })
}

/// Up to 40 examples in an order, in batches of the given sizes, repeated as needed.
fn splits() -> impl Strategy<Value = (Problem, Vec<usize>, Vec<usize>)> {
    (problems(), 1..40_usize, prop::collection::vec(1..20_usize, 1..5)).prop_flat_map(|(problem, n, sizes)| {
        let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
        (Just(problem), order, Just(sizes))
    })
}

#[test]
fn evaluation_does_not_depend_on_batches_or_order() {
    check(25, splits(), |(problem, order, sizes)| {
        let (network, n_classes) = (seasoned(&problem), problem.config.n_classes());
        let (len, n) = (problem.config.example_len(), order.len());
        let inputs = numbers(n * len, 3);
        let together = network.forward_eval(&inputs, n).unwrap();
        let (mut rest, mut sizes) = (&order[..], sizes.iter().cycle());
        while !rest.is_empty() {
            let (batch, after) = rest.split_at((*sizes.next().unwrap()).min(rest.len()));
            rest = after;
            let logits = network.forward_eval(&picked(&inputs, len, batch), batch.len()).unwrap();
            for (at, row) in logits.chunks_exact(n_classes).enumerate() {
                let (depth, example) = (at / batch.len(), batch[at % batch.len()]);
                let start = (depth * n + example) * n_classes;
                prop_assert_eq!(row, &together[start..start + n_classes]);
            }
        }
        Ok(())
    });
}

#[test]
fn training_pass_is_permuted_with_its_batch() {
    check(25, shuffled_problems(), |(problem, order)| {
        permuted_steps_agree(&problem, &order)
    });
}

fn permuted_steps_agree(problem: &Problem, order: &[usize]) -> TestCaseResult {
    let (point, mut piece) = (Point::of(problem), Piece::unknown());
    depth_logits(problem, &point, &mut Walk::Noting(&mut piece));
    is_decidable(&piece)?;
    let permuted = Problem {
        inputs: picked(&problem.inputs, problem.config.example_len(), order),
        labels: picked(&problem.labels, 1, order),
        ..problem.clone()
    };
    let (n_classes, measured, step) = (problem.config.n_classes(), Measured::of(problem), Step::of(&permuted));
    let of_depths = measured.step.logits.chunks_exact(problem.batch() * n_classes);
    let logits: Vec<f64> = of_depths.flat_map(|logits| picked(logits, n_classes, order)).collect();
    agree("logits", &step.logits, &logits, measured.rounding(|step| &step.logits))?;
    let unmoved =
        |name: &str, of: fn(&Step) -> &[f64]| agree(name, of(&step), of(&measured.step), measured.rounding(of));
    unmoved("loss", |step| &step.loss)?;
    unmoved("statistics", |step| &step.statistics)?;
    unmoved("posterior gradient", |step| &step.posterior_gradient)?;
    unmoved("gradient", |step| &step.gradient)
}

fn agree(name: &str, actual: &[f64], expected: &[f64], rounding: f64) -> TestCaseResult {
    let (off, allowed) = (distance(actual, expected), ROUNDING * norm(expected) + rounding);
    prop_assert!(off <= allowed, "{name} off by {off:e}, allowed {allowed:e}");
    Ok(())
}

/// Some rows, in that order.
fn picked<T: Copy>(rows: &[T], len: usize, order: &[usize]) -> Vec<T> {
    order
        .iter()
        .flat_map(|&row| &rows[row * len..(row + 1) * len])
        .copied()
        .collect()
}
