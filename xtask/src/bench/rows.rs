//! The table: what was measured on each side, the ratio, and the threshold that it is held to.

use anyhow::Result;
use serde::Serialize;

use super::measure::{Measured, Side, median, number, text};
use super::plan;

/// What stands where nothing was measured.
const NOT_MEASURED: &str = "not measured";

/// What a ratio is held to.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Threshold {
    AtLeast(f64),
    AtMost(f64),
    /// It is only printed.
    None,
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

/// A value with what was measured, and the peer's way of running the network that gave it.
type Value = Option<(f64, String)>;

/// Every row, in the order of the table.
pub(super) fn rows(measured: Measured<'_>) -> Result<Vec<Row>> {
    use Threshold::{AtLeast, AtMost};
    let ours = |setting: &str, field: &str| measured.ours(setting, field);
    let fastest = |setting: &str, field: &str| measured.peer_smallest(setting, field, |_| true);
    let mut rows = Vec::new();
    // The peer's fastest way over ours, on two threads.
    for (setting, field, what, bound) in [
        (
            plan::CONV_28,
            "train_step_ms",
            "conv, training step, D 10, batch 128, 28x28x1",
            2.0,
        ),
        (
            plan::CONV_32,
            "train_step_ms",
            "conv, training step, D 10, batch 128, 32x32x3",
            2.0,
        ),
        (
            plan::EVALUATION,
            "eval_ms",
            "conv, evaluation of all depths, D 10, batch 500, 28x28x1",
            1.8,
        ),
    ] {
        let (ours, peer) = (ours(setting, field)?, fastest(setting, field)?);
        let ratio = quotient(&peer, &ours);
        rows.push(row(what, [ours, peer], "ms", ratio, AtLeast(bound)));
    }
    let train = ["train_gflop_per_s", "sgemm_gflop_per_s"];
    let ratio = measured.our_quotient(plan::CONV_28, train)?;
    let sides = [ours(plan::CONV_28, train[0])?, ours(plan::CONV_28, train[1])?];
    let what = "the first row's speed over that of large matrices (crate gemm)";
    rows.insert(2, row(what, sides, "GFLOP/s", ratio, AtLeast(0.75)));

    let is_compiled = |way: &str| way.ends_with("compiled");
    rows.extend(fully_connected(
        measured,
        &|way| !is_compiled(way),
        "PyTorch eager",
        AtLeast(15.0),
    )?);
    rows.extend(fully_connected(
        measured,
        &is_compiled,
        "torch.compile",
        Threshold::None,
    )?);

    let (rss, peer) = (
        ours(plan::MEMORY, "peak_rss_mib")?,
        fastest(plan::MEMORY, "peak_rss_mib")?,
    );
    let ratio = quotient(&rss, &peer);
    rows.push(row(
        "conv, peak memory, D 50, batch 512, 28x28x1",
        [rss, peer],
        "MiB",
        ratio,
        AtMost(0.4),
    ));
    rows.extend(against_itself(measured)?);
    rows.push(same_bits(measured)?);

    let field = "sgemm_gflop_per_s";
    let peer = measured.values(plan::CONV_28, Side::Peer, |object| number(object, field))?;
    let sides = [ours(plan::CONV_28, field)?, plain(median(peer))];
    let ratio = quotient(&sides[0], &sides[1]);
    rows.push(row(
        "large matrices: crate gemm, against PyTorch",
        sides,
        "GFLOP/s",
        ratio,
        Threshold::None,
    ));
    Ok(rows)
}

