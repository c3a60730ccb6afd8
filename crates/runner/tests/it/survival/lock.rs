//! One process a run directory.

use std::process::{Child, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::spawn;
use crate::sandbox::Sandbox;

/// Far more epochs than a test waits for.
pub(crate) const ENDLESS: &str =
    "train CONFIGS/spirals.ron --set epochs=1000000 --set selection.patience=None --set max_depth=2";

/// A process that trains into `r` and has completed an epoch.
pub(crate) fn training(sandbox: &Sandbox, arguments: &str) -> Child {
    let child = spawn(sandbox.command(arguments));
    let start = Instant::now();
    let has_begun = || std::fs::metadata(sandbox.path("r/metrics.jsonl")).is_ok_and(|file| file.len() > 0);
    while !has_begun() {
        assert!(start.elapsed() < Duration::from_secs(60), "the run does not begin");
        sleep(Duration::from_millis(5));
    }
    child
}

#[test]
fn second_process_is_refused_until_the_first_one_is_gone_even_by_a_crash() {
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
    let mut next = sandbox.command("train --resume r --quiet");
    let mut next = next.stdout(Stdio::null()).spawn().unwrap();
    sleep(Duration::from_millis(300));
    assert!(
        next.try_wait().unwrap().is_none(),
        "the lock of a dead process holds nobody up"
    );
    next.kill().unwrap();
    next.wait().unwrap();
}
