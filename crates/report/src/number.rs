//! Numbers as text. A missing or undefined value is an em dash, an infinite one is ∞.

use vds_calibration::Unit;

/// What stands for a value that does not exist.
pub(crate) const MISSING: &str = "—";
/// Magnitude from which numbers are written in scientific notation.
const LARGE: f64 = 1e6;

/// How a number is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NumberFormat {
    /// A share, as a percentage with two decimals.
    Rate,
    /// A score with three significant digits.
    Score,
    /// A number of blocks, with two decimals.
    Depth,
}

impl NumberFormat {
    /// The format of scores with this unit.
    pub(crate) fn of(unit: Unit) -> Self {
        match unit {
            Unit::Share => Self::Rate,
            Unit::Probability | Unit::SquaredDistance | Unit::Nats => Self::Score,
        }
    }

    /// The value with its unit.
    pub(crate) fn text(self, value: f64) -> String {
        match self {
            Self::Rate => percent(value),
            Self::Score => significant(value, 3),
            Self::Depth => depth(value),
        }
    }

    /// `[0.0121, 0.0240]`.
    pub(crate) fn range(self, ends: [f64; 2]) -> String {
        let [lo, hi] = ends.map(|end| self.text(end));
        format!("[{lo}, {hi}]")
    }

    /// A difference and its interval, with signs: scores with four decimals, rates in percentage points.
    pub(crate) fn difference(self, value: f64, interval: Option<[f64; 2]>) -> String {
        let text = |value: f64| match self {
            Self::Rate => signed(100.0 * value, 2),
            Self::Score => signed(value, 4),
            Self::Depth => signed(value, 2),
        };
        let unit = if self == Self::Rate { " pp" } else { "" };
        match interval.map(|ends| ends.map(text)) {
            Some([lo, hi]) => format!("{} [{lo}, {hi}]{unit}", text(value)),
            None => format!("{}{unit}", text(value)),
        }
    }

    /// `mean ± sd` with its unit, both finite and with the decimals of the mean.
    pub(crate) fn with_sd(self, mean: f64, sd: f64) -> String {
        match self {
            Self::Rate => format!("{} ± {} %", depth(100.0 * mean), depth(100.0 * sd)),
            Self::Depth => format!("{} ± {}", depth(mean), depth(sd)),
            Self::Score => match decimals(mean, 3) {
                Some(decimals) if mean > 0.0 && sd < LARGE => {
                    format!("{mean:.decimals$} ± {sd:.decimals$}")
                }
                _ => format!("{} ± {}", significant(mean, 3), significant(sd, 3)),
            },
        }
    }
}

/// A value with its sign and the given decimals, scientific from 1e6; zero has no sign.
fn signed(value: f64, decimals: usize) -> String {
    let text = special(value).unwrap_or_else(|| match value {
        v if v.abs() < LARGE => format!("{v:+.decimals$}"),
        v => format!("{v:+.2e}"),
    });
    if text.chars().any(|c| c.is_ascii_digit() && c != '0') {
        text.replace('-', "−")
    } else {
        text.trim_start_matches(['+', '-']).to_owned()
    }
}

/// `value` with `digits` significant digits, trailing zeros kept; scientific below 1e-4 and from 1e6.
pub(crate) fn significant(value: f64, digits: usize) -> String {
    special(value).unwrap_or_else(|| match decimals(value, digits) {
        Some(decimals) => format!("{value:.decimals$}"),
        None => format!("{value:.precision$e}", precision = digits.saturating_sub(1)),
    })
}

/// A rate as a percentage with two decimals, unit included.
pub(crate) fn percent(rate: f64) -> String {
    special(rate).unwrap_or_else(|| format!("{} %", depth(100.0 * rate)))
}

/// A depth or a count that may be a mean: two decimals.
pub(crate) fn depth(value: f64) -> String {
    special(value).unwrap_or_else(|| match value {
        v if v.abs() < LARGE => format!("{v:.2}"),
        v => significant(v, 3),
    })
}

/// A whole number with a thin space between groups of three digits.
pub(crate) fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

