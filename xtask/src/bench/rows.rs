//! The table: what was measured on each side, the ratio, and the threshold that it is held to.

use anyhow::Result;
use serde::Serialize;

use super::measure::{Number, Record, Side, Ways, texts};

/// What stands where nothing was measured.
const NOT_MEASURED: &str = "not measured";

/// A row before it is measured.
struct Comparison {
    what: &'static str,
    ours: Number,
    /// The peer's number, or another of ours.
    other: Number,
    ratio: Ratio,
    threshold: Threshold,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Ratio {
    /// How many times faster ours is: the other time over ours.
    TimesFaster,
    /// How much of the other it is, or how many times: ours over the other.
    OfTheOther,
}

/// What a ratio is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Threshold {
    AtLeast(f64),
    AtMost(f64),
    /// It is only printed.
    None,
}

/// Every row but that of the same bits, in the order of the table.
#[rustfmt::skip]
const COMPARISONS: [Comparison; 13] = {
    use Ratio::{OfTheOther, TimesFaster};
    use Threshold::{AtLeast, AtMost, None};
    use Ways::{All, Compiled, Eager};
    const STEP: &str = "train_step_ms";
    const EVAL: &str = "eval_ms";
    const SGEMM: &str = "sgemm_gflop_per_s";
    [
        row("conv, training step, D 10, batch 128, 28x28x1",
            ours("conv-28", STEP), peer("conv-28", STEP, All), TimesFaster, AtLeast(2.0)),
        row("conv, training step, D 10, batch 128, 32x32x3",
            ours("conv-32", STEP), peer("conv-32", STEP, All), TimesFaster, AtLeast(2.0)),
        row("the first row's speed over that of large matrices (crate gemm)",
            ours("conv-28", "train_gflop_per_s"), ours("conv-28", SGEMM), OfTheOther, AtLeast(0.75)),
        row("conv, evaluation of all depths, D 10, batch 500, 28x28x1",
            ours("conv-28-evaluation", EVAL), peer("conv-28-evaluation", EVAL, All), TimesFaster, AtLeast(1.8)),
        row("fc, training step, D 20, 200 points, width 20, against PyTorch eager",
            ours("fc-20", STEP), peer("fc-20", STEP, Eager), TimesFaster, AtLeast(15.0)),
        row("fc, training step, D 100, 200 points, width 20, against PyTorch eager",
            ours("fc-100", STEP), peer("fc-100", STEP, Eager), TimesFaster, AtLeast(15.0)),
        row("fc, training step, D 20, 200 points, width 20, against torch.compile",
            ours("fc-20", STEP), peer("fc-20", STEP, Compiled), TimesFaster, None),
        row("fc, training step, D 100, 200 points, width 20, against torch.compile",
            ours("fc-100", STEP), peer("fc-100", STEP, Compiled), TimesFaster, None),
        row("conv, peak memory, D 50, batch 512, 28x28x1",
            ours("conv-28-memory", "peak_rss_mib"), peer("conv-28-memory", "peak_rss_mib", All), OfTheOther, AtMost(0.4)),
        row("the first row on two threads, against one",
            ours("conv-28", STEP), ours("conv-28-one-thread", STEP), TimesFaster, AtLeast(1.8)),
        row("the first row at D 40, against D 10",
            ours("conv-28-deep", STEP), ours("conv-28", STEP), OfTheOther, AtMost(4.2)),
        // 5 of 11 depths, and a tenth more.
        row("conv, evaluation pruned to 4 of 10 blocks, against the whole",
            ours("conv-28-evaluation", "pruned_eval_ms"), ours("conv-28-evaluation", EVAL), OfTheOther, AtMost(0.5)),
        row("large matrices: crate gemm, against PyTorch",
            ours("conv-28", SGEMM), peer("conv-28", SGEMM, All), OfTheOther, None),
    ]
};

const fn row(what: &'static str, ours: Number, other: Number, ratio: Ratio, threshold: Threshold) -> Comparison {
    Comparison {
        what,
        ours,
        other,
        ratio,
        threshold,
    }
}

const fn ours(setting: &'static str, field: &'static str) -> Number {
    let side = Side::Ours;
    Number {
        side,
        ..peer(setting, field, Ways::All)
    }
}

const fn peer(setting: &'static str, field: &'static str, ways: Ways) -> Number {
    let side = Side::Peer;
    Number {
        side,
        setting,
        field,
        ways,
    }
}

