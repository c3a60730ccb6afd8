//! The table of scores: what each is called, what it means, and how it is computed.

use std::fmt;

use crate::means::brier_scores;
use crate::sample::{binomial_standard_error, mean, standard_error};
use crate::{
    DepthUncertainty, Predictions, ReliabilityDiagram, brier_score, error_rate, mean_confidence, mean_true_probability,
    paper_pooled_calibration,
};

/// One score of a predictive distribution: a mean over labeled examples, or a summary of their reliability diagram.
///
/// Whatever stores, prints or plots scores iterates over [`SCORES`], so that a new row there is all that a new score takes.
#[derive(Clone, Copy, Debug)]
pub struct Score {
    /// Name in stored files; unique in the table.
    pub key: &'static str,
    /// Title of a table column, at most eight characters.
    pub label: &'static str,
    /// What the value is measured in.
    pub unit: Unit,
    /// Which direction is better.
    pub better: Better,
    /// What the value is and what range it has, without a capital or a full stop.
    pub explanation: &'static str,
    /// Whether compact tables have a column for the score.
    pub in_tables: bool,
    /// Whether the score is also computed, stored and shown for each depth alone.
    pub per_depth: bool,
    /// Computes the score; `None` where it is undefined or where an input that it needs is absent.
    pub compute: fn(&Evaluated<'_>) -> Option<f64>,
    /// Computes the standard error of the score over the examples; `None` where the score is not a mean over them, and where
    /// the error is undefined.
    pub standard_error: fn(&Evaluated<'_>) -> Option<f64>,
}

/// Which direction of a score is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Of two predictive distributions the one with the lower value is better.
    Lower,
    /// Of two predictive distributions the one with the higher value is better.
    Higher,
    /// The value describes predictions without ranking them.
    Neither,
}

/// What a score is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A share of the examples, in `[0, 1]`.
    Share,
    /// A probability or a difference of probabilities, in `[0, 1]`.
    Probability,
    /// A squared distance of probabilities, without a unit.
    SquaredDistance,
    /// Nats per example.
    Nats,
}

/// What the scores of one predictive distribution are computed from.
#[derive(Clone, Copy, Debug)]
pub struct Evaluated<'a> {
    /// Class probabilities and labels.
    pub predictions: Predictions<'a>,
    /// Negative log-likelihood of each example, nats, `[n]`, from log-probabilities, which do not underflow as probabilities do.
    pub nll: &'a [f64],
    /// Reliability diagram of the predictions; its number of bins is that of the calibration errors.
    pub reliability: &'a ReliabilityDiagram,
    /// Split of the predictive entropy of each example; `None` for a predictive that is not a mixture over depths.
    pub uncertainty: Option<&'a DepthUncertainty>,
}

