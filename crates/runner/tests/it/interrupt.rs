//! Signals.

#![cfg(unix)]

use std::io::{BufRead as _, BufReader};
use std::process::{Command, Stdio};

use crate::sandbox::Sandbox;

#[test]
fn signal_stops_the_run_and_what_there_was_is_stored() {
    for signal in ["INT", "TERM", "USR1"] {
        let sandbox = Sandbox::new();
        // Far more epochs than the test waits for.
        let train =
            "train CONFIGS/spirals.ron --set epochs=1000000 --set selection.patience=None --set max_depth=2 --out r";
        let mut child = sandbox
            .command(train)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        for _ in 0..5 {
            lines.next().unwrap().unwrap();
        }
        let sent = Command::new("kill")
            .args([format!("-{signal}"), child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
        lines.for_each(drop);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(75), "{signal}");
        let summary = sandbox.json("r/summary.json");
        assert_eq!(summary["stopped_by"], "interrupted");
        let epochs = summary["epochs"].as_u64().unwrap();
        assert_eq!(sandbox.text("r/metrics.jsonl").lines().count() as u64, epochs);
        assert!(String::from_utf8(output.stdout).unwrap().contains("interrupted"));
        sandbox.run("evaluate r");
        let verified = sandbox.run("verify r");
        assert!(verified.contains("come out the same"), "{verified}");
    }
}
