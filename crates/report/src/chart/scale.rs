//! Round steps for axes, and the map from values to positions.

/// Magnitude from which a value is drawn like an infinite one, so that no scale overflows.
pub(crate) const LIMIT: f64 = 1e30;

/// Whether a value has a place on a scale.
pub(crate) fn is_plottable(value: f64) -> bool {
    value.abs() < LIMIT
}

/// How values are spaced along an axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spacing {
    /// Equal differences, equal distances.
    Linear,
    /// Equal ratios, equal distances; for positive values.
    Logarithmic,
}

/// Map from the values `domain` to the positions `range`, in user units of the drawing.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scale {
    /// Linear or logarithmic.
    pub(crate) spacing: Spacing,
    /// Values at the two ends, the first below the second.
    pub(crate) domain: [f64; 2],
    /// Positions of the two ends.
    pub(crate) range: [f64; 2],
}

impl Scale {
    /// Position of `value`, held within the range.
    pub(crate) fn position(&self, value: f64) -> f64 {
        let [lo, hi] = self.domain.map(|end| self.coordinate(end));
        let share = ((self.coordinate(value) - lo) / (hi - lo)).clamp(0.0, 1.0);
        self.range[0] + share * (self.range[1] - self.range[0])
    }

    fn coordinate(&self, value: f64) -> f64 {
        match self.spacing {
            Spacing::Linear => value,
            // The lower end of an error bar may reach zero.
            Spacing::Logarithmic => value.max(f64::MIN_POSITIVE).ln(),
        }
    }
}

/// Far more ticks than any axis asks for: a bound in case of an index so large that adding 1 is lost.
const MOST_TICKS: usize = 200;

/// A step of 1, 2 or 5 times a power of ten.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Step {
    mantissa: f64,
    exponent: i32,
}

impl Step {
    /// The smallest round step with which `span` has at most `intervals` intervals.
    pub(crate) fn covering(span: f64, intervals: f64) -> Self {
        (-30..=30)
            .flat_map(|exponent| [1.0, 2.0, 5.0].map(|mantissa| Self { mantissa, exponent }))
            .find(|step| span <= step.size() * intervals)
            .unwrap_or(Self {
                mantissa: 1.0,
                exponent: 31,
            })
    }

    /// The smallest round step of at least 1 with which `span` has at most `intervals` intervals.
    pub(crate) fn whole(span: f64, intervals: f64) -> Self {
        Self::covering(span.max(intervals), intervals)
    }

    /// The step as a number.
    pub(crate) fn size(self) -> f64 {
        // Dividing by a positive power rounds once, where multiplying by a negative one would round twice.
        let power = 10_f64.powi(self.exponent.abs());
        if self.exponent < 0 {
            self.mantissa / power
        } else {
            self.mantissa * power
        }
    }

    /// Multiples of the step from the last one at or below `lo` to the first one at or above `hi`.
    pub(crate) fn around(self, [lo, hi]: [f64; 2]) -> Vec<f64> {
        let size = self.size();
        // The slack keeps a bound that is a multiple but for rounding from adding an empty interval.
        let first = (lo / size + 1e-9).floor();
        let last = (hi / size - 1e-9).ceil().max(first + 1.0);
        self.multiples(first, last)
    }

    /// Multiples of the step within `[lo, hi]`.
    pub(crate) fn within(self, [lo, hi]: [f64; 2]) -> Vec<f64> {
        let size = self.size();
        self.multiples((lo / size - 1e-9).ceil(), (hi / size + 1e-9).floor())
    }

    /// `value` with as many decimals as the step has.
    pub(crate) fn label(self, value: f64) -> String {
        let decimals = usize::try_from(-self.exponent).unwrap_or(0);
        if !(-6..=6).contains(&self.exponent) {
            return format!("{value:.1e}");
        }
        // `0.0 +` turns a negative zero into zero.
        format!("{:.decimals$}", 0.0 + value)
    }

    fn multiples(self, first: f64, last: f64) -> Vec<f64> {
        // From the index, not by repeated addition, whose rounding would show in the labels.
        std::iter::successors(Some(first), |index| Some(index + 1.0))
            .take_while(|&index| index <= last)
            .take(MOST_TICKS)
            .map(|index| self.multiple(index))
            .collect()
    }

    fn multiple(self, index: f64) -> f64 {
        let power = 10_f64.powi(self.exponent.abs());
        let multiple = if self.exponent < 0 {
            index * self.mantissa / power
        } else {
            index * self.mantissa * power
        };
        0.0 + multiple
    }
}

