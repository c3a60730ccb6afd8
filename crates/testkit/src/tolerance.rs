//! Comparison of floats with a stated tolerance.

/// How far two numbers may lie apart: `absolute + relative * |expected|`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tolerance {
    /// Part that does not depend on the size.
    pub absolute: f64,
    /// Part in proportion to the expected value.
    pub relative: f64,
}

impl Tolerance {
    /// The same absolute and relative part.
    pub const fn both(size: f64) -> Self {
        Self {
            absolute: size,
            relative: size,
        }
    }

    /// Whether `actual` is close enough; NaN is close to NaN and an infinity to itself.
    pub fn holds(self, actual: f64, expected: f64) -> bool {
        if actual.is_nan() || expected.is_nan() || actual.is_infinite() || expected.is_infinite() {
            return actual.to_bits() == expected.to_bits() || (actual.is_nan() && expected.is_nan());
        }
        (actual - expected).abs() <= self.absolute + self.relative * expected.abs()
    }
}

/// Panics unless `actual` is within `tolerance` of `expected`.
///
/// # Panics
/// With both numbers, if they lie too far apart.
#[track_caller]
pub fn check_close(actual: f64, expected: f64, tolerance: Tolerance) {
    assert!(
        tolerance.holds(actual, expected),
        "{actual} is not within {tolerance:?} of {expected}: off by {:e}",
        (actual - expected).abs()
    );
}
