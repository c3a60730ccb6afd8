//! The table: what was measured on each side, the ratio, and the threshold that it is held to.

use anyhow::Result;

use super::measure::{Number, Record, Ways};
use super::settings::Side;

/// Titles of the columns.
pub(super) const HEADER: [&str; 6] = ["what", "ours", "other side", "ratio", "threshold", "verdict"];
/// What stands where nothing was measured.
const NOT_MEASURED: &str = "not measured";

#[derive(Clone, Copy, Debug)]
enum Ratio {
    /// How many times faster ours is: the other time over ours.
    Faster,
    /// How much of the other it is, or how many times: ours over the other.
    OfOther,
}

/// What a ratio is held to.
#[derive(Clone, Copy, Debug)]
enum Threshold {
    AtLeast(f64),
    AtMost(f64),
    /// It is only printed.
    None,
}

/// Every row but the last, in the order of the table: what it is, our number, the peer's or another of ours, and their ratio.
#[rustfmt::skip]
const ROWS: [(&str, Number, Number, Ratio, Threshold); 13] = {
    use Ratio::{Faster, OfOther};
    use Side::{Ours, Peer};
    use Threshold::{AtLeast, AtMost, None};
    use Ways::{All, Compiled, Eager};
    const STEP: &str = "train_step_ms";
    const EVAL: &str = "eval_ms";
    const SGEMM: &str = "sgemm_gflop_per_s";
    const EVALUATION: &str = "conv-28-evaluation";
    [
        ("conv, training step, D 10, batch 128, 28x28x1",
            Number(Ours, "conv-28", STEP, All), Number(Peer, "conv-28", STEP, All), Faster, AtLeast(2.0)),
        ("conv, training step, D 10, batch 128, 32x32x3",
            Number(Ours, "conv-32", STEP, All), Number(Peer, "conv-32", STEP, All), Faster, AtLeast(2.0)),
        ("the first row's speed over that of large matrices (crate gemm)",
            Number(Ours, "conv-28", "train_gflop_per_s", All), Number(Ours, "conv-28", SGEMM, All), OfOther, AtLeast(0.75)),
        ("conv, evaluation of all depths, D 10, batch 500, 28x28x1",
            Number(Ours, EVALUATION, EVAL, All), Number(Peer, EVALUATION, EVAL, All), Faster, AtLeast(1.8)),
        ("fc, training step, D 20, 200 points, width 20, against PyTorch eager",
            Number(Ours, "fc-20", STEP, All), Number(Peer, "fc-20", STEP, Eager), Faster, AtLeast(15.0)),
        ("fc, training step, D 100, 200 points, width 20, against PyTorch eager",
            Number(Ours, "fc-100", STEP, All), Number(Peer, "fc-100", STEP, Eager), Faster, AtLeast(15.0)),
        ("fc, training step, D 20, 200 points, width 20, against torch.compile",
            Number(Ours, "fc-20", STEP, All), Number(Peer, "fc-20", STEP, Compiled), Faster, None),
        ("fc, training step, D 100, 200 points, width 20, against torch.compile",
            Number(Ours, "fc-100", STEP, All), Number(Peer, "fc-100", STEP, Compiled), Faster, None),
        ("conv, peak memory, D 50, batch 512, 28x28x1",
            Number(Ours, "conv-28-memory", "peak_rss_mib", All), Number(Peer, "conv-28-memory", "peak_rss_mib", All),
            OfOther, AtMost(0.4)),
        ("the first row on two threads, against one",
            Number(Ours, "conv-28", STEP, All), Number(Ours, "conv-28-one-thread", STEP, All), Faster, AtLeast(1.8)),
        ("the first row at D 40, against D 10",
            Number(Ours, "conv-28-deep", STEP, All), Number(Ours, "conv-28", STEP, All), OfOther, AtMost(4.2)),
        // 5 of 11 depths, and a tenth more.
        ("conv, evaluation pruned to 4 of 10 blocks, against the whole",
            Number(Ours, EVALUATION, "pruned_eval_ms", All), Number(Ours, EVALUATION, EVAL, All), OfOther, AtMost(0.5)),
        ("large matrices: crate gemm, against PyTorch",
            Number(Ours, "conv-28", SGEMM, All), Number(Peer, "conv-28", SGEMM, All), OfOther, None),
    ]
};

