//! Axes: a domain with labeled ticks.

use crate::chart::scale::{Scale, Spacing, Step, separated};
use crate::number;

/// A domain with its ticks and its title.
#[derive(Clone, Debug)]
pub(crate) struct Axis {
    /// Title with unit.
    pub(crate) title: String,
    /// Linear or logarithmic.
    pub(crate) spacing: Spacing,
    /// Values at both ends.
    pub(crate) domain: [f64; 2],
    /// Values with their labels, in rising order.
    pub(crate) ticks: Vec<(f64, String)>,
}

impl Axis {
    /// A linear axis from a round number below to a round number above `bounds`.
    pub(crate) fn covering(title: &str, bounds: [f64; 2], intervals: f64) -> Self {
        let bounds = separated(bounds);
        let step = Step::covering(bounds[1] - bounds[0], intervals);
        let values = step.around(bounds);
        let domain = [values[0], values[values.len() - 1]];
        Self::linear(title, domain, values, step)
    }

    /// A linear axis of exactly `domain` with ticks at whole numbers.
    pub(crate) fn whole(title: &str, domain: [f64; 2], intervals: f64) -> Self {
        let domain = separated(domain);
        let step = Step::whole(domain[1] - domain[0], intervals);
        Self::linear(title, domain, step.within(domain), step)
    }

    /// A linear axis with its ticks at the given whole numbers, or at round ones if these are too dense.
    pub(crate) fn at_depths(title: &str, depths: &[usize]) -> Self {
        let [lo, hi] = [depths.iter().min(), depths.iter().max()].map(|end| end.copied().unwrap_or(0) as f64);
        let margin = (0.06 * (hi - lo)).max(0.4);
        let whole = Self::whole(title, [lo - margin, hi + margin], 8.0);
        let mut sorted = depths.to_vec();
        sorted.sort_unstable();
        sorted.dedup();
        let legible = sorted
            .windows(2)
            .all(|pair| (pair[1] - pair[0]) as f64 >= 0.06 * (hi - lo));
        if !legible {
            return whole;
        }
        Self {
            ticks: sorted.iter().map(|&depth| (depth as f64, depth.to_string())).collect(),
            ..whole
        }
    }

    /// A logarithmic axis over positive `bounds`, ticks at 1, 2 and 5 times powers of ten.
    pub(crate) fn logarithmic(title: &str, bounds: [f64; 2]) -> Self {
        let candidates: Vec<f64> = (-31..=31)
            .flat_map(|exponent| [1.0, 2.0, 5.0].map(|m| m * 10_f64.powi(exponent)))
            .collect();
        let below = candidates.iter().rposition(|&c| c <= bounds[0]).unwrap_or(0);
        let above = candidates
            .iter()
            .position(|&c| c >= bounds[1])
            .unwrap_or(candidates.len() - 1)
            .max(below + 1);
        let kept = &candidates[below..=above.min(candidates.len() - 1)];
        // Beyond two decades only the powers of ten are labeled.
        let stride = if kept.len() > 7 { 3 } else { 1 };
        let offset = (3 - below % 3) % 3 % stride;
        Self {
            title: format!("{title}, log scale"),
            spacing: Spacing::Logarithmic,
            domain: [kept[0], kept[kept.len() - 1]],
            ticks: kept
                .iter()
                .skip(offset)
                .step_by(stride)
                .map(|&tick| (tick, log_label(tick)))
                .collect(),
        }
    }

    /// The axis laid over the positions `range`.
    pub(crate) fn scale(&self, range: [f64; 2]) -> Scale {
        Scale {
            spacing: self.spacing,
            domain: self.domain,
            range,
        }
    }

    fn linear(title: &str, domain: [f64; 2], values: Vec<f64>, step: Step) -> Self {
        let ticks = values
            .into_iter()
            .map(|value| (value, step.label(value).replace('-', "−")))
            .collect();
        Self {
            title: title.to_owned(),
            spacing: Spacing::Linear,
            domain,
            ticks,
        }
    }
}

fn log_label(tick: f64) -> String {
    number::significant(tick, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|(_, label)| label.as_str()).collect()
    }

    #[test]
    fn axis_of_few_depths_has_a_tick_at_each() {
        assert_eq!(labels(&Axis::at_depths("D", &[10, 5, 20, 5])), ["5", "10", "20"]);
        assert_eq!(labels(&Axis::at_depths("D", &[0])), ["0"]);
    }

    #[test]
    fn axis_of_many_depths_has_ticks_at_round_numbers() {
        let depths: Vec<usize> = (0..=100).collect();
        assert_eq!(
            labels(&Axis::at_depths("D", &depths)),
            ["0", "20", "40", "60", "80", "100"]
        );
    }

    #[test]
    fn axis_that_covers_values_ends_at_its_outer_ticks() {
        let axis = Axis::covering("NLL", [0.03, 0.47], 5.0);
        assert_eq!(labels(&axis), ["0.0", "0.1", "0.2", "0.3", "0.4", "0.5"]);
    }

    #[test]
    fn axis_over_many_decades_labels_powers_of_ten_only() {
        assert_eq!(labels(&Axis::logarithmic("NLL", [0.03, 40.0])), ["0.1", "1", "10"]);
        assert_eq!(labels(&Axis::logarithmic("NLL", [0.3, 1.5])), ["0.2", "0.5", "1", "2"]);
    }
}
