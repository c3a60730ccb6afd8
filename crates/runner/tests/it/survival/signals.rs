//! Signals.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::lock::ENDLESS;
use super::{finish, journal, undisturbed};
use crate::sandbox::Sandbox;

const SIGNALS: [&str; 3] = ["INT", "TERM", "USR1"];

/// Longest time from a signal to the end of the process.
const SECONDS: u64 = 5;

pub(super) fn send(signal: &str, child: &Child) {
    let sent = Command::new("kill")
        .args([format!("-{signal}"), child.id().to_string()])
        .status()
        .unwrap();
    assert!(sent.success());
}

/// A process that has told of its first epochs.
fn started(sandbox: &Sandbox, arguments: &str) -> Child {
    let mut command = sandbox.command(arguments);
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    for _ in 0..5 {
        lines.next().unwrap().unwrap();
    }
    child
}

#[test]
fn signal_saves_the_state_and_ends_the_process_within_seconds() {
    for signal in SIGNALS {
        let sandbox = Sandbox::new();
        let child = started(&sandbox, &format!("{ENDLESS} --out r"));
        let start = Instant::now();
        send(signal, &child);
        let output = child.wait_with_output().unwrap();
        assert!(
            start.elapsed() < Duration::from_secs(SECONDS),
            "{signal}: {:?}",
            start.elapsed()
        );
        assert_eq!(output.status.code(), Some(75), "{signal}");
        assert!(!sandbox.path("r/summary.json").exists());
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert!(
            stderr.trim_end().ends_with("; `vds train --resume r` resumes"),
            "{stderr}"
        );
        let events = journal(&sandbox);
        let last: Vec<_> = events.iter().rev().take(2).map(|event| &event["event"]).collect();
        assert_eq!(last, ["end", "checkpoint"]);
        assert_eq!(events.last().unwrap()["reason"], "interrupted");
        assert_eq!(super::damage::checkpoints(&sandbox).len(), 1);
    }
    vds_testkit::counts::record("signals", &serde_json::json!({ "signals": SIGNALS.len() }));
}

#[test]
fn interrupted_run_goes_on_to_the_same_bytes() {
    let train = "train CONFIGS/spirals.ron --set epochs=400 --set early_stopping.patience=None --set max_depth=4";
    let sandbox = Sandbox::new();
    let mut child = started(&sandbox, &format!("{train} --out r"));
    send("TERM", &child);
    drop(child.stderr.take());
    assert_eq!(child.wait().unwrap().code(), Some(75));
    sandbox.run("train --resume r --quiet --threads 1");
    assert_eq!(finish(&sandbox), undisturbed(&format!("{train} --quiet")));
}

#[test]
fn signal_in_an_evaluation_does_not_wait_for_its_end() {
    // The evaluation after an epoch takes most of the time: 1,000 examples to select on, two to train on.
    let train = "train CONFIGS/fashion-mnist-mini.ron --set n_train=4 --set max_depth=30 --set early_stopping.split=test \
                 --set epochs=1000 --set early_stopping.patience=None --quiet --threads 1 --out r";
    let sandbox = Sandbox::new();
    let child = super::lock::training(&sandbox, train);
    std::thread::sleep(Duration::from_millis(150));
    let start = Instant::now();
    send("TERM", &child);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(75));
    assert!(start.elapsed() < Duration::from_secs(SECONDS), "{:?}", start.elapsed());
}

#[test]
fn signals_of_a_scheduler_in_quick_succession_lose_nothing() {
    for second in ["TERM", "USR1"] {
        let sandbox = Sandbox::new();
        let child = started(&sandbox, &format!("{ENDLESS} --out r"));
        for signal in ["USR1", "TERM", second, "TERM"] {
            send(signal, &child);
        }
        assert_eq!(child.wait_with_output().unwrap().status.code(), Some(75), "{second}");
        assert_eq!(super::damage::checkpoints(&sandbox).len(), 1);
    }
}

#[test]
fn signal_before_the_run_begins_leaves_an_earlier_run_alone() {
    let sandbox = Sandbox::new();
    sandbox.run("train CONFIGS/spirals.ron --quiet --set epochs=2 --out r");
    let before = sandbox.everything();
    // Most of the time goes into making the points.
    let slow = "train CONFIGS/spirals.ron --quiet --set epochs=2 --set dataset.n=100000 --out r --overwrite";
    let mut interrupted = 0;
    for wait in [2, 4, 8, 16, 32, 64, 128, 256] {
        let mut child = super::spawn(sandbox.command(slow));
        std::thread::sleep(Duration::from_millis(wait));
        send("TERM", &child);
        let code = child.wait().unwrap().code();
        let has_begun = sandbox.text("r/config.ron").contains("100000");
        // Before it listens for signals, one ends it.
        assert!([None, Some(75)].contains(&code), "{code:?}");
        if has_begun {
            break;
        }
        interrupted += usize::from(code == Some(75));
        let after = sandbox.everything();
        assert!(after == before || after.len() == before.len(), "the old run is there");
        for file in ["r/summary.json", "r/weights.safetensors", "r/metrics.jsonl"] {
            assert!(sandbox.path(file).exists(), "{file}");
        }
    }
    assert!(interrupted > 0, "no signal came between the start and the beginning");
}

#[test]
fn second_interrupt_ends_the_process_at_once() {
    // The state is large, so that the first signal's checkpoint takes a while.
    let train = format!("{ENDLESS} --set network=Fc(width:512) --set max_depth=30 --out r");
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&train);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    lines.next().unwrap().unwrap();
    send("INT", &child);
    // Time for the first one to arrive, not for a step and a checkpoint of a hundred megabytes.
    std::thread::sleep(Duration::from_millis(30));
    send("INT", &child);
    let start = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(SECONDS));
}
