//! A finished run is one sealed object: every file that a command uses, in every way in which it can be wrong.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use vds_records::files::{CONFIG, ENVIRONMENT, METRICS, PREDICTIVE_GRID, SUMMARY, WEIGHTS};

use crate::sandbox::Sandbox;

/// What can be wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Damage {
    Missing,
    Empty,
    Truncated,
    FlippedBit,
    OfAnotherRun,
    Folder,
    Fifo,
    BrokenLink,
}

const DAMAGES: [Damage; 8] = [
    Damage::Missing,
    Damage::Empty,
    Damage::Truncated,
    Damage::FlippedBit,
    Damage::OfAnotherRun,
    Damage::Folder,
    Damage::Fifo,
    Damage::BrokenLink,
];

/// Files of a finished run on points.
const FILES: [&str; 6] = [CONFIG, ENVIRONMENT, METRICS, PREDICTIVE_GRID, SUMMARY, WEIGHTS];

fn damage(run: &Path, other: &Path, name: &str, damage: Damage) {
    let (file, other) = (run.join(name), other.join(name));
    let mut bytes = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    match damage {
        Damage::Missing => {}
        Damage::Empty => fs::write(file, b"").unwrap(),
        Damage::Truncated => fs::write(file, &bytes[..bytes.len() / 2]).unwrap(),
        Damage::FlippedBit => {
            // In a digit or a weight, not in the white space at an end.
            let at = bytes.len() * 2 / 3;
            bytes[at] ^= 1;
            fs::write(file, bytes).unwrap();
        }
        Damage::OfAnotherRun => {
            fs::copy(other, file).unwrap();
        }
        Damage::Folder => fs::create_dir(file).unwrap(),
        Damage::Fifo => assert!(Command::new("mkfifo").arg(file).status().unwrap().success()),
        Damage::BrokenLink => std::os::unix::fs::symlink("nowhere", file).unwrap(),
    }
}

/// Every damage to every file: the command refuses those that it uses by name, does not wait, and changes nothing.
#[track_caller]
fn check(command: &str, used: &[&str]) {
    let sandbox = Sandbox::new();
    let train = "train CONFIGS/spirals.ron --set epochs=3 --set max_depth=2 --set dataset.n=40 --quiet";
    sandbox.run(&format!("{train} --out whole"));
    sandbox.run(&format!("{train} --seed 9 --out other"));
    sandbox.write("p.txt", "1 2\n");
    for name in FILES {
        for kind in DAMAGES {
            let run = sandbox.path("r");
            let _ = fs::remove_dir_all(&run);
            fs::create_dir(&run).unwrap();
            for entry in fs::read_dir(sandbox.path("whole")).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), run.join(entry.file_name())).unwrap();
            }
            damage(&run, &sandbox.path("other"), name, kind);
            let before = listing(&run);
            let (stderr, code) = finished_within(&sandbox, command, Duration::from_secs(20));
            let case = format!("{command}, {name}: {kind:?}");
            if used.contains(&name) {
                assert_eq!(code, Some(2), "{case}: {stderr}");
                assert!(stderr.contains(name), "{case}: {stderr}");
            } else {
                assert_eq!(code, Some(0), "{case}: {stderr}");
            }
            assert_eq!(listing(&run), before, "{case}");
            let _ = fs::remove_dir_all(sandbox.path("p"));
            let _ = fs::remove_file(sandbox.path("page.html"));
        }
    }
}

/// Names, kinds and lengths in a folder; the lock may be signed.
fn listing(run: &Path) -> Vec<(String, String, u64)> {
    let entries = fs::read_dir(run).unwrap().map(|entry| entry.unwrap());
    let mut found: Vec<_> = entries
        .map(|entry| {
            let (name, kind) = (entry.file_name(), entry.file_type().unwrap());
            let len = if kind.is_file() {
                entry.metadata().unwrap().len()
            } else {
                0
            };
            (name.to_string_lossy().into_owned(), format!("{kind:?}"), len)
        })
        .filter(|(name, _, _)| name != ".vds-lock")
        .collect();
    found.sort();
    found
}

/// Standard error and exit code of a command that does not hang.
fn finished_within(sandbox: &Sandbox, command: &str, limit: Duration) -> (String, Option<i32>) {
    let mut child = sandbox.command(command);
    let mut child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let start = Instant::now();
    while child.try_wait().unwrap().is_none() {
        if start.elapsed() > limit {
            child.kill().unwrap();
            panic!("`vds {command}` does not end");
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    let output = child.wait_with_output().unwrap();
    let text = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    (text.concat(), output.status.code())
}

#[test]
fn sealed_evaluate_refuses_every_damaged_file_that_it_uses() {
    check("evaluate r", &[CONFIG, ENVIRONMENT, SUMMARY, WEIGHTS]);
}

#[test]
fn sealed_predict_refuses_every_damaged_file_that_it_uses() {
    check("predict r p.txt", &[CONFIG, SUMMARY, WEIGHTS]);
}

#[test]
fn sealed_prune_refuses_every_damaged_file_that_it_uses() {
    check("prune r --depth 1 --out p", &[CONFIG, ENVIRONMENT, SUMMARY, WEIGHTS]);
}

#[test]
fn sealed_report_refuses_every_damaged_file_that_it_uses() {
    check(
        "report r --out page.html",
        &[CONFIG, ENVIRONMENT, METRICS, PREDICTIVE_GRID, SUMMARY],
    );
}

#[test]
fn sealed_verify_refuses_every_damaged_file() {
    check("verify r", &FILES);
}

#[test]
fn sealed_resume_of_a_finished_run_refuses_every_damaged_file() {
    check("train --resume r", &FILES);
}

#[test]
fn sealed_report_refuses_epochs_that_are_not_in_order() {
    let sandbox = Sandbox::new();
    sandbox.run("train CONFIGS/spirals.ron --quiet --set epochs=3 --set max_depth=2 --set dataset.n=40 --out r");
    let text = sandbox.text("r/metrics.jsonl");
    let lines: Vec<&str> = text.lines().collect();
    let logs = [
        format!("{}\n{}\n{}\n", lines[0], lines[2], lines[1]),
        format!("{}\n{}\n{}\n", lines[0], lines[0], lines[1]),
    ];
    for (log, epoch) in logs.iter().zip([3, 1]) {
        sandbox.write("r/metrics.jsonl", log);
        sandbox.reseal("r");
        let (stderr, code) = sandbox.fail("report r --out page.html");
        assert!(stderr.contains("r/metrics.jsonl"), "{stderr}");
        assert!(stderr.contains(&format!("line 2 is that of epoch {epoch}")), "{stderr}");
        assert_eq!(code, Some(2));
    }
}

#[test]
fn sealed_scores_of_pruned_runs_are_those_of_the_run() {
    let sandbox = Sandbox::new();
    sandbox.run("train CONFIGS/spirals.ron --quiet --set epochs=30 --set max_depth=4 --set dataset.n=80 --out r");
    sandbox.run("prune r --depth 4 --out whole");
    let run = sandbox.json("r/summary.json");
    assert_eq!(sandbox.json("whole/summary.json")["evaluations"], run["evaluations"]);
    let depth = run["pruned_depth"].as_u64().unwrap();
    sandbox.run(&format!("prune r --depth {depth} --out p"));
    assert_eq!(
        sandbox.json("p/summary.json")["evaluations"][0]["test"]["predictives"]["marginal"],
        run["evaluations"][0]["test"]["predictives"]["pruned"]
    );
}