/// `1 run`, `2 runs`.
pub(crate) fn plural(n: usize, noun: &str) -> String {
    if n == 1 {
        format!("1 {noun}")
    } else {
        format!("{} {noun}s", count(n))
    }
}

/// Decimals that show `digits` significant digits of `value`; `None` where scientific notation is shorter.
fn decimals(value: f64, digits: usize) -> Option<usize> {
    let magnitude = value.abs();
    if magnitude == 0.0 {
        return Some(0);
    }
    if !(1e-4..LARGE).contains(&magnitude) {
        return None;
    }
    // Leading zeros of the fraction or digits before the point, by comparison: no float-to-integer casts.
    let zeros = [1e-1, 1e-2, 1e-3].iter().filter(|&&limit| magnitude < limit).count();
    let whole = [1.0, 1e1, 1e2, 1e3, 1e4, 1e5]
        .iter()
        .filter(|&&limit| magnitude >= limit)
        .count();
    Some((digits + zeros).saturating_sub(whole))
}

fn special(value: f64) -> Option<String> {
    if value.is_nan() {
        return Some(MISSING.to_owned());
    }
    if value.is_infinite() {
        return Some(if value > 0.0 { "∞" } else { "−∞" }.to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn number_keeps_its_significant_digits() {
        let cases = [
            (0.246_81, "0.2468"),
            (0.055_34, "0.05534"),
            (2.312_385, "2.312"),
            (12.345_6, "12.35"),
            (12_345.6, "12346"),
            (0.0, "0"),
            (0.000_1, "0.0001000"),
            (0.000_012_34, "1.234e-5"),
            (1e7, "1.000e7"),
            (-0.5, "-0.5000"),
        ];
        for (value, expected) in cases {
            assert_eq!(significant(value, 4), expected, "{value}");
        }
    }

    #[test]
    fn number_that_is_undefined_or_infinite_is_a_symbol() {
        for format in [percent, depth, |v| significant(v, 3)] {
            assert_eq!(format(f64::NAN), "—");
            assert_eq!(format(f64::INFINITY), "∞");
            assert_eq!(format(f64::NEG_INFINITY), "−∞");
        }
    }

    #[test]
    fn number_with_deviation_has_the_decimals_of_its_mean() {
        assert_eq!(NumberFormat::Rate.with_sd(0.0269, 0.001_23), "2.69 ± 0.12 %");
        assert_eq!(NumberFormat::Score.with_sd(0.055_34, 0.002_1), "0.0553 ± 0.0021");
        assert_eq!(NumberFormat::Depth.with_sd(6.4, 0.5), "6.40 ± 0.50");
        assert_eq!(NumberFormat::Score.with_sd(0.0, 0.0), "0 ± 0");
    }

    #[test]
    fn number_that_is_a_difference_has_a_sign() {
        let difference = |format: NumberFormat, value| format.difference(value, Some([-0.001, 0.02]));
        assert_eq!(difference(NumberFormat::Score, 0.0095), "+0.0095 [−0.0010, +0.0200]");
        assert_eq!(difference(NumberFormat::Rate, 0.0095), "+0.95 [−0.10, +2.00] pp");
        assert_eq!(NumberFormat::Rate.difference(-0.0012, None), "−0.12 pp");
        assert_eq!(NumberFormat::Score.difference(-1e-9, None), "0.0000");
        assert_eq!(NumberFormat::Score.difference(f64::NAN, None), "—");
        assert_eq!(NumberFormat::Rate.difference(-f64::MAX, None), "−∞ pp");
    }

    #[test]
    fn number_of_thousands_is_grouped() {
        let groups = [0, 12, 123, 1234, 1_234_567].map(|n| count(n).replace('\u{202f}', "_"));
        assert_eq!(groups, ["0", "12", "123", "1_234", "1_234_567"]);
    }

    #[test]
    fn number_carries_its_unit() {
        assert_eq!(percent(0.0269), "2.69 %");
        assert_eq!(plural(1, "run"), "1 run");
        assert_eq!(plural(0, "run"), "0 runs");
    }
}
