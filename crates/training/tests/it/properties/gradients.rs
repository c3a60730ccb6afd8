//! The gradient of the loss in every tensor, against differences in double precision.

use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use vds_testkit::properties::check;

use super::problem::{Problem, Slot, problems};
use super::reference::{Piece, Point, Walk, depth_logits, loss};
use super::step::{Measured, Step, distance, norm};

/// Closer to a kink than this, by the size of a layer's inputs, single precision might see a unit on that is off.
const NEAR_A_KINK: f64 = 1e-5;

/// A channel's mean by its standard deviation, beyond which rounding the values leaves less than 1e-5 of the deviations.
const FLAT: f64 = 200.0;

/// Of values, and of one: some roundings of single precision, 6e-8 each.
const ROUNDING: f64 = 1e-6;

/// Of a tensor's gradient, by its norm: a hundred times what most of them are off by.
const TOLERANCE: f64 = 1e-4;

/// Of the gradient in everything: what differences of double precision cannot tell from zero.
const UNRESOLVED: f64 = 1e-9;

/// Signs tried in each tensor. An error of any of its entries shows in all of them, as its square does on average.
const SIGNS: usize = 2;

#[test]
fn gradients_agree_with_differences() {
    check(50, problems(), gradients_agree);
}

fn gradients_agree(problem: Problem) -> TestCaseResult {
    let (point, mut piece) = (Point::of(&problem), Piece::unknown());
    let logits = depth_logits(&problem, &point, &mut Walk::Noting(&mut piece)).concat();
    is_decidable(&piece)?;
    let product = Measured::of(&problem);
    let expected = [loss(&problem, &point, &mut piece.walk())];
    values_agree("logits", &product, |step| &step.logits, &logits)?;
    values_agree("loss", &product, |step| &step.loss, &expected)?;
    for (index, (name, slot)) in problem.tensors().iter().enumerate() {
        let line = Line {
            problem: &problem,
            point: &point,
            piece: &piece,
            slot,
        };
        slopes_agree(name, &product, &line, index as u64)?;
    }
    Ok(())
}

/// Whether single precision can compute what the equations say; [`check`] bounds how often it may not.
pub(super) fn is_decidable(piece: &Piece) -> TestCaseResult {
    if piece.nearest_kink() < NEAR_A_KINK {
        return Err(TestCaseError::reject("a unit's input is near zero"));
    }
    if piece.flattest() > FLAT {
        return Err(TestCaseError::reject("a channel hardly varies"));
    }
    Ok(())
}

fn values_agree(name: &str, product: &Measured, of: impl Fn(&Step) -> &[f64], expected: &[f64]) -> TestCaseResult {
    let off = distance(of(&product.step), expected);
    let allowed = ROUNDING * (1.0 + norm(expected)) + product.rounding(of);
    prop_assert!(off <= allowed, "{name} off by {off:e}, allowed {allowed:e}");
    Ok(())
}

/// The gradient in a tensor, against slopes of the loss along a few lines.
fn slopes_agree(name: &str, product: &Measured, line: &Line<'_>, seed: u64) -> TestCaseResult {
    let gradient = product.step.gradient_in(line.slot);
    let rounding = product.rounding(|step| step.gradient_in(line.slot));
    let unresolved = UNRESOLVED * (product.step.gradient_norm() + product.step.loss[0]);
    let allowed = TOLERANCE * norm(gradient) + rounding + unresolved;
    for direction in directions(gradient.len(), seed) {
        let actual: f64 = gradient.iter().zip(&direction).map(|(g, d)| g * d).sum();
        let (slope, doubt) = line.slope(&direction);
        if doubt > allowed {
            return Err(TestCaseError::reject("the loss bends too much for differences"));
        }
        let off = (actual - slope).abs();
        prop_assert!(
            off <= allowed,
            "{name}: slope {actual:e} instead of {slope:e}, allowed {allowed:e}, of which rounding {rounding:e}"
        );
    }
    Ok(())
}

/// Random signs of all entries, and one entry alone.
fn directions(len: usize, seed: u64) -> Vec<Vec<f64>> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut sign = || if rng.next_u32().is_multiple_of(2) { 1.0 } else { -1.0 };
    let mut directions: Vec<Vec<f64>> = (0..SIGNS).map(|_| (0..len).map(|_| sign()).collect()).collect();
    let mut alone = vec![0.0; len];
    alone[usize::try_from(rng.next_u32()).unwrap() % len] = 1.0;
    directions.push(alone);
    directions
}

/// The loss along a line in one tensor.
struct Line<'a> {
    problem: &'a Problem,
    point: &'a Point,
    piece: &'a Piece,
    slot: &'a Slot,
}

impl Line<'_> {
    /// The slope, of two central differences with steps one twice the other, and by how much these two differ.
    ///
    /// Their errors go with the square of the step, which the combination removes.
    fn slope(&self, direction: &[f64]) -> (f64, f64) {
        let step = 1e-5 / norm(direction);
        let difference = |step: f64| (self.loss(direction, step) - self.loss(direction, -step)) / (2.0 * step);
        let (wide, narrow) = (difference(2.0 * step), difference(step));
        ((4.0 * narrow - wide) / 3.0, (wide - narrow).abs())
    }

    fn loss(&self, direction: &[f64], step: f64) -> f64 {
        let mut point = self.point.clone();
        for (value, direction) in point.tensor_mut(self.slot).iter_mut().zip(direction) {
            *value += step * direction;
        }
        loss(self.problem, &point, &mut self.piece.walk())
    }
}