/// All scores, in the order of tables.
pub const SCORES: &[Score] = &[
    Score {
        key: "error",
        label: "error",
        unit: Unit::Share,
        better: Better::Lower,
        explanation: "error rate: share of the examples whose most probable class is wrong",
        in_tables: true,
        per_depth: true,
        compute: |evaluated| Some(error_rate(&evaluated.predictions)),
        standard_error: |evaluated| {
            let Evaluated { predictions, .. } = evaluated;
            Some(binomial_standard_error(error_rate(predictions), predictions.len()))
        },
    },
    Score {
        key: "nll",
        label: "NLL",
        unit: Unit::Nats,
        better: Better::Lower,
        explanation: "mean negative log-likelihood of the true class, nats per example; infinite where a true class has \
                      probability 0",
        in_tables: true,
        per_depth: true,
        compute: |evaluated| Some(mean(evaluated.nll)),
        standard_error: |evaluated| standard_error(evaluated.nll.iter().copied()),
    },
    Score {
        key: "ece",
        label: "ECE",
        unit: Unit::Probability,
        better: Better::Lower,
        explanation: "expected calibration error: mean gap between accuracy and confidence over equal-width bins of the \
                      confidence, in [0, 1]",
        in_tables: true,
        per_depth: true,
        compute: |evaluated| Some(evaluated.reliability.expected_calibration_error()),
        standard_error: |_| None,
    },
    Score {
        key: "mce",
        label: "MCE",
        unit: Unit::Probability,
        better: Better::Lower,
        explanation: "maximum calibration error: largest gap between accuracy and confidence over the same bins, in \
                      [0, 1]",
        in_tables: false,
        per_depth: false,
        compute: |evaluated| Some(evaluated.reliability.maximum_calibration_error()),
        standard_error: |_| None,
    },
    Score {
        key: "brier",
        label: "Brier",
        unit: Unit::SquaredDistance,
        better: Better::Lower,
        explanation: "Brier score: mean squared distance between the class probabilities and the one-hot label, in \
                      [0, 2]",
        in_tables: true,
        per_depth: false,
        compute: |evaluated| Some(brier_score(&evaluated.predictions)),
        standard_error: |evaluated| standard_error(brier_scores(&evaluated.predictions).iter().copied()),
    },
    Score {
        key: "mean_true_probability",
        label: "p(true)",
        unit: Unit::Probability,
        better: Better::Higher,
        explanation: "mean probability of the true class, in [0, 1]; the paper plots it as 'test log-likelihood'",
        in_tables: true,
        per_depth: false,
        compute: |evaluated| Some(mean_true_probability(&evaluated.predictions)),
        standard_error: |evaluated| standard_error(evaluated.predictions.true_probs().map(f64::from)),
    },
    Score {
        key: "paper_pooled_calibration",
        label: "pooled",
        unit: Unit::Probability,
        better: Better::Neither,
        explanation: "gap that the paper's notebook computes over all class probabilities pooled into ten bins, in [0, 1]; \
                      not a calibration error, and undefined where a bin is empty",
        in_tables: false,
        per_depth: false,
        compute: |evaluated| paper_pooled_calibration(&evaluated.predictions),
        standard_error: |_| None,
    },
    Score {
        key: "mean_confidence",
        label: "conf.",
        unit: Unit::Probability,
        better: Better::Neither,
        explanation: "mean confidence: mean probability of the most probable class, in [0, 1]",
        in_tables: false,
        per_depth: false,
        compute: |evaluated| Some(mean_confidence(&evaluated.predictions)),
        standard_error: |evaluated| {
            standard_error(
                evaluated
                    .predictions
                    .outcomes()
                    .map(|(confidence, _)| f64::from(confidence)),
            )
        },
    },
    Score {
        key: "predictive_entropy",
        label: "entropy",
        unit: Unit::Nats,
        better: Better::Neither,
        explanation: "mean predictive entropy: total uncertainty, nats per example",
        in_tables: false,
        per_depth: false,
        compute: |evaluated| evaluated.mean_uncertainty(|split| &split.predictive_entropy),
        standard_error: |evaluated| evaluated.uncertainty_error(|split| &split.predictive_entropy),
    },
    Score {
        key: "expected_entropy",
        label: "aleat.",
        unit: Unit::Nats,
        better: Better::Neither,
        explanation: "mean expected entropy of the depths' predictions: the aleatoric part of the uncertainty, nats per \
                      example",
        in_tables: false,
        per_depth: false,
        compute: |evaluated| evaluated.mean_uncertainty(|split| &split.expected_entropy),
        standard_error: |evaluated| evaluated.uncertainty_error(|split| &split.expected_entropy),
    },
    Score {
        key: "mutual_information",
        label: "epist.",
        unit: Unit::Nats,
        better: Better::Neither,
        explanation: "mean mutual information of label and depth: the epistemic part of the uncertainty, nats per \
                      example",
        in_tables: false,
        per_depth: false,
        compute: |evaluated| evaluated.mean_uncertainty(|split| &split.mutual_information),
        standard_error: |evaluated| evaluated.uncertainty_error(|split| &split.mutual_information),
    },
];

/// The score of [`SCORES`] with this key.
pub fn score(key: &str) -> Option<&'static Score> {
    SCORES.iter().find(|score| score.key == key)
}

impl Score {
    /// `value` as text; see [`Unit::format`].
    pub fn format(&self, value: f64) -> String {
        self.unit.format(value)
    }
}

impl Unit {
    /// `value` as text with four decimals and without the unit. Nats have no upper bound: so that they fit into a column of nine
    /// characters, they have fewer decimals from a thousand on, and scientific notation from a million on.
    pub fn format(self, value: f64) -> String {
        let magnitude = value.abs();
        if self != Self::Nats || magnitude < 1e3 || !magnitude.is_finite() {
            format!("{value:.4}")
        } else if magnitude < 1e6 {
            format!("{value:.1}")
        } else {
            format!("{value:.1e}")
        }
    }
}

impl fmt::Display for Better {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lower => "lower is better",
            Self::Higher => "higher is better",
            Self::Neither => "neither direction is better",
        })
    }
}

impl Evaluated<'_> {
    /// Mean over the examples of one part of the entropy split.
    fn mean_uncertainty(&self, part: fn(&DepthUncertainty) -> &[f64]) -> Option<f64> {
        Some(mean(part(self.uncertainty?)))
    }

    /// Standard error of [`Self::mean_uncertainty`].
    fn uncertainty_error(&self, part: fn(&DepthUncertainty) -> &[f64]) -> Option<f64> {
        standard_error(part(self.uncertainty?).iter().copied())
    }
}
