//! Disks that are full, folders that cannot be written or are gone.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use super::lock::{ENDLESS, check_resumes, training};
use super::{finish, undisturbed};
use crate::sandbox::Sandbox;

const TRAIN: &str =
    "train CONFIGS/spirals.ron --quiet --set epochs=60 --set max_depth=3 --set early_stopping.patience=None";

/// A small file system in memory, unmounted at the end.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    /// Mounts one with room for so many KiB. Where that is not allowed there is none: the test `name` then prints that it was
    /// not run, and fails where CI runs it.
    fn mount(name: &str, place: &'a Path, kib: usize) -> Option<Self> {
        fs::create_dir_all(place).unwrap();
        let options = format!("size={kib}k");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", &options, "vds-test"])
            .arg(place)
            .output();
        let refusal = match mount {
            Ok(output) if output.status.success() => None,
            Ok(output) => Some(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
            Err(error) => Some(error.to_string()),
        };
        // A count, so that whoever needs this test sees that it was not run.
        let counts = serde_json::json!({ "faults": u8::from(refusal.is_none()) });
        vds_testkit::counts::record(&format!("disk-{name}"), &counts);
        let Some(refusal) = refusal else {
            return Some(Self(place));
        };
        let message = format!("not run: the test of a {name} disk cannot mount one: {refusal}");
        let is_ci = std::env::var_os("CI").is_some_and(|value| !value.is_empty());
        assert!(!is_ci, "{message}");
        // `eprintln!` would be captured, and shown of failed tests alone.
        let _ = writeln!(std::io::stderr(), "{message}");
        None
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

#[track_caller]
fn check_refused(output: Output, expected: &[&str]) {
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    for part in expected {
        assert!(stderr.contains(part), "{part} is not in {stderr}");
    }
}

#[test]
fn resume_after_a_full_disk_gives_the_same_bytes() {
    let sandbox = Sandbox::new();
    let place = sandbox.path("disk");
    let Some(disk) = SmallDisk::mount("full", &place, 120) else {
        return;
    };
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
fn resume_on_a_read_only_disk_is_refused_until_it_is_writable() {
    let sandbox = Sandbox::new();
    let place = sandbox.path("disk");
    let Some(disk) = SmallDisk::mount("read-only", &place, 8192) else {
        return;
    };
    let mut child = super::spawn(sandbox.command(&format!("{ENDLESS} --quiet --out disk/r --checkpoint-epochs 1")));
    while !fs::read_dir(place.join("r/checkpoints")).is_ok_and(|entries| entries.count() > 1) {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    disk.remount("ro");
    let output = sandbox.command("train --resume disk/r").output().unwrap();
    check_refused(output, &["error: opening disk/r/.vds-lock: Read-only file system"]);
    let output = sandbox.command(&format!("{TRAIN} --out disk/other")).output().unwrap();
    check_refused(output, &["error: making the folder disk/other: Read-only file system"]);
    disk.remount("rw");
    check_resumes(&sandbox, "disk/r");
}

#[test]
fn train_stops_when_its_folder_is_moved_or_removed() {
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
        vds_testkit::counts::record(&format!("disk-{away}"), &serde_json::json!({ "faults": 1 }));
        if away == "moved" {
            check_resumes(&sandbox, "elsewhere");
        }
    }
}

#[test]
fn train_writes_nothing_into_a_folder_that_replaced_its_own() {
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
fn resume_after_a_failure_behind_the_last_epoch_finishes_the_run() {
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
