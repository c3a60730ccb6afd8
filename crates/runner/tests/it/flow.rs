//! Train, evaluate, prune, predict, report.

use std::process::Stdio;

use serde_json::Value;

use crate::sandbox::Sandbox;

const SPIRALS: &str = "train CONFIGS/spirals.ron --set epochs=20 --set max_depth=3 --quiet";
const MINI: &str = "train CONFIGS/fashion-mnist-mini.ron --set n_train=200 --set max_depth=1 --set epochs=1 --quiet";

/// A number of a record.
#[track_caller]
fn number(value: &Value, pointer: &str) -> f64 {
    value
        .pointer(pointer)
        .and_then(Value::as_f64)
        .unwrap_or_else(|| panic!("no number at {pointer}"))
}

#[track_caller]
fn check_close(actual: f64, expected: f64) {
    // A posterior that was rounded to single precision once.
    assert!((actual - expected).abs() < 1e-5, "{actual} is not {expected}");
}

/// Every command on one run, whatever the data.
fn check_flow(train: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    let printed = sandbox.run(&format!("{train} --out runs/whole"));
    assert!(printed.contains("marginal"), "{printed}");
    for name in [
        "config.ron",
        "environment.json",
        "metrics.jsonl",
        "weights.safetensors",
        "test_examples.safetensors",
        "summary.json",
    ] {
        assert!(sandbox.path("runs/whole").join(name).is_file(), "{name} is missing");
    }
    let summary = sandbox.json("runs/whole/summary.json");
    let evaluated: Value = serde_json::from_str(&sandbox.run("evaluate runs/whole --json")).unwrap();
    assert_eq!(
        evaluated, summary["evaluations"],
        "the stored weights give the stored scores"
    );

    sandbox.run("prune runs/whole --depth 1 --out runs/pruned");
    let pruned = sandbox.json("runs/pruned/summary.json");
    assert_eq!(
        [&pruned["max_depth"], &pruned["pruned_from"]],
        [&Value::from(1), &summary["max_depth"]]
    );
    for (depth, scores) in pruned["evaluations"][0]["test"]["per_depth"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
    {
        assert_eq!(*scores, summary["evaluations"][0]["test"]["per_depth"][depth]);
    }
    let evaluated: Value = serde_json::from_str(&sandbox.run("evaluate runs/pruned --json")).unwrap();
    assert_eq!(evaluated, pruned["evaluations"]);

    let page = sandbox.run("report runs/whole runs/pruned --out page.html");
    assert_eq!(page, "page.html\n");
    assert!(sandbox.text("page.html").contains("runs/pruned"));
    sandbox
}

#[test]
fn train_evaluate_prune_report_and_predict_on_points() {
    let sandbox = check_flow(SPIRALS);
    let grid = sandbox.json("runs/whole/predictive_grid.json");
    assert_eq!(grid["probability"].as_array().unwrap().len(), 80 * 80);
    assert_eq!(grid["points"].as_array().unwrap().len(), 200);
    let epochs = sandbox.text("runs/whole/metrics.jsonl").lines().count();
    assert_eq!(epochs, 20);

    sandbox.write("points.txt", "# two points\n0.5 1\n\n-3, 4 # far out\n");
    let predicted: Value = serde_json::from_str(&sandbox.run("predict runs/whole points.txt --json")).unwrap();
    assert_eq!(predicted.as_array().unwrap().len(), 2);
    let first = &predicted[0];
    check_close(
        number(first, "/probabilities/0") + number(first, "/probabilities/1"),
        1.0,
    );
    let class = first["class"].as_u64().unwrap();
    check_close(
        number(first, "/confidence"),
        number(first, &format!("/probabilities/{class}")),
    );
    check_close(
        number(first, "/predictive_entropy"),
        number(first, "/aleatoric") + number(first, "/epistemic"),
    );
    let table = sandbox.run("predict runs/whole points.txt points.txt");
    assert_eq!(table.lines().filter(|line| line.contains("arm ")).count(), 4);
}

#[test]
fn train_evaluate_prune_report_and_predict_on_images() {
    let sandbox = check_flow(MINI);
    assert!(!sandbox.path("runs/whole/predictive_grid.json").exists());
    let summary = sandbox.json("runs/whole/summary.json");
    let counts = ["n_train", "n_validation", "n_test"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(counts, [180, 20, 1000]);

    // Two images: black, and white.
    let mut idx = vec![0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 28, 0, 0, 0, 28];
    idx.extend([0; 784]);
    idx.extend([255; 784]);
    std::fs::write(sandbox.path("two-idx3-ubyte"), idx).unwrap();
    let predicted: Value = serde_json::from_str(&sandbox.run("predict runs/whole two-idx3-ubyte --json")).unwrap();
    assert_eq!(predicted.as_array().unwrap().len(), 2);
    assert_ne!(predicted[0]["probabilities"], predicted[1]["probabilities"]);
    assert!(predicted[0]["name"].is_string());
}

#[test]
fn train_reports_the_configured_head_statistics_first_and_scores_both() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{MINI} --out per_depth"));
    sandbox.run(&format!("{MINI} --set head_statistics=shared --out shared"));
    let scores = |run: &str, index: usize| {
        let evaluation = &sandbox.json(&format!("{run}/summary.json"))["evaluations"][index];
        let test = &evaluation["test"]["predictives"];
        let marginal = ["error", "nll"].map(|key| test["marginal"][key].clone());
        (evaluation["head_statistics"].clone(), marginal)
    };
    // One epoch: the weights do not depend on what epochs are compared with.
    assert_eq!(scores("per_depth", 0).0, "per_depth");
    assert_eq!(scores("shared", 0).0, "shared");
    assert_eq!(scores("per_depth", 0), scores("shared", 1));
    assert_eq!(scores("per_depth", 1), scores("shared", 0));
    assert_ne!(scores("shared", 0).1, scores("shared", 1).1);
    sandbox.run("verify per_depth shared");
}

#[test]
fn prune_by_a_rule_keeps_the_scores_of_the_pruned_predictive() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{SPIRALS} --out whole"));
    sandbox.run("prune whole --rule rounded-expectation --out pruned");
    let whole = sandbox.json("whole/summary.json");
    let pruned = sandbox.json("pruned/summary.json");
    let expected = number(&whole, "/expected_depth").round_ties_even();
    check_close(number(&pruned, "/max_depth"), expected);
    let evaluated = sandbox.run("prune whole --out by-config");
    assert!(evaluated.contains("LDN"));
    let by_config = sandbox.json("by-config/summary.json");
    assert_eq!(by_config["max_depth"], whole["pruned_depth"]);
    for name in ["nll", "error", "brier", "mean_true_probability"] {
        let pointer = |part: &str| format!("/evaluations/0/test/predictives/{part}/{name}");
        check_close(
            number(&by_config, &pointer("marginal")),
            number(&whole, &pointer("pruned")),
        );
    }
}

