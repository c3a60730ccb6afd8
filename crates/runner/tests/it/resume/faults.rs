//! Processes that end inside the writing of a checkpoint.

use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use super::{effort, finish, spawn, undisturbed};
use crate::sandbox::Sandbox;

const TRAIN: &str =
    "train CONFIGS/spirals.ron --quiet --set epochs=30 --set max_depth=3 --set early_stopping.patience=None";

/// Every place in the writing of a checkpoint at which a process can be made to end.
const PLACES: [&str; 6] = [
    "half-written",
    "written",
    "synced",
    "renamed",
    "folder-synced",
    "removing",
];

#[test]
fn resume_after_a_crash_at_every_place_of_a_checkpoint_write_gives_the_same_bytes() {
    let rounds = effort(5);
    // Each process gets two epochs further before it ends.
    let train = format!("{TRAIN} --set epochs={}", 30 * rounds);
    let expected = undisturbed(&train);
    let mut faults = 0;
    let sandbox = Sandbox::new();
    let mut start = format!("{train} --out r");
    for _ in 0..rounds {
        for place in PLACES {
            let mut command = sandbox.command(&format!("{start} --checkpoint-epochs 1"));
            // The third checkpoint of a process is the first to take an older one away.
            command.env(
                "VDS_FAULT",
                format!("{place}@{}", if place == "removing" { 1 } else { 3 }),
            );
            let status = spawn(command).wait().unwrap();
            // Only a run that has come to its end may have escaped.
            assert!(!status.success(), "{place} was not reached");
            assert_eq!(status.code(), None, "{place}: {status}");
            faults += 1;
            start = format!("{train} --resume r");
        }
    }
    sandbox.run(&start);
    assert_eq!(finish(&sandbox), expected);
    vds_testkit::counts::record("faults", &json!({ "faults": faults, "hashes": expected.len() }));
}

#[test]
fn checkpoint_interval_near_zero_still_makes_progress() {
    let sandbox = Sandbox::new();
    let mut child = spawn(sandbox.command(&format!("{TRAIN} --out r --checkpoint-minutes 1e-12")));
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > Duration::from_secs(60) {
            child.kill().unwrap();
        }
        sleep(Duration::from_millis(5));
    }
    assert!(child.wait().unwrap().success());
    assert_eq!(finish(&sandbox), undisturbed(TRAIN));
}
