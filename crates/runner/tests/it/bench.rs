//! `vds bench` on tiny networks: every field is there and makes sense.

use serde_json::{Map, Value};

use crate::sandbox::Sandbox;

const CONV: &str =
    "bench --max-depth 2 --batch 4 --size 8 --channels 8 --bottleneck-channels 4 --in-channels 2 --repeats 1";
const FC: &str = "bench --network fc --max-depth 3 --batch 10 --width 5 --repeats 1";

/// The printed object.
#[track_caller]
fn measured(arguments: &str) -> Map<String, Value> {
    let text = Sandbox::new().run(&format!("{arguments} --json"));
    match serde_json::from_str(&text).unwrap() {
        Value::Object(object) => object,
        other => panic!("no object: {other}"),
    }
}

/// Fields that are to be numbers above zero.
#[track_caller]
fn check_positive(object: &Map<String, Value>, fields: &[&str]) {
    for field in fields {
        let value = object.get(*field).unwrap_or_else(|| panic!("{field} is missing"));
        let number = value.as_f64().unwrap_or_else(|| panic!("{field} is {value}"));
        assert!(number > 0.0 && number.is_finite(), "{field} is {number}");
    }
}

/// Quantities that follow from others of the same object.
#[track_caller]
fn check_consistent(object: &Map<String, Value>, flop: f64) {
    let number = |field: &str| object[field].as_f64().unwrap();
    let batch = number("batch");
    for (ms, items, gflop, flop) in [
        ("train_step_ms", "train_items_per_s", "train_gflop_per_s", 3.0 * flop),
        ("eval_ms", "eval_items_per_s", "eval_gflop_per_s", flop),
    ] {
        let seconds = number(ms) / 1e3;
        assert!((number(items) * seconds / batch - 1.0).abs() < 1e-9, "{items}");
        assert!((number(gflop) * 1e9 * seconds / flop - 1.0).abs() < 1e-9, "{gflop}");
    }
}

const MEASURED: &[&str] = &[
    "train_step_ms",
    "train_items_per_s",
    "train_gflop_per_s",
    "eval_ms",
    "eval_items_per_s",
    "eval_gflop_per_s",
    "sgemm_gflop_per_s",
];

#[test]
fn bench_measures_the_convolutional_network() {
    let object = measured(&format!("{CONV} --threads 2 --pruned-to 1"));
    check_positive(&object, MEASURED);
    check_positive(&object, &["pruned_eval_ms"]);
    if cfg!(target_os = "linux") {
        check_positive(&object, &["peak_rss_mib"]);
        // The three matrices of the yardstick alone are 27 MiB.
        assert!(
            object["peak_rss_mib"].as_f64().unwrap() < 27.0,
            "{}",
            object["peak_rss_mib"]
        );
    }
    let sizes = ["max_depth", "batch", "threads", "pruned_to"].map(|field| object[field].as_u64().unwrap());
    assert_eq!((object["network_kind"].as_str(), sizes), (Some("conv"), [2, 4, 2, 1]));
    // 2 x 2 pixels after the 5x5 convolution and the pool, two 1x1 convolutions and a 3x3 one, two blocks, four images.
    check_consistent(&object, f64::from(2 * 4 * (2 * 8 * 4 + 9 * 4 * 4) * 2 * 4));
}

#[test]
fn bench_measures_the_fully_connected_network() {
    let object = measured(&format!("{FC} --threads 1"));
    check_positive(&object, MEASURED);
    assert_eq!(object["network_kind"].as_str(), Some("fc"));
    assert_eq!(
        (&object["pruned_to"], &object["pruned_eval_ms"]),
        (&Value::Null, &Value::Null)
    );
    check_consistent(&object, f64::from(2 * 5 * 5 * 3 * 10));
}

#[test]
fn bench_weights_after_the_warm_up_do_not_depend_on_the_threads() {
    for settings in [CONV, FC] {
        let digest = |threads: usize| measured(&format!("{settings} --threads {threads}"))["weights_sha256"].clone();
        let one = digest(1);
        assert_eq!(one.as_str().map(str::len), Some(64));
        assert_eq!(digest(3), one, "{settings}");
    }
}

#[test]
fn bench_prints_a_line_for_each_measurement() {
    let text = Sandbox::new().run(&format!("{CONV} --threads 1 --pruned-to 0"));
    let starts: Vec<&str> = text.lines().map(|line| line.split("  ").next().unwrap_or("")).collect();
    assert!(text.starts_with("conv, maximum depth 2, batch 4, 1 thread, "), "{text}");
    for start in [
        "training step",
        "evaluation",
        "pruned to 0",
        "large matrices, for comparison",
    ] {
        assert!(starts.contains(&start), "{text}");
    }
}