/// By threads, by depth, and pruned: no row needs the peer.
#[expect(clippy::cast_precision_loss, reason = "numbers of blocks are small")]
fn against_itself(measured: Measured<'_>) -> Result<[Row; 3]> {
    let ours = |setting: &str, field: &str| measured.ours(setting, field);
    let step = |setting: &str| ours(setting, "train_step_ms");
    let (two, one, deep) = (step(plan::CONV_28)?, step(plan::ONE_THREAD)?, step(plan::DEEP)?);
    let (by_threads, by_depth) = (quotient(&one, &two), quotient(&deep, &two));
    let what = "the first row on two threads, against one";
    let threads = row(what, [two.clone(), one], "ms", by_threads, Threshold::AtLeast(1.8));
    let what = "the first row at D 40, against D 10";
    let depth = row(what, [deep, two], "ms", by_depth, Threshold::AtMost(4.2));

    let eval = ["pruned_eval_ms", "eval_ms"];
    let ratio = measured.our_quotient(plan::EVALUATION, eval)?;
    let sides = [ours(plan::EVALUATION, eval[0])?, ours(plan::EVALUATION, eval[1])?];
    let [d, max_depth] = plan::PRUNED;
    let what = format!("conv, evaluation pruned to {d} of {max_depth} blocks, against the whole");
    let bound = (d + 1) as f64 / (max_depth + 1) as f64 * 1.1;
    let pruned = row(&what, sides, "ms", ratio, Threshold::AtMost(bound));
    Ok([threads, depth, pruned])
}

/// The faster number of threads on each side, at each depth.
fn fully_connected(
    measured: Measured<'_>,
    counts: &impl Fn(&str) -> bool,
    name: &str,
    threshold: Threshold,
) -> Result<Vec<Row>> {
    let row = |max_depth: usize| {
        let (mut ours, mut peer) = (Vec::new(), Vec::new());
        for threads in plan::FC_THREADS {
            let setting = plan::fc(max_depth, threads);
            ours.extend(measured.ours(&setting, "train_step_ms")?);
            peer.extend(measured.peer_smallest(&setting, "train_step_ms", counts)?);
        }
        let smallest = |values: Vec<(f64, String)>| plain(values.into_iter().map(|(ms, _)| ms).min_by(f64::total_cmp));
        let sides = [smallest(ours), smallest(peer)];
        let ratio = quotient(&sides[1], &sides[0]);
        let what = format!("fc, training step, D {max_depth}, 200 points, width 20, against {name}");
        Ok(row(&what, sides, "ms", ratio, threshold))
    };
    plan::FC_DEPTHS.into_iter().map(row).collect()
}

fn same_bits(measured: Measured<'_>) -> Result<Row> {
    let (mut n_runs, mut all_equal) = (0, true);
    for kind in plan::SAME_BITS_KINDS {
        let mut digests = Vec::new();
        for threads in plan::SAME_BITS_THREADS {
            let setting = plan::same_bits(kind, threads);
            digests.extend(measured.values(&setting, Side::Ours, |object| text(object, "weights_sha256"))?);
        }
        n_runs += digests.len();
        digests.dedup();
        all_equal &= digests.len() == 1;
    }
    let is_complete = n_runs == plan::SAME_BITS_KINDS.len() * plan::SAME_BITS_THREADS.len();
    let (ours, verdict) = match (is_complete, all_equal) {
        (false, _) => (NOT_MEASURED, NOT_MEASURED),
        (true, true) => ("the same bits", "met"),
        (true, false) => ("not the same bits", "missed"),
    };
    let threads = plan::SAME_BITS_THREADS.map(|threads| threads.to_string()).join(", ");
    Ok(Row {
        what: format!("conv and fc, weights after two steps on {threads} threads"),
        ours: ours.to_owned(),
        other: "-".to_owned(),
        ratio: None,
        threshold: "the same bits".to_owned(),
        verdict: verdict.to_owned(),
    })
}

