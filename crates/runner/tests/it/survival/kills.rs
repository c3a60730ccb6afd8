//! SIGKILL at random moments.

use std::collections::BTreeSet;
use std::process::{Child, Stdio};
use std::time::Duration;

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

use super::{Hashes, effort, finish, journal, sessions};
use crate::sandbox::Sandbox;

/// A run that is killed again and again.
struct Run {
    train: &'static str,
    n_kills: usize,
    /// Fewest places at which processes must have taken it up; less would mean that the kills fell together.
    min_places: usize,
}

const RUNS: [Run; 2] = [
    Run {
        train: "train CONFIGS/spirals.ron --quiet --set epochs=6000 --set max_depth=6 --set selection.patience=None \
                --set selection.protocol=validation(0.2) --set selection.quantity=validation_nll --set batch_size=32",
        n_kills: 50,
        min_places: 10,
    },
    Run {
        train: "train CONFIGS/fashion-mnist-mini.ron --quiet --set epochs=5 --set max_depth=2 --set n_train=600 \
                --set batch_size=32",
        n_kills: 10,
        min_places: 3,
    },
];

/// What became of a run that was killed again and again.
struct Killed {
    hashes: Hashes,
    places: BTreeSet<(u64, u64)>,
}

/// Trains into `r`, with kills at random moments, and resumes until the run is finished. `whole` is the time of all its epochs.
fn kill_and_resume(train: &str, whole: Duration, n_kills: usize, seed: u64) -> Killed {
    let sandbox = Sandbox::new();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    // At most so long does a process train. On average the kills take half of the run; the rest is room for a busy machine.
    let longest = whole.mul_f64(1.0 / n_kills as f64);
    let mut killed = 0;
    loop {
        // As a scheduler would: with other numbers of threads each time, and checkpoints in the midst of epochs.
        let options = format!("--threads {} --checkpoint-minutes 0.00005", 1 + killed % 3);
        let begun = sandbox.path("r/config.ron").exists();
        let place = if begun { "--resume r" } else { "--out r" };
        let mut command = sandbox.command(&format!("{train} {place} {options}"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if killed < n_kills {
            // Every fourth one while it is still starting.
            if killed % 4 > 0 {
                wait_for_session(&sandbox, &mut child);
            }
            std::thread::sleep(longest.mul_f64(rng.random::<f64>()));
            child.kill().unwrap();
        }
        let status = child.wait().unwrap();
        if status.success() {
            assert_eq!(
                killed, n_kills,
                "the run ended before all kills were done; give it more epochs"
            );
            break;
        }
        assert_eq!(
            status.code(),
            None,
            "it was to be killed, and ended by itself: {}{:?}",
            told(child),
            sandbox.everything()
        );
        killed += 1;
    }
    Killed {
        hashes: finish(&sandbox),
        places: sessions(&sandbox).into_iter().collect(),
    }
}

/// What a process wrote to the standard error.
fn told(child: Child) -> String {
    std::io::read_to_string(child.stderr.unwrap()).unwrap()
}

/// Waits until a process has taken the run up.
fn wait_for_session(sandbox: &Sandbox, child: &mut Child) {
    let n_sessions = || {
        let text = std::fs::read_to_string(sandbox.path("r/journal.jsonl")).unwrap_or_default();
        text.matches("\"session\"").count()
    };
    let before = n_sessions();
    while n_sessions() == before && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// Wall time of the epochs of a run that was left alone, and what it leaves.
fn left_alone(train: &str) -> (Duration, Hashes) {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{train} --out r"));
    let epochs = journal(&sandbox).into_iter().filter(|event| event["event"] == "epoch");
    let seconds: f64 = epochs.map(|event| event["seconds"].as_f64().unwrap()).sum();
    (Duration::from_secs_f64(seconds), finish(&sandbox))
}

#[test]
fn killed_runs_end_in_the_bytes_of_a_run_that_was_left_alone() {
    let (mut kills, mut compared) = (0, 0);
    for run in RUNS {
        let Run {
            train,
            n_kills,
            min_places,
        } = run;
        let (whole, expected) = left_alone(train);
        for round in 0..effort(3) {
            let killed = kill_and_resume(train, whole, n_kills, round as u64);
            assert_eq!(killed.hashes, expected, "{train}");
            assert!(killed.places.len() >= min_places, "{:?}", killed.places);
            kills += n_kills;
            compared += expected.len();
        }
    }
    vds_testkit::counts::record("kills", &json!({ "kills": kills, "hashes": compared }));
}
