//! Equal seeds give equal bytes.

use crate::sandbox::Sandbox;

const RUNS: [&str; 2] = [
    "train CONFIGS/spirals.ron --set epochs=15 --set max_depth=4 --seed 3 --quiet",
    "train CONFIGS/fashion-mnist-mini.ron --set n_train=200 --set max_depth=2 --set epochs=2 --seed 3 --quiet",
];

/// What must not change.
fn fingerprint(sandbox: &Sandbox, run: &str) -> Vec<(&'static str, Vec<u8>)> {
    let files = [
        "config.ron",
        "environment.json",
        "metrics.jsonl",
        "summary.json",
        "weights.safetensors",
    ];
    files
        .map(|file| (file, std::fs::read(sandbox.path(run).join(file)).unwrap()))
        .to_vec()
}

#[test]
fn same_seed_gives_the_same_bytes_on_any_number_of_threads() {
    for train in RUNS {
        let sandbox = Sandbox::new();
        sandbox.run(&format!("{train} --threads 1 --out one"));
        let one = fingerprint(&sandbox, "one");
        for threads in [1, 2, 3, 8] {
            sandbox.run(&format!("{train} --threads {threads} --out other --overwrite"));
            assert!(fingerprint(&sandbox, "other") == one, "{threads} threads: {train}");
        }
    }
}

#[test]
fn another_seed_gives_other_weights() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{} --out a", RUNS[0]));
    sandbox.run(&format!("{} --seed 4 --out b", RUNS[0].replace(" --seed 3", "")));
    assert_ne!(fingerprint(&sandbox, "a")[4], fingerprint(&sandbox, "b")[4]);
}
