//! Checkpoints that are not what was written.

use std::fs;
use std::path::PathBuf;

use super::{finish, journal, spawn, undisturbed};
use crate::sandbox::Sandbox;

const TRAIN: &str =
    "train CONFIGS/spirals.ron --quiet --set epochs=20 --set max_depth=3 --set early_stopping.patience=None";

/// A run that ended inside the writing of its fifth checkpoint, after epoch 4.
pub(crate) fn unfinished() -> Sandbox {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&format!("{TRAIN} --out r --checkpoint-epochs 1"));
    command.env("VDS_FAULT", "half-written@5");
    assert_eq!(spawn(command).wait().unwrap().code(), None);
    sandbox
}

/// The checkpoints, oldest first.
pub(crate) fn checkpoints(sandbox: &Sandbox) -> Vec<PathBuf> {
    let entries = fs::read_dir(sandbox.path("r/checkpoints")).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut found: Vec<PathBuf> = paths
        .filter(|path| path.extension().is_some_and(|extension| extension == "safetensors"))
        .collect();
    found.sort();
    found
}

#[test]
fn resume_reports_a_damaged_newest_checkpoint_and_uses_the_one_before_it() {
    type Damage = fn(&mut Vec<u8>);
    let damages: [(&str, Damage); 4] = [
        ("empty", Vec::clear),
        ("truncated", |bytes| bytes.truncate(bytes.len() / 2)),
        ("flipped in the tensors", |bytes| *bytes.last_mut().unwrap() ^= 16),
        ("flipped in the state", |bytes| {
            let place = bytes.windows(9).position(|window| window == b"epochs_sk").unwrap();
            bytes[place] ^= 1;
        }),
    ];
    let expected = undisturbed(TRAIN);
    for (name, damage) in damages {
        let sandbox = unfinished();
        let newest = checkpoints(&sandbox).pop().unwrap();
        let mut bytes = fs::read(&newest).unwrap();
        damage(&mut bytes);
        fs::write(&newest, bytes).unwrap();
        let output = sandbox.command("train --resume r --quiet").output().unwrap();
        assert!(output.status.success(), "{name}");
        let stderr = String::from_utf8(output.stderr).unwrap();
        let warning = "warning: r/checkpoints/checkpoint-00000004.safetensors is damaged (";
        assert!(stderr.starts_with(warning), "{name}: {stderr}");
        assert!(
            stderr.ends_with("; resuming from r/checkpoints/checkpoint-00000003.safetensors\n"),
            "{stderr}"
        );
        let noted = journal(&sandbox)
            .into_iter()
            .filter(|event| event["event"] == "damaged")
            .count();
        assert_eq!(noted, 1, "{name}");
        assert_eq!(finish(&sandbox), expected, "{name}");
    }
    vds_testkit::counts::record("damage", &serde_json::json!({ "faults": damages.len() }));
}

#[test]
fn resume_without_a_whole_checkpoint_is_refused_and_changes_nothing() {
    let sandbox = unfinished();
    for path in checkpoints(&sandbox) {
        fs::write(path, b"").unwrap();
    }
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail("train --resume r");
    assert_eq!(code, Some(2));
    assert_eq!(
        stderr,
        "error: reading r/checkpoints/checkpoint-00000004.safetensors: it is not a complete safetensors file: header too small\n\
         hint: no older checkpoint is whole; begin the run again with --overwrite\n"
    );
    assert_eq!(sandbox.everything(), before);
}

#[test]
fn resume_recovers_torn_and_doubled_lines_from_the_checkpoint() {
    let sandbox = unfinished();
    for (file, junk) in [
        ("r/metrics.jsonl", "{\"epoch\":5,\"learn"),
        ("r/journal.jsonl", "{\"event\":\"ep"),
    ] {
        let text = sandbox.text(file);
        sandbox.write(file, format!("{text}{junk}"));
    }
    sandbox.run("train --resume r --quiet");
    let lines = sandbox.text("r/metrics.jsonl").lines().count();
    assert_eq!(lines, 20);
    journal(&sandbox);
    assert_eq!(finish(&sandbox), undisturbed(TRAIN));
}

#[test]
fn resume_after_a_kill_before_the_first_checkpoint_starts_from_scratch() {
    let sandbox = Sandbox::new();
    let mut command = sandbox.command(&format!("{TRAIN} --out r --checkpoint-epochs 1"));
    command.env("VDS_FAULT", "half-written@1");
    assert_eq!(spawn(command).wait().unwrap().code(), None);
    assert!(checkpoints(&sandbox).is_empty());
    sandbox.run("train --resume r --quiet");
    assert_eq!(finish(&sandbox), undisturbed(TRAIN));
}

#[test]
fn resume_after_a_kill_behind_the_summary_removes_the_checkpoints() {
    let sandbox = unfinished();
    let leftover = fs::read(checkpoints(&sandbox).pop().unwrap()).unwrap();
    sandbox.run("train --resume r --quiet");
    fs::create_dir(sandbox.path("r/checkpoints")).unwrap();
    fs::write(sandbox.path("r/checkpoints/checkpoint-00000009.safetensors"), leftover).unwrap();
    let printed = sandbox.run("train --resume r --quiet");
    assert!(printed.contains("weights of epoch"), "{printed}");
    assert_eq!(finish(&sandbox), undisturbed(TRAIN));
}