#[test]
fn train_with_deterministic_depth_needs_no_posterior() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{SPIRALS} --set method=ddn --out ddn"));
    let summary = sandbox.json("ddn/summary.json");
    assert_eq!(summary["posterior"], serde_json::json!([0.0, 0.0, 0.0, 1.0]));
    assert_eq!([&summary["pruned_depth"], &summary["max_depth"]], [&Value::from(3); 2]);
    let scores = &summary["evaluations"][0]["test"]["predictives"];
    assert_eq!(scores["marginal"], scores["deepest"]);
    let evaluated: Value = serde_json::from_str(&sandbox.run("evaluate ddn --json")).unwrap();
    assert_eq!(evaluated, summary["evaluations"]);
}

#[test]
fn train_prints_one_plain_line_per_epoch_without_a_terminal() {
    let sandbox = Sandbox::new();
    let train = SPIRALS.replace(" --quiet", "");
    let output = sandbox.command(&format!("{train} --out r")).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(stderr.lines().count(), 20);
    assert!(
        stderr.lines().all(|line| line.starts_with("epoch ") && line.is_ascii()),
        "{stderr}"
    );
    assert!(stderr.starts_with("epoch 1/20 loss "), "{stderr}");
}

#[test]
fn selection_on_the_test_set_is_labelled() {
    let sandbox = Sandbox::new();
    let printed = sandbox.run(&format!(
        "{SPIRALS} --set early_stopping.split=test --set early_stopping.metric=validation_nll --out r"
    ));
    assert!(printed.contains("chosen on the test set"), "{printed}");
    assert_eq!(sandbox.json("r/summary.json")["selection_split"], "test");
}

#[test]
fn train_on_a_stored_configuration_repeats_the_run() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{SPIRALS} --seed 4 --out first"));
    sandbox.run("train first/config.ron --quiet --out second");
    assert_eq!(sandbox.text("first/config.ron"), sandbox.text("second/config.ron"));
    let posterior = |run: &str| sandbox.json(&format!("{run}/summary.json"))["posterior"].clone();
    assert_eq!(posterior("first"), posterior("second"));
}

#[test]
fn data_sets_are_listed_and_verified() {
    let sandbox = Sandbox::new();
    let list = sandbox.run("data list");
    assert!(
        list.contains("fashion-mnist-mini") && list.contains("built in") && list.contains("svhn"),
        "{list}"
    );
    let verified = sandbox.run("data verify fashion-mnist-mini");
    assert!(
        verified.lines().count() >= 4 && verified.lines().all(|line| line.ends_with(": ok")),
        "{verified}"
    );
}

#[test]
fn completions_do_not_fail_when_the_reader_goes_away() {
    let sandbox = Sandbox::new();
    let mut child = sandbox
        .command("completions bash")
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", output.status);
    assert!(output.stderr.is_empty());
}

#[test]
fn completions_name_the_commands() {
    let script = Sandbox::new().run("completions bash");
    assert!(
        ["train", "evaluate", "prune", "predict", "report"]
            .iter()
            .all(|name| script.contains(name))
    );
}
