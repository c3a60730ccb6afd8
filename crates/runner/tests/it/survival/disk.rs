//! Disks that are full, folders that cannot be written or are gone.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use super::lock::{ENDLESS, goes_on, training};
use super::{finish, undisturbed};
use crate::sandbox::Sandbox;

const TRAIN: &str =
    "train CONFIGS/spirals.ron --quiet --set epochs=60 --set max_depth=3 --set early_stopping.patience=None";

/// A small file system in memory, unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts one with room for so many KiB; nothing where that is not allowed.
    fn mount(place: &'a Path, kib: usize) -> Option<Self> {
        fs::create_dir_all(place).unwrap();
        let options = format!("size={kib}k");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "vds-test"])
            .arg(place)
            .output();
        let mounted = mount.is_ok_and(|output| output.status.success());
        mounted.then_some(Self(place))
    }

    fn remount(&self, options: &str) {
        let status = Command::new("mount")
            .args(["-o", &format!("remount,{options}")])
            .arg(self.0)
            .status();
        assert!(status.unwrap().success());
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0).status();
    }
}

/// Leaves a count, so that a test that could not mount a disk does not pass for one that did.
fn record(name: &str, has_run: bool) {
    let counts = serde_json::json!({ "faults": u8::from(has_run) });
    vds_testkit::counts::record(&format!("disk-{name}"), &counts);
}

#[track_caller]
fn check_refused(output: Output, expected: &[&str]) {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for part in expected {
        assert!(stderr.contains(part), "{part} is not in {stderr}");
    }
}

#[test]
fn full_disk_stops_the_run_which_goes_on_when_there_is_room() {
    let sandbox = Sandbox::new();
    let place = sandbox.path("disk");
    let Some(disk) = SmallDisk::mount(&place, 120) else {
        return record("full", false);
    };
    record("full", true);
    let begin = format!("{TRAIN} --out disk/r --checkpoint-epochs 1");
    let output = sandbox.command(&begin).output().unwrap();
    check_refused(
        output,
        &[
            "writing disk/r/",
            "No space left on device",
            "`vds train --resume disk/r` resumes",
        ],
    );
    let names: Vec<_> = fs::read_dir(place.join("r/checkpoints")).unwrap().collect();
    assert!(
        (1..=2).contains(&names.len()),
        "the last good ones, and nothing half-written: {names:?}"
    );

    let output = sandbox
        .command("train --resume disk/r --quiet --checkpoint-epochs 1")
        .output()
        .unwrap();
    check_refused(output, &["disk/r", "No space left on device"]);
    disk.remount("size=8192k");
    sandbox.run("train --resume disk/r --quiet --checkpoint-epochs 1");
    fs::create_dir(sandbox.path("r")).unwrap();
    for entry in fs::read_dir(place.join("r")).unwrap() {
        let entry = entry.unwrap();
        fs::copy(entry.path(), sandbox.path("r").join(entry.file_name())).unwrap();
    }
    assert_eq!(finish(&sandbox), undisturbed(TRAIN));
}

#[test]
fn disk_that_is_read_only_is_refused_and_goes_on_later() {
    let sandbox = Sandbox::new();
    let place = sandbox.path("disk");
    let Some(disk) = SmallDisk::mount(&place, 8192) else {
        return record("read-only", false);
    };
    record("read-only", true);
    let mut child = super::spawn(sandbox.command(&format!("{ENDLESS} --quiet --out disk/r --checkpoint-epochs 1")));
    while !fs::read_dir(place.join("r/checkpoints")).is_ok_and(|entries| entries.count() > 1) {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    disk.remount("ro");
    let output = sandbox.command("train --resume disk/r").output().unwrap();
    check_refused(output, &["error: writing into disk/r: Read-only file system"]);
    let output = sandbox.command(&format!("{TRAIN} --out disk/other")).output().unwrap();
    check_refused(output, &["error: making the folder disk/other: Read-only file system"]);
    disk.remount("rw");
    goes_on(&sandbox, "disk/r");
}

#[test]
fn folder_that_is_taken_away_stops_the_run() {
    for away in ["moved", "removed"] {
        let sandbox = Sandbox::new();
        let mut child = training(&sandbox, &format!("{ENDLESS} --quiet --out r --checkpoint-epochs 1"));
        if away == "moved" {
            fs::rename(sandbox.path("r"), sandbox.path("elsewhere")).unwrap();
        } else {
            // The run writes into the folder all the while, so that it may have to be removed twice.
            while sandbox.path("r").exists() {
                let _ = fs::remove_dir_all(sandbox.path("r"));
            }
        }
        assert_eq!(child.wait().unwrap().code(), Some(2), "{away}");
        assert!(!sandbox.path("r").exists(), "nobody makes the folder again");
        record(away, true);
        if away == "moved" {
            goes_on(&sandbox, "elsewhere");
        }
    }
}

#[test]
fn run_whose_folder_is_replaced_leaves_the_other_one_alone() {
    let sandbox = Sandbox::new();
    let mut child = training(&sandbox, &format!("{ENDLESS} --quiet --out r"));
    super::signals::send("STOP", &child);
    fs::rename(sandbox.path("r"), sandbox.path("moved")).unwrap();
    sandbox.run(&format!("{TRAIN} --out r"));
    let other = finish(&sandbox);
    // The state of the first one would be saved now.
    super::signals::send("TERM", &child);
    super::signals::send("CONT", &child);
    assert_eq!(child.wait().unwrap().code(), Some(2));
    assert_eq!(finish(&sandbox), other);
    assert_eq!(other, undisturbed(TRAIN));
}

#[test]
fn failure_after_the_training_is_noted_and_the_run_goes_on() {
    let sandbox = super::damage::unfinished();
    fs::create_dir(sandbox.path("r/weights.safetensors")).unwrap();
    let output = sandbox.command("train --resume r --quiet").output().unwrap();
    check_refused(
        output,
        &[
            "writing r/weights.safetensors: Is a directory",
            "\nhint: `vds train --resume r` resumes from the last checkpoint\n",
        ],
    );
    let journal = super::journal(&sandbox);
    let last = journal.last().unwrap();
    assert_eq!([&last["event"], &last["reason"]], ["end", "failed"]);
    fs::remove_dir(sandbox.path("r/weights.safetensors")).unwrap();
    sandbox.run("train --resume r --quiet");
    finish(&sandbox);
}