fn row(what: &str, sides: [Value; 2], unit: &str, ratio: Option<f64>, threshold: Threshold) -> Row {
    let [ours, other] = sides.map(|value| match value {
        None => NOT_MEASURED.to_owned(),
        Some((value, way)) if way.is_empty() => format!("{} {unit}", digits(value)),
        Some((value, way)) => format!("{} {unit} ({way})", digits(value)),
    });
    Row {
        what: what.to_owned(),
        ours,
        other,
        ratio,
        threshold: match threshold {
            Threshold::AtLeast(bound) => format!("at least {bound:.2}"),
            Threshold::AtMost(bound) => format!("at most {bound:.2}"),
            Threshold::None => "-".to_owned(),
        },
        verdict: threshold.verdict(ratio),
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

fn plain(value: Option<f64>) -> Value {
    value.map(|value| (value, String::new()))
}

fn quotient(above: &Value, below: &Value) -> Option<f64> {
    Some(above.as_ref()?.0 / below.as_ref()?.0)
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
    use crate::bench::measure::{Record, record};

    /// What both sides would print if PyTorch took `factor` times as long and as much memory.
    fn records(factor: f64, digest_of: impl Fn(usize) -> usize) -> Vec<Record> {
        let mut records = Vec::new();
        for setting in plan::settings(plan::Extent::Full) {
            let threads = if setting.ours.contains("--threads 1") { 1.0 } else { 2.0 };
            let step = if setting.name == plan::DEEP { 40.0 } else { 10.0 } * 2.0 / threads;
            let mut threads = plan::SAME_BITS_THREADS.into_iter();
            let threads = threads.find(|threads| setting.name.ends_with(&format!("t{threads}")));
            let digest = threads.map_or(0, &digest_of);
            let ours = format!(
                r#"{{"train_step_ms": {step}, "train_gflop_per_s": 80, "sgemm_gflop_per_s": 100, "eval_ms": 8,
                "pruned_eval_ms": 4, "peak_rss_mib": 100, "weights_sha256": "{digest}"}}"#
            );
            records.push(record(&setting.name, Side::Ours, &[&ours]));
            if setting.peer.is_some() {
                let peer = |way: &str, slower: f64| {
                    let [step, eval, mib] = [step, 8.0, 100.0].map(|ours| ours * factor * slower);
                    format!(
                        r#"{{"train_step_ms": {step}, "sgemm_gflop_per_s": 200, "eval_ms": {eval},
                        "peak_rss_mib": {mib}, "way": "{way}"}}"#
                    )
                };
                let [eager, compiled] = [peer("plain", 1.5), peer("plain, compiled", 1.0)];
                records.push(record(&setting.name, Side::Peer, &[&eager, &compiled]));
            }
        }
        records
    }

    #[track_caller]
    fn check_verdicts(records: &[Record], expected: &[(&str, &str)]) {
        let rows = rows(Measured(records)).unwrap();
        for (start, expected) in expected {
            let found = rows.iter().filter(|row| row.what.starts_with(start));
            let found: Vec<&str> = found.map(|row| row.verdict.as_str()).collect();
            assert_eq!(found, [*expected], "{start}");
        }
    }

    #[test]
    fn bench_rows_are_held_to_their_thresholds() {
        for row in rows(Measured(&records(20.0, |_| 7))).unwrap() {
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
        some.retain(|record| record.side == Side::Ours && !record.setting.ends_with("t8"));
        let expected = [
            ("conv, training step, D 10, batch 128, 28x28x1", NOT_MEASURED),
            ("conv, peak memory", NOT_MEASURED),
            ("conv and fc, weights", NOT_MEASURED),
            ("the first row's speed", "met"),
        ];
        check_verdicts(&some, &expected);
    }

    #[test]
    fn bench_takes_the_fastest_way_and_number_of_threads() {
        let rows = rows(Measured(&records(20.0, |_| 7))).unwrap();
        let row = |start: &str| rows.iter().find(|row| row.what.starts_with(start)).unwrap();
        let conv = row("conv, training step, D 10, batch 128, 28x28x1");
        assert_eq!([&conv.ours, &conv.other], ["10.0 ms", "200 ms (plain, compiled)"]);
        let eager = row("fc, training step, D 20, 200 points, width 20, against PyTorch");
        assert_eq!([&eager.ours, &eager.other], ["10.0 ms", "300 ms"]);
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