/// Two bounds that differ by enough to make a scale, around the given ones.
pub(crate) fn separated([lo, hi]: [f64; 2]) -> [f64; 2] {
    let magnitude = lo.abs().max(hi.abs());
    if hi - lo > 1e-6 * magnitude && hi - lo > 1e-12 {
        return [lo, hi];
    }
    let margin = if magnitude > 1e-9 { 0.1 * magnitude } else { 1.0 };
    [
        if lo >= 0.0 { (lo - margin).max(0.0) } else { lo - margin },
        hi + margin,
    ]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bounds() -> impl Strategy<Value = [f64; 2]> {
        (-1e6..1e6_f64, -9.0..6.0_f64).prop_map(|(lo, log_span)| separated([lo, lo + 10_f64.powf(log_span)]))
    }

    proptest! {
        #[test]
        fn step_gives_few_rising_ticks_that_cover_the_bounds(bounds in bounds(), at_most in 2_u32..12) {
            let step = Step::covering(bounds[1] - bounds[0], f64::from(at_most));
            let ticks = step.around(bounds);
            let slack = 1e-6 * step.size();
            prop_assert!(ticks[0] <= bounds[0] + slack);
            prop_assert!(ticks[ticks.len() - 1] >= bounds[1] - slack);
            prop_assert!(ticks.windows(2).all(|pair| pair[0] < pair[1]));
            // `at_most` intervals fit the span; one more may be truncated by the bounds.
            prop_assert!(ticks.len() <= usize::try_from(at_most).unwrap() + 2);
        }

        #[test]
        fn step_is_the_smallest_that_suffices(span in 1e-6..1e6_f64, at_most in 2_u32..12) {
            let step = Step::covering(span, f64::from(at_most)).size();
            prop_assert!(span / step <= f64::from(at_most) * (1.0 + 1e-12));
            prop_assert!(span / step > f64::from(at_most) / 2.5 * (1.0 - 1e-12));
        }

        #[test]
        fn step_labels_are_distinct_and_read_back_as_the_tick(bounds in bounds()) {
            let step = Step::covering(bounds[1] - bounds[0], 5.0);
            let ticks = step.around(bounds);
            let labels: Vec<String> = ticks.iter().map(|&tick| step.label(tick)).collect();
            if (-6..=6).contains(&step.exponent) {
                for (label, tick) in labels.iter().zip(&ticks) {
                    let read: f64 = label.parse().unwrap();
                    prop_assert!((read - tick).abs() <= 1e-6 * step.size(), "{label} for {tick}");
                    prop_assert!(label != "-0");
                }
                prop_assert!(labels.windows(2).all(|pair| pair[0] != pair[1]));
            }
        }

        #[test]
        fn step_of_at_least_one_gives_whole_ticks(lo in -500_i32..500, span in 0_i32..1000) {
            let bounds = [f64::from(lo), f64::from(lo + span)];
            for tick in Step::whole(bounds[1] - bounds[0], 6.0).within(bounds) {
                prop_assert!((tick - tick.round()).abs() < 1e-12);
                prop_assert!(bounds[0] <= tick && tick <= bounds[1]);
            }
        }

        #[test]
        fn scale_positions_rise_with_values_and_stay_in_range(a in 1e-3..1e3_f64, b in 1e-3..1e3_f64) {
            for spacing in [Spacing::Linear, Spacing::Logarithmic] {
                let scale = Scale { spacing, domain: [1e-2, 1e2], range: [10.0, 200.0] };
                let [low, high] = [scale.position(a.min(b)), scale.position(a.max(b))];
                prop_assert!(10.0 <= low && low <= high && high <= 200.0);
            }
        }
    }

    #[test]
    fn scale_maps_ends_of_the_domain_to_ends_of_the_range() {
        for spacing in [Spacing::Linear, Spacing::Logarithmic] {
            let scale = Scale {
                spacing,
                domain: [0.1, 10.0],
                range: [300.0, 20.0],
            };
            assert!((scale.position(0.1) - 300.0).abs() < 1e-9);
            assert!((scale.position(10.0) - 20.0).abs() < 1e-9);
        }
        let scale = Scale {
            spacing: Spacing::Logarithmic,
            domain: [0.1, 10.0],
            range: [0.0, 100.0],
        };
        assert!((scale.position(1.0) - 50.0).abs() < 1e-9);
        assert!(scale.position(-1.0).abs() < 1e-9, "below any logarithm");
    }

    #[test]
    fn scale_bounds_that_are_equal_are_separated_without_leaving_the_positive_side() {
        for value in [0.0, 1e-15, 0.3, 1e6] {
            let [lo, hi] = separated([value, value]);
            assert!(lo < hi && lo >= 0.0 && lo <= value && value <= hi, "{value}");
        }
        assert!(separated([-2.0, -2.0])[0] < -2.0);
    }
}