/// A row of the table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Row {
    pub(super) what: String,
    pub(super) ours: String,
    /// The other side: PyTorch, or what the row compares with.
    pub(super) other: String,
    pub(super) ratio: Option<f64>,
    pub(super) threshold: String,
    pub(super) verdict: String,
}

/// Every row, in the order of the table.
pub(super) fn rows(records: &[Record]) -> Result<Vec<Row>> {
    let rows = COMPARISONS.iter().map(|comparison| comparison.row(records));
    let mut rows: Vec<Row> = rows.collect::<Result<_>>()?;
    rows.push(same_bits(records));
    Ok(rows)
}

impl Comparison {
    fn row(&self, records: &[Record]) -> Result<Row> {
        let ratio = match self.ratio {
            Ratio::TimesFaster => self.other.over(self.ours, records)?,
            Ratio::OfTheOther => self.ours.over(self.other, records)?,
        };
        let cell = |number: Number| -> Result<String> {
            let unit = match number.field.rsplit('_').next() {
                Some("ms") => "ms",
                Some("mib") => "MiB",
                _ => "GFLOP/s",
            };
            Ok(match number.best(records)? {
                None => NOT_MEASURED.to_owned(),
                Some((value, way)) if way.is_empty() => format!("{} {unit}", digits(value)),
                Some((value, way)) => format!("{} {unit} ({way})", digits(value)),
            })
        };
        Ok(Row {
            what: self.what.to_owned(),
            ours: cell(self.ours)?,
            other: cell(self.other)?,
            ratio,
            threshold: match self.threshold {
                Threshold::AtLeast(bound) => format!("at least {bound:.2}"),
                Threshold::AtMost(bound) => format!("at most {bound:.2}"),
                Threshold::None => "-".to_owned(),
            },
            verdict: self.threshold.verdict(ratio),
        })
    }
}

/// The settings `same-bits-…` are measured once for each number of threads.
fn same_bits(records: &[Record]) -> Row {
    let digests =
        ["same-bits-conv", "same-bits-fc"].map(|setting| texts(records, Side::Ours, setting, "weights_sha256"));
    let (ours, verdict) = if digests.iter().any(|digests| digests.len() != 4) {
        (NOT_MEASURED, NOT_MEASURED)
    } else if digests.iter().all(|of| of.iter().all(|digest| *digest == of[0])) {
        ("the same bits", "met")
    } else {
        ("not the same bits", "missed")
    };
    Row {
        what: "conv and fc, weights after two steps on 1, 2, 3, 8 threads".to_owned(),
        ours: ours.to_owned(),
        other: "-".to_owned(),
        ratio: None,
        threshold: "the same bits".to_owned(),
        verdict: verdict.to_owned(),
    }
}

impl Row {
    pub(super) fn cells(&self) -> Vec<String> {
        let ratio = self.ratio.map_or_else(|| "-".to_owned(), digits);
        let [what, ours, other] = [&self.what, &self.ours, &self.other];
        [what, ours, other, &ratio, &self.threshold, &self.verdict]
            .map(Clone::clone)
            .to_vec()
    }
}

impl Threshold {
    /// Whether the ratio meets it, and by how much it falls short; a ratio that only rounds to it does not meet it.
    fn verdict(self, ratio: Option<f64>) -> String {
        let Some(ratio) = ratio else {
            return NOT_MEASURED.to_owned();
        };
        let shortfall = match self {
            Self::AtLeast(bound) => (bound - ratio) / bound,
            Self::AtMost(bound) => (ratio - bound) / bound,
            Self::None => return "-".to_owned(),
        };
        if shortfall <= 0.0 {
            return "met".to_owned();
        }
        format!("missed by {:.1} %", 100.0 * shortfall)
    }
}

