//! Rules that choose the depth to which a network is pruned.

use std::fmt;
use std::str::FromStr;

use crate::{DepthPosterior, Error, HeldOut, Result};

/// A rule that chooses the pruned depth, from the posterior or from held-out data.
///
/// `Display`, `FromStr` and serde write a rule as [`PruningRule::EXPECTED`] says, as `near-mode:0.95` for instance.
#[derive(Debug, Clone, Copy, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "String", into = "String"))]
pub enum PruningRule {
    /// The smallest `i` with `α_i > ratio · max_j α_j`; the paper's rule at 0.95.
    NearMode {
        /// In `[0, 1)`; from one on no depth qualifies, and the rule falls back to the arg-max.
        ratio: f64,
    },
    /// The most probable depth, the shallowest on ties.
    ArgMax,
    /// The expected depth, rounded half to even.
    RoundedExpectation,
    /// The smallest depth with less than `tolerance` of the mass beyond it.
    TailMass {
        /// In `(0, 1]`; at zero no depth qualifies, and the rule falls back to the maximum depth.
        tolerance: f64,
    },
    /// The smallest depth whose mean negative log-likelihood on held-out data is within one standard error of the best depth's.
    ///
    /// The standard error is that of the difference, paired by example. Breiman, Friedman, Olshen, Stone, *Classification and Regression
    /// Trees*, 1984, have the rule with unpaired errors.
    OneStandardError,
    /// The smallest depth with less than `tolerance` of the mass of the stacking weights, fitted to held-out data, beyond it.
    StackedTail {
        /// In `(0, 1]`; at zero no depth qualifies, and the rule falls back to the maximum depth.
        tolerance: f64,
    },
}

impl PruningRule {
    /// The names of the rules, to complete a sentence that ends in "expected" or in a colon.
    pub const EXPECTED: &str = "near-mode[:RATIO] with a ratio in [0, 1), arg-max, rounded-expectation, tail-mass:TOLERANCE with a \
                                tolerance in (0, 1], one-se, or stacked-tail[:TOLERANCE]";

    /// The paper's rule.
    pub const PAPER: Self = Self::NearMode { ratio: 0.95 };

    /// Each rule once, with its default parameter, for tables that compare them.
    pub const EXAMPLES: [Self; 6] = [
        Self::PAPER,
        Self::ArgMax,
        Self::RoundedExpectation,
        Self::TailMass { tolerance: 0.05 },
        Self::OneStandardError,
        Self::STACKED_TAIL,
    ];

    /// What `stacked-tail` without a parameter is.
    const STACKED_TAIL: Self = Self::StackedTail { tolerance: 0.05 };

    /// Whether the rule looks at held-out data.
    #[must_use]
    pub fn needs_held_out(self) -> bool {
        match self {
            Self::OneStandardError | Self::StackedTail { .. } => true,
            Self::NearMode { .. } | Self::ArgMax | Self::RoundedExpectation | Self::TailMass { .. } => false,
        }
    }

    /// The depth `d_opt` to prune to, in `0 ..= max_depth`; keep its blocks and [`DepthPosterior::truncated`] to it.
    ///
    /// # Errors
    /// If the rule [needs held-out data](Self::needs_held_out) and there are none, or there are some, but not for the posterior's depths.
    pub fn pruned_depth(self, posterior: &DepthPosterior, held_out: Option<&HeldOut>) -> Result<usize> {
        if let Some(held_out) = held_out {
            held_out.check(posterior.n_depths())?;
        }
        let held_out = || held_out.ok_or_else(|| Error::NeedsHeldOut { rule: self.to_string() });
        Ok(match self {
            Self::NearMode { ratio } => {
                let mode = posterior.argmax();
                let threshold = ratio * posterior.probs()[mode];
                let mut shallower = posterior.probs()[..mode].iter();
                shallower.position(|&prob| prob > threshold).unwrap_or(mode)
            }
            Self::ArgMax => posterior.argmax(),
            Self::RoundedExpectation => {
                let rounded = posterior.expected_depth().round_ties_even();
                // Counting up to the rounded number avoids a cast that could truncate, and keeps the result in range.
                let depths = 0..posterior.max_depth();
                depths.take_while(|&depth| (depth as f64) < rounded).count()
            }
            Self::TailMass { tolerance } => tail_depth(posterior, tolerance),
            Self::OneStandardError => held_out()?.one_standard_error_depth(),
            Self::StackedTail { tolerance } => tail_depth(&held_out()?.stacking.weights, tolerance),
        })
    }
}

/// The smallest depth with less than `tolerance` of the mass beyond it, the maximum depth if there is none.
fn tail_depth(distribution: &DepthPosterior, tolerance: f64) -> usize {
    // Entry d of the survival function is the mass beyond depth d.
    let tails = distribution.survival();
    let depth = tails.iter().position(|&tail| tail < tolerance);
    depth.unwrap_or(distribution.max_depth())
}

impl fmt::Display for PruningRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NearMode { ratio } => write!(f, "near-mode:{ratio}"),
            Self::ArgMax => f.write_str("arg-max"),
            Self::RoundedExpectation => f.write_str("rounded-expectation"),
            Self::TailMass { tolerance } => write!(f, "tail-mass:{tolerance}"),
            Self::OneStandardError => f.write_str("one-se"),
            Self::StackedTail { tolerance } => write!(f, "stacked-tail:{tolerance}"),
        }
    }
}

impl FromStr for PruningRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, value) = text
            .split_once(':')
            .map_or((text, None), |(name, value)| (name, Some(value)));
        let is_tolerance = |tolerance: f64| tolerance > 0.0 && tolerance <= 1.0;
        match (name, value.map(str::parse::<f64>)) {
            ("near-mode", None) => Ok(Self::PAPER),
            ("near-mode", Some(Ok(ratio))) if (0.0..1.0).contains(&ratio) => Ok(Self::NearMode { ratio }),
            ("arg-max", None) => Ok(Self::ArgMax),
            ("rounded-expectation", None) => Ok(Self::RoundedExpectation),
            ("tail-mass", Some(Ok(tolerance))) if is_tolerance(tolerance) => Ok(Self::TailMass { tolerance }),
            ("one-se", None) => Ok(Self::OneStandardError),
            ("stacked-tail", None) => Ok(Self::STACKED_TAIL),
            ("stacked-tail", Some(Ok(tolerance))) if is_tolerance(tolerance) => Ok(Self::StackedTail { tolerance }),
            _ => Err(Error::PruningRule {
                text: text.to_owned(),
                expected: Self::EXPECTED,
            }),
        }
    }
}

impl TryFrom<String> for PruningRule {
    type Error = Error;

    fn try_from(text: String) -> Result<Self> {
        text.parse()
    }
}

impl From<PruningRule> for String {
    fn from(rule: PruningRule) -> Self {
        rule.to_string()
    }
}
