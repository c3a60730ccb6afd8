//! SIGKILL at random moments of a run.

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
    /// Fewest places at which processes must have resumed it; fewer would mean that the kills fell together.
    min_places: usize,
}

const RUNS: [Run; 2] = [
    Run {
        train: "train CONFIGS/spirals.ron --quiet --set epochs=2000 --set max_depth=6 --set early_stopping.patience=None \
                --set early_stopping.split=validation(0.2) --set early_stopping.metric=validation_nll --set batch_size=32",
        n_kills: 25,
        min_places: 10,
    },
    Run {
        train: "train CONFIGS/fashion-mnist-mini.ron --quiet --set epochs=4 --set max_depth=2 --set n_train=600 \
                --set batch_size=32",
        n_kills: 5,
        min_places: 3,
    },
];

/// What became of a run that was killed again and again.
struct Killed {
    hashes: Hashes,
    places: BTreeSet<(u64, u64)>,
}

/// Trains into `r`, with kills at random moments all over the run, and resumes until it is finished.
fn kill_and_resume(run: &Run, alone: &Alone, seed: u64) -> Killed {
    let Run { train, n_kills, .. } = *run;
    let sandbox = Sandbox::new();
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut killed = 0;
    loop {
        // As a scheduler would: with other numbers of threads each time, and checkpoints in the midst of epochs.
        let options = format!("--threads {} --checkpoint-minutes 0.00005", 1 + killed % 3);
        let begun = sandbox.path("r/config.ron").exists();
        let place = if begun { "--resume r" } else { "--out r" };
        let mut command = sandbox.command(&format!("{train} {place} {options}"));
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        if killed < n_kills {
            // Every fourth one while it is still starting; the others when the log has grown to their share, and up to 0.4 epochs
            // later.
            let within = if killed % 4 == 0 {
                0.04
            } else {
                let share = 0.8 * (killed + 1) as f64 / n_kills as f64;
                wait_for_log(&sandbox, &mut child, share * alone.log_len as f64);
                0.005 + 0.4 * alone.epoch_seconds
            };
            std::thread::sleep(Duration::from_secs_f64(within * rng.random::<f64>()));
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
            stderr(child),
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
fn stderr(child: Child) -> String {
    std::io::read_to_string(child.stderr.unwrap()).unwrap()
}

/// Waits until the metrics of the run have grown to so many bytes, or the process has ended.
fn wait_for_log(sandbox: &Sandbox, child: &mut Child, len: f64) {
    let log_len = || std::fs::metadata(sandbox.path("r/metrics.jsonl")).map_or(0, |file| file.len());
    while (log_len() as f64) < len && child.try_wait().unwrap().is_none() {
        std::thread::sleep(Duration::from_millis(1));
    }
}

/// A run that was left alone.
struct Alone {
    /// Bytes of its metrics.
    log_len: u64,
    /// Mean wall time of an epoch.
    epoch_seconds: f64,
    hashes: Hashes,
}

fn left_alone(train: &str) -> Alone {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{train} --out r"));
    let journal = journal(&sandbox);
    let epochs = journal.iter().filter(|event| event["event"] == "epoch");
    let seconds: Vec<f64> = epochs.map(|event| event["seconds"].as_f64().unwrap()).collect();
    Alone {
        log_len: std::fs::metadata(sandbox.path("r/metrics.jsonl")).unwrap().len(),
        epoch_seconds: seconds.iter().sum::<f64>() / seconds.len() as f64,
        hashes: finish(&sandbox),
    }
}

#[test]
fn resume_after_kills_at_random_moments_gives_the_same_bytes() {
    let (mut kills, mut compared) = (0, 0);
    for run in RUNS {
        let alone = left_alone(run.train);
        for round in 0..effort(6) {
            let killed = kill_and_resume(&run, &alone, round as u64);
            assert_eq!(killed.hashes, alone.hashes, "{}", run.train);
            assert!(killed.places.len() >= run.min_places, "{:?}", killed.places);
            kills += run.n_kills;
            compared += alone.hashes.len();
        }
    }
    vds_testkit::counts::record("kills", &json!({ "kills": kills, "hashes": compared }));
}
