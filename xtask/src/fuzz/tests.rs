//! What is read off libFuzzer's words.

use super::*;

const QUIET: &str = "\
INFO: seed corpus: files: 4 min: 24b max: 1584b total: 3216b rss: 44Mb
#1024\tREDUCE cov: 10 ft: 20 corp: 5/100b lim: 4 exec/s: 512 rss: 46Mb
#90000\tDONE   cov: 12 ft: 22 corp: 7/130b lim: 4096 exec/s: 8181 rss: 60Mb
Done 90000 runs in 11 second(s)
stat::number_of_executed_units: 90000
stat::average_exec_per_sec:     8181
";

#[test]
fn a_run_without_findings_is_counted() {
    let report = parse("idx", QUIET, true);
    let expected = TargetReport {
        name: "idx".to_owned(),
        executions: 90_000,
        seconds: 11,
        findings: Vec::new(),
        corpus: 7,
    };
    assert_eq!(report, expected);
    assert!(verdict(&Report { targets: vec![report] }).is_ok());
}

fn crashed() -> TargetReport {
    let artifact = workspace_root().join("target/fuzz/artifacts/mat/crash-0a");
    let log = format!(
        "#512\tNEW    cov: 9 ft: 9 corp: 3/9b lim: 4 exec/s: 0 rss: 40Mb\n\
         thread '<unnamed>' panicked at crates/datasets/src/mat/mod.rs:7:9:\n\
         ==12== ERROR: libFuzzer: deadly signal\n\
         artifact_prefix='x/'; Test unit written to {}\n\
         stat::number_of_executed_units: 700\n\
         stat::average_exec_per_sec:     350\n",
        artifact.display()
    );
    parse("mat", &log, false)
}

#[test]
fn a_finding_is_told_with_its_input() {
    let report = crashed();
    assert_eq!((report.executions, report.seconds, report.corpus), (700, 2, 3));
    let message = verdict(&Report { targets: vec![report] }).unwrap_err().to_string();
    let expected = "mat: thread '<unnamed>' panicked at crates/datasets/src/mat/mod.rs:7:9: \
                    (target/fuzz/artifacts/mat/crash-0a)";
    assert!(message.ends_with(expected), "{message}");
}

#[test]
fn failure_without_a_known_word_is_a_finding() {
    assert_eq!(parse("mat", QUIET, false).findings.len(), 1);
}

#[test]
fn report_has_the_fields_that_readers_expect() {
    let json = serde_json::to_value(Report {
        targets: vec![crashed()],
    })
    .unwrap();
    let target = &json["targets"][0];
    assert_eq!((&target["name"], &target["executions"]), (&"mat".into(), &700.into()));
    assert_eq!(target["findings"][0]["artifact"], "target/fuzz/artifacts/mat/crash-0a");
    assert_eq!(target["seconds"], 2);
}

#[test]
fn every_target_has_its_file_and_seeds_and_strangers_are_refused() {
    let all = all_targets().unwrap();
    assert!(all.len() >= 6);
    for target in &all {
        let package = workspace_root().join(PACKAGE);
        assert!(package.join(format!("fuzz_targets/{target}.rs")).is_file(), "{target}");
        assert!(package.join(SEEDS).join(target).is_dir(), "{target}");
    }
    let error = chosen(&["ixd".to_owned()], &all).unwrap_err();
    assert!(error.is::<BadRequest>() && error.to_string().contains("`ixd`; there are idx"));
}
