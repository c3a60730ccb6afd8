//! Quantities with their names, units and decimals: table cells and parts of sentences.

use super::sample::{Sample, Sign};

/// With fewer seeds than this their number stands beside a number.
const ENOUGH_SEEDS: usize = 5;

/// A quantity.
#[derive(Clone, Copy, Debug)]
pub(super) struct Measure {
    /// Key of the score in records; empty for what is not a score.
    pub(super) key: &'static str,
    /// Name in sentences.
    pub(super) name: &'static str,
    /// Name with its unit, at the head of columns.
    pub(super) title: &'static str,
    unit: &'static str,
    scale: f64,
    decimals: usize,
    /// What a lower and a higher value is called.
    words: [&'static str; 2],
}

const BETTER_OR_WORSE: [&str; 2] = ["better", "worse"];

/// Error rate.
pub(super) const ERROR: Measure = Measure {
    key: "error",
    name: "error",
    title: "error, %",
    unit: " percentage points",
    scale: 100.0,
    decimals: 2,
    words: BETTER_OR_WORSE,
};
/// Negative log-likelihood.
pub(super) const NLL: Measure = Measure {
    key: "nll",
    name: "NLL",
    title: "NLL, nats",
    unit: " nats",
    scale: 1.0,
    decimals: 4,
    words: BETTER_OR_WORSE,
};
/// Expected calibration error.
pub(super) const ECE: Measure = Measure {
    key: "ece",
    name: "ECE",
    title: "ECE",
    unit: "",
    scale: 1.0,
    decimals: 4,
    words: BETTER_OR_WORSE,
};
/// Brier score.
pub(super) const BRIER: Measure = Measure {
    key: "brier",
    name: "Brier score",
    title: "Brier",
    unit: "",
    scale: 1.0,
    decimals: 4,
    words: BETTER_OR_WORSE,
};
/// A number of residual blocks.
pub(super) const DEPTH: Measure = Measure {
    key: "",
    name: "depth",
    title: "depth",
    unit: " blocks",
    scale: 1.0,
    decimals: 2,
    words: ["shallower", "deeper"],
};
/// What the log evidence has above the ELBO.
pub(super) const ELBO_GAP: Measure = Measure {
    key: "",
    name: "ELBO gap",
    title: "ELBO gap, nats",
    unit: " nats",
    scale: 1.0,
    decimals: 2,
    words: ["smaller", "larger"],
};

impl Measure {
    /// Mean with its interval.
    pub(super) fn text(&self, sample: &Sample) -> String {
        self.cell(sample, |value| self.number(value))
    }

    /// Mean of differences with its interval and the sign.
    pub(super) fn difference(&self, sample: &Sample) -> String {
        self.cell(sample, |value| self.signed(value))
    }

    /// What differences say, as a part of a sentence: `NLL worse by 0.0500 nats [0.0400, 0.0600]`.
    pub(super) fn verdict(&self, sample: &Sample) -> String {
        let says = self.says(sample);
        match says.strip_prefix("no difference ") {
            Some(found) => format!("no difference in {} {found}", self.name),
            None => format!("{} {says}", self.name),
        }
    }

    /// What differences say without naming the quantity: `worse by 0.0500 nats [0.0400, 0.0600]`.
    pub(super) fn says(&self, sample: &Sample) -> String {
        let unit = self.unit;
        let Some(mean) = sample.mean() else {
            return if sample.n() == 0 {
                "not measured"
            } else {
                "not finite in some run"
            }
            .to_owned();
        };
        let Some([lower, upper]) = mean.interval else {
            return format!("{}{unit} on one seed, too few for an interval", self.signed(mean.mean));
        };
        let seeds = few(mean.n, ", ", " seeds");
        let word = match sample.sign() {
            Sign::Lower => self.words[0],
            Sign::Higher => self.words[1],
            Sign::NotFound | Sign::Unknown => {
                let bounds = [lower, upper].map(|bound| self.signed(bound)).join(", ");
                // A wide interval that contains 0 is no evidence of equality.
                return match mean.n < ENOUGH_SEEDS {
                    true => format!(
                        "undecided at {} seeds, mean {} [{bounds}]",
                        mean.n,
                        self.signed(mean.mean)
                    ),
                    false => format!("no difference found [{bounds}]"),
                };
            }
        };
        let mut bounds = [lower.abs(), upper.abs()];
        bounds.sort_by(f64::total_cmp);
        let bounds = bounds.map(|bound| self.number(bound)).join(", ");
        format!("{word} by {}{unit} [{bounds}{seeds}]", self.number(mean.mean.abs()))
    }

    /// A value without its unit.
    pub(super) fn number(&self, value: f64) -> String {
        format!("{:.*}", self.decimals, self.scale * value)
    }

    /// A value with its sign.
    pub(super) fn signed(&self, value: f64) -> String {
        format!("{:+.*}", self.decimals, self.scale * value)
    }

    fn cell(&self, sample: &Sample, number: impl Fn(f64) -> String) -> String {
        let Some(mean) = sample.mean() else {
            return if sample.n() == 0 { "—" } else { "not finite" }.to_owned();
        };
        let seeds = few(mean.n, " (n = ", ")");
        match mean.interval {
            Some([lower, upper]) => format!("{} [{}, {}]{seeds}", number(mean.mean), number(lower), number(upper)),
            None => format!("{}{seeds}", number(mean.mean)),
        }
    }
}

/// The number of seeds between two texts where it is small.
fn few(n: usize, before: &str, after: &str) -> String {
    match n < ENOUGH_SEEDS {
        true => format!("{before}{n}{after}"),
        false => String::new(),
    }
}
