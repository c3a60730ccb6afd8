//! What a value may be: ranges that check a value and describe themselves.

use std::fmt;
use std::ops::RangeInclusive;

/// What is expected of a value; `Display` completes the sentence "expected …".
#[derive(Clone, Debug)]
pub(super) enum Expected {
    /// A whole number.
    Whole(RangeInclusive<u64>),
    /// A number.
    Real(Interval),
    /// One of the two, or `None`.
    Optional(Box<Expected>),
    /// Anything else, in words; the value's type and `check` decide.
    Words(String),
}

/// Numbers between two bounds.
#[derive(Clone, Copy, Debug)]
pub(super) struct Interval {
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) includes_low: bool,
    pub(super) includes_high: bool,
}

impl Expected {
    /// Whether a value, as RON, is in the range. Words accept every value.
    pub(super) fn accepts(&self, ron: &str) -> bool {
        match self {
            Self::Whole(range) => ron.parse().is_ok_and(|value| range.contains(&value)),
            Self::Real(interval) => ron.parse().is_ok_and(|value| interval.contains(value)),
            Self::Optional(inner) => ron == "None" || inner.accepts(ron),
            Self::Words(_) => true,
        }
    }
}

impl Interval {
    /// `[low, high]`.
    pub(super) const fn closed(low: f64, high: f64) -> Self {
        Self {
            low,
            high,
            includes_low: true,
            includes_high: true,
        }
    }

    /// `(low, high)`.
    pub(super) const fn open(low: f64, high: f64) -> Self {
        Self {
            includes_low: false,
            includes_high: false,
            ..Self::closed(low, high)
        }
    }

    /// The interval with its upper bound.
    pub(super) const fn with_high(self) -> Self {
        Self {
            includes_high: true,
            ..self
        }
    }

    /// The interval with its lower bound.
    pub(super) const fn with_low(self) -> Self {
        Self {
            includes_low: true,
            ..self
        }
    }

    /// Whether the value is between the bounds; NaN never is.
    pub(super) fn contains(&self, value: f64) -> bool {
        let above = value > self.low || (self.includes_low && value >= self.low);
        let below = value < self.high || (self.includes_high && value <= self.high);
        above && below
    }
}

impl fmt::Display for Expected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole(range) if *range.start() > 0 && *range.end() == u64::MAX => {
                write!(f, "a whole number of at least {}", range.start())
            }
            Self::Whole(range) => write!(f, "a whole number from {} to {}", range.start(), range.end()),
            Self::Real(interval) => write!(f, "a number {interval}"),
            Self::Optional(inner) => write!(f, "None or {inner}"),
            Self::Words(words) => f.write_str(words),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { low, high, .. } = self;
        match (self.includes_low, self.includes_high) {
            (true, true) => write!(f, "from {low} to {high}"),
            (true, false) => write!(f, "from {low} to below {high}"),
            (false, true) => write!(f, "above {low}, at most {high}"),
            (false, false) => write!(f, "above {low} and below {high}"),
        }
    }
}
