//! Rules that choose the depth to which a network is pruned.

use std::fmt;
use std::str::FromStr;

use crate::{DepthPosterior, Error, Result};

/// A rule that chooses the pruned depth from the posterior.
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
}

impl PruningRule {
    /// The names of the rules, to complete a sentence that ends in "expected" or in a colon.
    pub const EXPECTED: &str = "near-mode[:RATIO] with a ratio in [0, 1), arg-max, rounded-expectation, or tail-mass:TOLERANCE with a \
                                tolerance in (0, 1]";

    /// The paper's rule.
    pub const PAPER: Self = Self::NearMode { ratio: 0.95 };

    /// The depth `d_opt` to prune to, in `0 ..= max_depth`; keep its blocks and [`DepthPosterior::truncated`] to it.
    #[must_use]
    pub fn pruned_depth(self, posterior: &DepthPosterior) -> usize {
        match self {
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
            Self::TailMass { tolerance } => {
                // Entry d of the survival function is the mass beyond depth d.
                let tails = posterior.survival();
                let depth = tails.iter().position(|&tail| tail < tolerance);
                depth.unwrap_or(posterior.max_depth())
            }
        }
    }
}

impl fmt::Display for PruningRule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NearMode { ratio } => write!(f, "near-mode:{ratio}"),
            Self::ArgMax => f.write_str("arg-max"),
            Self::RoundedExpectation => f.write_str("rounded-expectation"),
            Self::TailMass { tolerance } => write!(f, "tail-mass:{tolerance}"),
        }
    }
}

impl FromStr for PruningRule {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        let (name, value) = text
            .split_once(':')
            .map_or((text, None), |(name, value)| (name, Some(value)));
        match (name, value.map(str::parse::<f64>)) {
            ("near-mode", None) => Ok(Self::PAPER),
            ("near-mode", Some(Ok(ratio))) if (0.0..1.0).contains(&ratio) => Ok(Self::NearMode { ratio }),
            ("arg-max", None) => Ok(Self::ArgMax),
            ("rounded-expectation", None) => Ok(Self::RoundedExpectation),
            ("tail-mass", Some(Ok(tolerance))) if tolerance > 0.0 && tolerance <= 1.0 => {
                Ok(Self::TailMass { tolerance })
            }
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