/// Every row, in the order of the table.
pub(super) fn rows(records: &[Record]) -> Result<Vec<Vec<String>>> {
    let cell = |number: Number| -> Result<String> {
        let unit = match number.2.rsplit('_').next() {
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
    let mut rows = Vec::new();
    for (what, ours, other, ratio, threshold) in ROWS {
        let ratio = match ratio {
            Ratio::Faster => other.over(ours, records)?,
            Ratio::OfOther => ours.over(other, records)?,
        };
        let bound = match threshold {
            Threshold::AtLeast(bound) => format!("at least {bound:.2}"),
            Threshold::AtMost(bound) => format!("at most {bound:.2}"),
            Threshold::None => "-".to_owned(),
        };
        let printed = ratio.map_or_else(|| "-".to_owned(), digits);
        rows.push(vec![
            what.to_owned(),
            cell(ours)?,
            cell(other)?,
            printed,
            bound,
            threshold.verdict(ratio),
        ]);
    }
    rows.push(same_bits(records));
    Ok(rows)
}

/// The row of the settings that are measured once for each number of threads.
fn same_bits(records: &[Record]) -> Vec<String> {
    let digests = ["same-bits-conv", "same-bits-fc"].map(|setting| {
        let records = records.iter().filter(|record| record.setting == setting);
        records
            .filter_map(|record| record.printed.get("weights_sha256"))
            .collect::<Vec<_>>()
    });
    let (ours, verdict) = if digests.iter().any(|digests| digests.len() != 4) {
        (NOT_MEASURED, NOT_MEASURED)
    } else if digests
        .iter()
        .all(|digests| digests.iter().all(|digest| *digest == digests[0]))
    {
        ("the same bits", "met")
    } else {
        ("not the same bits", "missed")
    };
    let what = "conv and fc, weights after two steps on 1, 2, 3, 8 threads";
    [what, ours, "-", "-", "the same bits", verdict]
        .map(str::to_owned)
        .into()
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
    use serde_json::json;

    /// What both sides would print if PyTorch took `factor` times as long and as much memory.
    fn records(factor: f64, digest_of: impl Fn(usize) -> usize) -> Vec<Record> {
        let mut records = Vec::new();
        for setting in settings(false) {
            for &threads in setting.threads {
                let step = if setting.name.ends_with("deep") { 80.0 } else { 20.0 } / threads.min(2) as f64;
                let ours = json!({
                    "train_step_ms": step, "train_gflop_per_s": 80, "sgemm_gflop_per_s": 100, "eval_ms": 8,
                    "pruned_eval_ms": 4, "peak_rss_mib": 100, "weights_sha256": digest_of(threads)
                });
                records.push(record(setting.name, threads, Side::Ours, ours));
                for (way, factor) in [("plain", 1.5 * factor), ("plain, compiled", factor)] {
                    let peer = json!({
                        "train_step_ms": factor * step, "sgemm_gflop_per_s": 200, "eval_ms": factor * 8.0,
                        "peak_rss_mib": factor * 100.0, "way": way
                    });
                    records.push(record(setting.name, threads, Side::Peer, peer));
                }
            }
        }
        records
    }

    /// The cells of the row that begins like this.
    fn row(records: &[Record], start: &str) -> [String; 6] {
        let mut rows = rows(records).unwrap();
        rows.retain(|row| row[0].starts_with(start));
        assert_eq!(rows.len(), 1, "{start}");
        rows.remove(0).try_into().unwrap()
    }

    #[test]
    fn bench_rows_are_held_to_their_thresholds() {
        for row in rows(&records(20.0, |_| 7)).unwrap() {
            assert!(["met", "-"].contains(&row[5].as_str()), "{row:?}");
        }
        let records = records(1.5, |threads| threads);
        for (start, expected) in [
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
        ] {
            assert_eq!(row(&records, start)[5], expected, "{start}");
        }
    }

    #[test]
    fn bench_rows_without_the_peer_or_a_setting_are_not_measured() {
        let mut some = records(20.0, |_| 7);
        some.retain(|record| record.side == Side::Ours && record.threads != 8);
        for start in [
            "conv, training step, D 10, batch 128, 28x28x1",
            "conv, peak memory",
            "conv and fc, weights",
        ] {
            assert_eq!(row(&some, start)[5], NOT_MEASURED, "{start}");
        }
        assert_eq!(row(&some, "the first row's speed")[5], "met");
    }

    #[test]
    fn bench_rows_name_the_way_that_counts() {
        let records = records(20.0, |_| 7);
        let conv = row(&records, "conv, training step, D 10, batch 128, 28x28x1");
        assert_eq!(conv[1..4], ["10.0 ms", "200 ms (plain, compiled)", "20.0"]);
        let eager = row(
            &records,
            "fc, training step, D 20, 200 points, width 20, against PyTorch",
        );
        assert_eq!(eager[1..5], ["10.0 ms", "300 ms (plain)", "30.0", "at least 15.00"]);
    }

    #[test]
    fn bench_ratio_that_only_rounds_to_the_threshold_does_not_meet_it() {
        assert_eq!(Threshold::AtLeast(2.0).verdict(Some(2.0)), "met");
        assert_eq!(Threshold::AtLeast(2.0).verdict(Some(1.996)), "missed by 0.2 %");
        assert_eq!(Threshold::AtMost(0.4).verdict(Some(0.5)), "missed by 25.0 %");
        assert_eq!(
            [177.4, 17.74, 1.774, 0.1774].map(digits),
            ["177", "17.7", "1.77", "0.177"]
        );
    }
}