/// Three significant digits from 1 on, three decimals below.
fn digits(value: f64) -> String {
    let decimals = match value {
        _ if value >= 100.0 => 0,
        _ if value >= 10.0 => 1,
        _ if value >= 1.0 => 2,
        _ => 3,
    };
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bench::measure::tests::record;
    use crate::bench::settings::settings;

    /// What both sides would print if PyTorch took `factor` times as long and as much memory.
    fn records(factor: f64, digest_of: impl Fn(usize) -> usize) -> Vec<Record> {
        let mut records = Vec::new();
        for setting in settings(false) {
            for &threads in setting.threads {
                let step = if setting.name.ends_with("deep") { 80.0 } else { 20.0 } / threads.min(2) as f64;
                let ours = format!(
                    r#"{{"train_step_ms": {step}, "train_gflop_per_s": 80, "sgemm_gflop_per_s": 100, "eval_ms": 8,
                    "pruned_eval_ms": 4, "peak_rss_mib": 100, "weights_sha256": "{}"}}"#,
                    digest_of(threads)
                );
                records.push(record(setting.name, threads, Side::Ours, &[&ours]));
                let peer = |way: &str, slower: f64| {
                    let [step, eval, mib] = [step, 8.0, 100.0].map(|ours| ours * factor * slower);
                    format!(
                        r#"{{"train_step_ms": {step}, "sgemm_gflop_per_s": 200, "eval_ms": {eval},
                        "peak_rss_mib": {mib}, "way": "{way}"}}"#
                    )
                };
                if setting.arguments(Side::Peer, threads).is_some() {
                    let [eager, compiled] = [peer("plain", 1.5), peer("plain, compiled", 1.0)];
                    records.push(record(setting.name, threads, Side::Peer, &[&eager, &compiled]));
                }
            }
        }
        records
    }

    #[track_caller]
    fn check_verdicts(records: &[Record], expected: &[(&str, &str)]) {
        let rows = rows(records).unwrap();
        for (start, expected) in expected {
            let found = rows.iter().filter(|row| row.what.starts_with(start));
            let found: Vec<&str> = found.map(|row| row.verdict.as_str()).collect();
            assert_eq!(found, [*expected], "{start}");
        }
    }

    #[test]
    fn bench_rows_are_held_to_their_thresholds() {
        for row in rows(&records(20.0, |_| 7)).unwrap() {
            assert!(["met", "-"].contains(&row.verdict.as_str()), "{row:?}");
        }
        let expected = [
            ("conv, training step, D 10, batch 128, 28x28x1", "missed by 25.0 %"),
            ("conv, evaluation of all depths", "missed by 16.7 %"),
            (
                "fc, training step, D 20, 200 points, width 20, against PyTorch",
                "missed by 85.0 %",
            ),
            ("fc, training step, D 20, 200 points, width 20, against torch", "-"),
            ("conv, peak memory", "missed by 66.7 %"),
            ("conv and fc, weights", "missed"),
            ("the first row on two threads", "met"),
            ("the first row at D 40", "met"),
            ("conv, evaluation pruned", "met"),
        ];
        check_verdicts(&records(1.5, |threads| threads), &expected);
    }

    #[test]
    fn bench_rows_without_the_peer_or_a_setting_are_not_measured() {
        let mut some = records(20.0, |_| 7);
        some.retain(|record| record.side == Side::Ours && record.threads != 8);
        let expected = [
            ("conv, training step, D 10, batch 128, 28x28x1", NOT_MEASURED),
            ("conv, peak memory", NOT_MEASURED),
            ("conv and fc, weights", NOT_MEASURED),
            ("the first row's speed", "met"),
        ];
        check_verdicts(&some, &expected);
    }

    #[test]
    fn bench_names_the_way_that_counts() {
        let rows = rows(&records(20.0, |_| 7)).unwrap();
        let row = |start: &str| rows.iter().find(|row| row.what.starts_with(start)).unwrap();
        let conv = row("conv, training step, D 10, batch 128, 28x28x1");
        assert_eq!([&conv.ours, &conv.other], ["10.0 ms", "200 ms (plain, compiled)"]);
        let eager = row("fc, training step, D 20, 200 points, width 20, against PyTorch");
        assert_eq!([&eager.ours, &eager.other], ["10.0 ms", "300 ms (plain)"]);
    }

    #[test]
    fn bench_ratio_that_only_rounds_to_the_threshold_does_not_meet_it() {
        assert_eq!(Threshold::AtLeast(2.0).verdict(Some(2.0)), "met");
        assert_eq!(Threshold::AtLeast(2.0).verdict(Some(1.996)), "missed by 0.2 %");
        assert_eq!(Threshold::AtMost(0.4).verdict(Some(0.5)), "missed by 25.0 %");
    }

    #[test]
    fn bench_numbers_have_three_digits() {
        let printed = [177.4, 17.74, 1.774, 0.1774].map(digits);
        assert_eq!(printed, ["177", "17.7", "1.77", "0.177"]);
    }
}
