//! One process per run directory.

use std::process::Child;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::{effort, spawn};
use crate::sandbox::Sandbox;

/// Far more epochs than a test waits for.
pub(crate) const ENDLESS: &str =
    "train CONFIGS/spirals.ron --set epochs=1000000 --set early_stopping.patience=None --set max_depth=2";

/// A process that trains into `r` and has completed an epoch.
pub(crate) fn training(sandbox: &Sandbox, arguments: &str) -> Child {
    let child = spawn(sandbox.command(arguments));
    let start = Instant::now();
    // An epoch's line in the journal comes after that in the metrics.
    let has_trained = || {
        let journal = std::fs::read_to_string(sandbox.path("r/journal.jsonl"));
        journal.is_ok_and(|text| text.contains("\"event\":\"epoch\""))
    };
    while !has_trained() {
        assert!(start.elapsed() < Duration::from_secs(60), "no epoch is completed");
        sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn train_in_one_new_folder_succeeds_for_one_of_several_processes() {
    for _ in 0..effort(5) {
        let sandbox = Sandbox::new();
        let train = "train CONFIGS/spirals.ron --quiet --set epochs=20 --set max_depth=2 --out r";
        let children: Vec<Child> = (0..8).map(|_| spawn(sandbox.command(train))).collect();
        let codes: Vec<_> = children
            .into_iter()
            .map(|mut child| child.wait().unwrap().code())
            .collect();
        assert_eq!(codes.iter().filter(|code| **code == Some(0)).count(), 1, "{codes:?}");
        assert_eq!(codes.iter().filter(|code| **code == Some(2)).count(), 7, "{codes:?}");
        assert_eq!(sandbox.text("r/metrics.jsonl").lines().count(), 20);
        sandbox.run("verify r");
    }
}

#[test]
fn train_lock_refuses_a_second_process_until_the_first_is_gone_even_by_a_crash() {
    let sandbox = Sandbox::new();
    let mut first = training(&sandbox, &format!("{ENDLESS} --quiet --out r --checkpoint-epochs 1"));
    for second in ["train --resume r".to_owned(), format!("{ENDLESS} --out r --overwrite")] {
        let (stderr, code) = sandbox.fail(&second);
        assert_eq!(code, Some(2), "{second}");
        let expected = format!(
            "error: r is in use by another process (the last one to write there was process {} on ",
            first.id()
        );
        assert!(stderr.starts_with(&expected), "{stderr}");
        assert!(
            stderr.ends_with(")\nhint: wait for it to end, or choose another folder\n"),
            "{stderr}"
        );
    }
    first.kill().unwrap();
    first.wait().unwrap();
    check_resumes(&sandbox, "r");
}

/// Resumes a run far from its end that was never resumed before, and sees it train.
pub(crate) fn check_resumes(sandbox: &Sandbox, run: &str) {
    let journal = sandbox.path(run).join("journal.jsonl");
    let has_trained = || {
        // A run without a checkpoint begins again, with a new journal.
        let text = std::fs::read_to_string(&journal).unwrap_or_default();
        let session = text.rsplit("\"session\"").next().unwrap_or_default();
        session.contains("\"--resume\"") && session.contains("\"epoch\"")
    };
    let mut child = spawn(sandbox.command(&format!("train --resume {run} --quiet")));
    let start = Instant::now();
    while !has_trained() {
        assert!(start.elapsed() < Duration::from_secs(60), "it does not resume");
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn resume_follows_no_link_in_the_place_of_its_lock_or_journal() {
    for name in [".vds-lock", "journal.jsonl"] {
        for target in ["precious", "new"] {
            let sandbox = super::damage::unfinished();
            sandbox.write("precious", "precious");
            let link = sandbox.path("r").join(name);
            std::fs::remove_file(&link).unwrap();
            std::os::unix::fs::symlink(sandbox.path(target), link).unwrap();
            let (stderr, code) = sandbox.fail("train --resume r --quiet");
            assert_eq!(code, Some(2), "{stderr}");
            assert!(stderr.contains(&format!("r/{name}")), "{stderr}");
            assert_eq!(sandbox.text("precious"), "precious");
            assert!(!sandbox.path("new").exists());
        }
    }
}
