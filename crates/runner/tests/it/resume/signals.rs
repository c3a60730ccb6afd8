//! Signals.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use super::lock::ENDLESS;
use super::{finish, journal, undisturbed};
use crate::sandbox::Sandbox;

#[cfg(target_os = "linux")]
const SIGINT: i32 = 2;
#[cfg(target_os = "linux")]
const SIGTERM: i32 = 15;

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

/// A process that has printed its first epochs.
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
fn train_saves_its_state_and_exits_within_seconds_of_a_signal() {
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
fn resume_after_a_signal_gives_the_same_bytes() {
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
fn train_signal_in_an_evaluation_does_not_wait_for_its_end() {
    // The evaluation after an epoch takes nearly all of its time: 1,000 examples to select on, four to train on.
    let train = "train CONFIGS/fashion-mnist-mini.ron --set n_train=4 --set max_depth=10 --set early_stopping.split=test \
                 --set epochs=1000 --set early_stopping.patience=None --quiet --threads 1 --out r";
    // A process that waited would never save a state in the middle of an epoch; one that does not may be hit between two.
    let is_in_evaluation = |_| {
        let sandbox = Sandbox::new();
        let child = super::lock::training(&sandbox, train);
        let seconds = journal(&sandbox).iter().find_map(|event| event["seconds"].as_f64());
        std::thread::sleep(Duration::from_secs_f64(seconds.unwrap() / 3.0));
        send("TERM", &child);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(75));
        let events = journal(&sandbox);
        let saved = events.iter().rfind(|event| event["event"] == "checkpoint").unwrap();
        saved["steps"] == 1
    };
    assert!(
        (0..8).any(is_in_evaluation),
        "every signal waited for the end of an evaluation"
    );
}

#[test]
fn train_signals_in_quick_succession_lose_nothing() {
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

/// What the kernel says of the signals of a process: a field of its status, one bit per signal.
#[cfg(target_os = "linux")]
fn signal_bits(child: &Child, field: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap();
    let mut lines = status.lines();
    let bits = lines.find_map(|line| line.strip_prefix(field)?.strip_prefix(':'));
    u64::from_str_radix(bits.unwrap().trim(), 16).unwrap()
}

/// Waits until the bit of a signal is as it should be in a field of the status of a process.
#[cfg(target_os = "linux")]
fn wait_for_bit(child: &Child, field: &str, signal: i32, expected: bool) {
    let start = Instant::now();
    while (signal_bits(child, field) >> (signal - 1) & 1 == 1) != expected {
        assert!(start.elapsed() < Duration::from_secs(60), "{field} does not change");
        std::thread::sleep(Duration::from_micros(200));
    }
}

#[test]
#[cfg(target_os = "linux")]
fn train_overwrite_interrupted_before_it_begins_leaves_the_earlier_run_alone() {
    // Most of the time goes into making the points.
    let slow = "train CONFIGS/spirals.ron --quiet --set epochs=2 --set dataset.n=100000 --out r --overwrite";
    let is_interrupted_before = |_| {
        let sandbox = Sandbox::new();
        sandbox.run("train CONFIGS/spirals.ron --quiet --set epochs=2 --out r");
        let files = ["r/summary.json", "r/weights.safetensors", "r/metrics.jsonl"];
        let before = files.map(|file| std::fs::read(sandbox.path(file)).unwrap());
        let mut child = super::spawn(sandbox.command(slow));
        wait_for_bit(&child, "SigCgt", SIGTERM, true);
        // What is done on a signal is registered right after its handler.
        std::thread::sleep(Duration::from_millis(1));
        send("TERM", &child);
        assert_eq!(child.wait().unwrap().code(), Some(75));
        // On a busy machine the signal may come after the beginning.
        let has_begun = sandbox.text("r/config.ron").contains("100000");
        assert!(has_begun || files.map(|file| std::fs::read(sandbox.path(file)).unwrap()) == before);
        !has_begun
    };
    assert!((0..8).any(is_interrupted_before), "no signal came before the beginning");
}

#[test]
#[cfg(target_os = "linux")]
fn train_second_interrupt_ends_the_process_at_once() {
    // The state is large, so that the first signal's checkpoint takes a while.
    let train = format!("{ENDLESS} --set network=Fc(width:512) --set max_depth=30 --out r");
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&train);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.as_mut().unwrap()).lines();
    lines.next().unwrap().unwrap();
    send("INT", &child);
    // Two signals of a kind are one until the first is delivered.
    wait_for_bit(&child, "ShdPnd", SIGINT, false);
    send("INT", &child);
    let start = Instant::now();
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(SECONDS));
}
