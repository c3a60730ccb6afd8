//! Runs that are killed, interrupted, damaged or left without room resume to the same bytes, or print why they cannot.

mod damage;
#[cfg(unix)]
mod disk;
mod faults;
mod kills;
mod lock;
mod non_finite;
mod refusals;
#[cfg(unix)]
mod signals;

use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::sandbox::Sandbox;

/// Files of a finished run that are a function of configuration, data and program; the page is written by [`finish`].
const FILES: [&str; 8] = [
    "r/config.ron",
    "r/environment.json",
    "r/metrics.jsonl",
    "r/predictive_grid.json",
    "r/summary.json",
    "r/test_examples.safetensors",
    "r/weights.safetensors",
    "page.html",
];

/// Names and SHA-256 digests of what a finished run leaves.
pub(crate) type Hashes = Vec<(&'static str, String)>;

/// Writes the page of the run in `r` and returns the digests of all files; nothing else may be left in the run's folder.
#[track_caller]
pub(crate) fn finish(sandbox: &Sandbox) -> Hashes {
    sandbox.run("report r --out page.html");
    let left: Vec<String> = std::fs::read_dir(sandbox.path("r"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| !FILES.contains(&format!("r/{name}").as_str()))
        .collect();
    let expected = [".vds-lock", "journal.jsonl"];
    assert!(left.iter().all(|name| expected.contains(&name.as_str())), "{left:?}");
    let present = FILES.into_iter().filter(|file| sandbox.path(file).exists());
    present.map(|file| (file, hash(sandbox, file))).collect()
}

fn hash(sandbox: &Sandbox, file: &str) -> String {
    let digest = Sha256::digest(std::fs::read(sandbox.path(file)).unwrap());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digests of a run without any disturbance.
#[track_caller]
pub(crate) fn undisturbed(train: &str) -> Hashes {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{train} --out r"));
    finish(&sandbox)
}

/// The lines of the journal.
pub(crate) fn journal(sandbox: &Sandbox) -> Vec<Value> {
    let text = sandbox.text("r/journal.jsonl");
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Where processes began or resumed the run: epochs and steps.
pub(crate) fn sessions(sandbox: &Sandbox) -> Vec<(u64, u64)> {
    let journal = journal(sandbox);
    let sessions = journal.iter().filter(|event| event["event"] == "session");
    sessions
        .map(|event| (event["epochs"].as_u64().unwrap(), event["steps"].as_u64().unwrap()))
        .collect()
}

/// Starts a command whose output is thrown away.
pub(crate) fn spawn(mut command: Command) -> Child {
    let silent = command.stdout(Stdio::null()).stderr(Stdio::null());
    silent.spawn().unwrap()
}

/// How much longer the tests are to be: 1, or more if they are to take their time.
pub(crate) fn effort(slow: usize) -> usize {
    if vds_testkit::is_slow() { slow } else { 1 }
}
