use super::*;
use crate::bench::measure::{Record, Side};
use crate::bench::medians::tests::record;

/// What both sides would print if PyTorch took `factor` times as long and as much memory.
fn records(factor: f64, sum_of: impl Fn(usize) -> usize) -> Vec<Record> {
    let mut records = Vec::new();
    for setting in plan::settings(plan::Extent::Full) {
        let threads = if setting.ours.contains("--threads 1") { 1 } else { 2 };
        let step = if setting.name == plan::DEEP { 40.0 } else { 10.0 } * 2.0 / f64::from(threads);
        let sum = plan::SAME_BITS_THREADS
            .into_iter()
            .find(|threads| setting.name.ends_with(&format!("t{threads}")))
            .map_or(0, &sum_of);
        let ours = format!(
            r#"{{"train_step_ms": {step}, "train_gflop_per_s": 80, "sgemm_gflop_per_s": 100, "eval_ms": 8,
            "pruned_eval_ms": 4, "peak_rss_mib": 100, "weights_sha256": "{sum}"}}"#
        );
        records.push(record(&setting.name, Side::Ours, &[&ours]));
        if setting.peer.is_some() {
            let peer = |way: &str, slower: f64| {
                let [step, eval, mib] = [step, 8.0, 100.0].map(|ours| ours * factor * slower);
                format!(
                    r#"{{"train_step_ms": {step}, "sgemm_gflop_per_s": 200, "eval_ms": {eval}, "peak_rss_mib": {mib},
                    "way": "{way}"}}"#
                )
            };
            let [plain, compiled] = [peer("plain", 1.5), peer("plain, compiled", 1.0)];
            records.push(record(&setting.name, Side::Peer, &[&plain, &compiled]));
        }
    }
    records
}

fn verdicts(records: &[Record]) -> Vec<(String, String)> {
    let rows = rows(Medians(records)).unwrap();
    rows.into_iter().map(|row| (row.what, row.verdict)).collect()
}

#[track_caller]
fn check_verdict(verdicts: &[(String, String)], start: &str, expected: &str) {
    let found: Vec<&str> = verdicts
        .iter()
        .filter(|(what, _)| what.starts_with(start))
        .map(|(_, verdict)| verdict.as_str())
        .collect();
    assert_eq!(found, [expected], "{start}");
}

#[test]
fn each_row_is_held_to_its_bar() {
    let fast = verdicts(&records(20.0, |_| 7));
    let is_good = |(_, verdict): &&(String, String)| verdict == "met" || verdict == "-";
    assert!(fast.iter().all(|row| is_good(&row)), "{fast:?}");

    let slow = verdicts(&records(1.5, |threads| threads));
    check_verdict(
        &slow,
        "conv, training step, D 10, batch 128, 28x28x1",
        "missed by 25.0 %",
    );
    check_verdict(&slow, "conv, evaluation of all depths", "missed by 16.7 %");
    check_verdict(
        &slow,
        "fc, training step, D 20, 200 points, width 20, against PyTorch",
        "missed by 85.0 %",
    );
    check_verdict(
        &slow,
        "fc, training step, D 20, 200 points, width 20, against torch",
        "-",
    );
    check_verdict(&slow, "conv, peak memory", "missed by 66.7 %");
    check_verdict(&slow, "conv and fc, weights", "missed");
    check_verdict(&slow, "the first row on two threads", "met");
    check_verdict(&slow, "the first row at D 40", "met");
    check_verdict(&slow, "conv, evaluation pruned", "met");
}

#[test]
fn without_the_peer_its_rows_are_not_measured() {
    let mut ours = records(20.0, |_| 7);
    ours.retain(|record| record.side == Side::Ours);
    let verdicts = verdicts(&ours);
    check_verdict(&verdicts, "conv, training step, D 10, batch 128, 28x28x1", NOT_MEASURED);
    check_verdict(&verdicts, "conv, peak memory", NOT_MEASURED);
    check_verdict(&verdicts, "the first row's speed", "met");
}

#[test]
fn bits_that_were_not_all_measured_are_not_called_the_same() {
    let mut some = records(20.0, |_| 7);
    some.retain(|record| !record.setting.ends_with("t8"));
    check_verdict(&verdicts(&some), "conv and fc, weights", NOT_MEASURED);
}

#[test]
fn fastest_way_and_number_of_threads_count() {
    let rows = rows(Medians(&records(20.0, |_| 7))).unwrap();
    let row = |start: &str| rows.iter().find(|row| row.what.starts_with(start)).unwrap();
    let conv = row("conv, training step, D 10, batch 128, 28x28x1");
    assert_eq!(
        (conv.ours.as_str(), conv.other.as_str()),
        ("10.0 ms", "200 ms (plain, compiled)")
    );
    let eager = row("fc, training step, D 20, 200 points, width 20, against PyTorch");
    assert_eq!((eager.ours.as_str(), eager.other.as_str()), ("10.0 ms", "300 ms"));
}

#[test]
fn a_ratio_that_only_rounds_to_the_bar_does_not_meet_it() {
    assert_eq!(Bar::AtLeast(2.0).verdict(Some(2.0)), "met");
    assert_eq!(Bar::AtLeast(2.0).verdict(Some(1.996)), "missed by 0.2 %");
    assert_eq!(Bar::AtMost(0.4).verdict(Some(0.5)), "missed by 25.0 %");
}

#[test]
fn numbers_are_told_with_three_digits() {
    assert_eq!(
        [177.4, 17.74, 1.774, 0.1774].map(digits),
        ["177", "17.7", "1.77", "0.177"]
    );
}
