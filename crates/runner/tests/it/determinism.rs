//! Equal seeds give equal bytes.

use crate::sandbox::Sandbox;

const RUNS: [&str; 2] = [
    "train CONFIGS/spirals.ron --set epochs=15 --set max_depth=4 --seed 3 --quiet",
    "train CONFIGS/fashion-mnist-mini.ron --set n_train=200 --set max_depth=2 --set epochs=1 --seed 3 --quiet",
];

/// What must not change.
fn fingerprint(sandbox: &Sandbox, run: &str) -> Vec<(&'static str, Vec<u8>)> {
    let files = [
        "config.ron",
        "environment.json",
        "metrics.jsonl",
        "summary.json",
        "test_examples.safetensors",
        "weights.safetensors",
    ];
    files
        .map(|file| (file, std::fs::read(sandbox.path(run).join(file)).unwrap()))
        .to_vec()
}

#[test]
fn train_with_equal_seeds_gives_equal_bytes_on_any_number_of_threads() {
    for train in RUNS {
        let sandbox = Sandbox::new();
        sandbox.run(&format!("{train} --threads 1 --out one"));
        let one = fingerprint(&sandbox, "one");
        for threads in [2, 3, 8] {
            sandbox.run(&format!("{train} --threads {threads} --out other --overwrite"));
            assert!(fingerprint(&sandbox, "other") == one, "{threads} threads: {train}");
        }
    }
}

#[test]
fn train_with_another_seed_gives_other_weights() {
    let sandbox = Sandbox::new();
    for (seed, run) in [(3, "a"), (4, "b")] {
        sandbox.run(&format!(
            "train CONFIGS/spirals.ron --set epochs=1 --seed {seed} --quiet --out {run}"
        ));
    }
    assert_ne!(fingerprint(&sandbox, "a")[4], fingerprint(&sandbox, "b")[4]);
}
