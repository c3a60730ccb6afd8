//! Tolerances, numeric gradients and strategies.

use proptest::prelude::*;
use vds_testkit::numeric::central_difference;
use vds_testkit::strategies::{classified, logits, simplex};
use vds_testkit::{Tolerance, check_close};

#[test]
fn a_tolerance_has_an_absolute_and_a_relative_part() {
    let tolerance = Tolerance {
        absolute: 0.5,
        relative: 0.25,
    };
    assert!(tolerance.holds(5.4, 4.0) && !tolerance.holds(5.6, 4.0));
    assert!(tolerance.holds(-0.4, 0.0) && !tolerance.holds(-0.6, 0.0));
    // Relative to what is expected, not to what came.
    assert!(!tolerance.holds(10.0, 7.2));
}

#[test]
fn what_is_not_finite_is_close_to_itself_alone() {
    let tolerance = Tolerance::both(1e300);
    let odd = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY];
    for (i, a) in odd.into_iter().enumerate() {
        for (j, b) in odd.into_iter().enumerate() {
            assert_eq!(tolerance.holds(a, b), i == j, "{a} and {b}");
        }
        assert!(!tolerance.holds(a, 0.0) && !tolerance.holds(0.0, a));
    }
    assert!(tolerance.holds(f64::NAN, -f64::NAN));
}

#[test]
#[should_panic(expected = "2 is not within")]
fn numbers_that_lie_apart_are_reported() {
    check_close(2.0, 1.0, Tolerance::both(1e-3));
}

#[test]
fn central_differences_are_exact_for_squares() {
    let f = |x: &[f64]| x[0] * x[0] + 3.0 * x[0] * x[1];
    let gradient = central_difference(f, &[2.0, -1.0], 1e-3);
    assert_eq!(gradient.len(), 2);
    // Rounding of the values over twice the step.
    check_close(gradient[0], 1.0, Tolerance::both(1e-11));
    check_close(gradient[1], 6.0, Tolerance::both(1e-11));
}

proptest! {
    #[test]
    fn a_simplex_sums_to_one(probs in simplex(1..9_usize)) {
        prop_assert!((1..9).contains(&probs.len()) && probs.iter().all(|p| (0.0..=1.0).contains(p)));
        check_close(probs.iter().sum(), 1.0, Tolerance::both(1e-12));
    }

    #[test]
    fn logits_stay_in_their_spread(logits in logits(1..9_usize, 1e3)) {
        prop_assert!((1..9).contains(&logits.len()) && logits.iter().all(|x| x.abs() <= 1e3));
    }

    #[test]
    fn classified_rows_are_distributions_with_labels(data in classified(20, 2..8)) {
        let n = data.labels.len();
        prop_assert!((1..=20).contains(&n) && (2..8).contains(&data.n_classes));
        prop_assert_eq!(data.probs.len(), n * data.n_classes);
        prop_assert!(data.labels.iter().all(|label| (*label as usize) < data.n_classes));
        for row in data.probs.chunks(data.n_classes) {
            // Each of at most seven entries is rounded to f32.
            check_close(row.iter().map(|p| f64::from(*p)).sum(), 1.0, Tolerance::both(1e-6));
        }
    }
}
