//! `vds verify`: recorded values against those that the stored weights give now.

use std::fs;

use serde_json::{Value, json};

use crate::sandbox::Sandbox;

const SPIRALS: &str = "train CONFIGS/spirals.ron --set epochs=5 --set max_depth=3 --quiet";

/// Every name that differs, and the exit code.
#[track_caller]
fn differences(sandbox: &Sandbox, run: &str) -> (Vec<Value>, Option<i32>) {
    let output = sandbox.command(&format!("verify {run} --json")).output().unwrap();
    let verified: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(verified[0]["error"].is_null(), "{verified}");
    assert!(verified[0]["n_compared"].as_u64().unwrap() > 100, "{verified}");
    let differences = verified[0]["differences"].as_array().unwrap();
    (differences.clone(), output.status.code())
}

#[track_caller]
fn check_verifies(sandbox: &Sandbox, run: &str) {
    assert_eq!(differences(sandbox, run), (Vec::new(), Some(0)), "{run}");
}

fn edit(sandbox: &Sandbox, file: &str, edit: impl FnOnce(&mut Value)) {
    let mut value = sandbox.json(file);
    edit(&mut value);
    sandbox.write(file, value.to_string());
    sandbox.reseal("r");
}

/// Changes one weight in its third decimal place or so.
fn edit_weights(sandbox: &Sandbox, run: &str) {
    let path = sandbox.path(&format!("{run}/weights.safetensors"));
    let mut bytes = fs::read(&path).unwrap();
    let header_len = u64::from_le_bytes(bytes[..8].try_into().unwrap());
    let header_len = usize::try_from(header_len).unwrap();
    let header: Value = serde_json::from_slice(&bytes[8..8 + header_len]).unwrap();
    let begin = header["input_layer.weight"]["data_offsets"][0].as_u64();
    let begin = usize::try_from(begin.unwrap_or_else(|| panic!("{header}"))).unwrap();
    bytes[8 + header_len + begin + 1] ^= 0x40;
    fs::write(path, bytes).unwrap();
    sandbox.unseal_weights(run);
}

#[test]
fn verify_reproduces_fresh_and_pruned_runs() {
    let sandbox = Sandbox::new();
    for method in ["ldn", "ddn"] {
        sandbox.run(&format!("{SPIRALS} --set method={method} --out {method}"));
        check_verifies(&sandbox, method);
    }
    sandbox.run("prune ldn --depth 1 --out pruned");
    check_verifies(&sandbox, "pruned");
    let printed = sandbox.run("verify ldn ddn pruned --threads 1");
    assert_eq!(printed.lines().count(), 3, "{printed}");
    assert!(
        printed.lines().all(|line| line.ends_with("are reproduced")),
        "{printed}"
    );
}

#[test]
fn verify_reproduces_a_run_on_images_and_finds_other_data() {
    let sandbox = Sandbox::new();
    sandbox
        .run("train CONFIGS/fashion-mnist-mini.ron --set n_train=100 --set max_depth=1 --set epochs=1 --quiet --out r");
    check_verifies(&sandbox, "r");
    edit(&sandbox, "r/environment.json", |environment| {
        environment["data"][0]["sha256"] = json!("0".repeat(64));
    });
    let (found, code) = differences(&sandbox, "r");
    assert_eq!(
        (&found[0]["name"], found.len(), code),
        (&json!("data.0.sha256"), 1, Some(1))
    );
}

#[test]
fn verify_finds_an_edited_number() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{SPIRALS} --out r"));
    // One more in the last digit that a record keeps.
    let nll = sandbox.json("r/summary.json")["evaluations"][0]["test"]["per_depth"][2]["nll"]
        .as_f64()
        .unwrap();
    let edited = f64::from_bits(nll.to_bits() + 1);
    edit(&sandbox, "r/summary.json", |summary| {
        summary["evaluations"][0]["test"]["per_depth"][2]["nll"] = json!(edited);
    });
    let (found, code) = differences(&sandbox, "r");
    let expected = json!({
        "name": "evaluations.0.test.per_depth.2.nll", "recorded": edited, "now": nll, "difference": nll - edited,
    });
    assert_eq!((found, code), (vec![expected], Some(1)));

    edit(&sandbox, "r/predictive_grid.json", |grid| {
        grid["probability"][7] = json!(0.25);
    });
    edit(&sandbox, "r/summary.json", |summary| {
        let pruned_depth = summary["pruned_depth"].as_u64().unwrap();
        summary["pruned_depth"] = json!((pruned_depth + 1) % 4);
    });
    let (found, _) = differences(&sandbox, "r");
    let names: Vec<&Value> = found.iter().map(|one| &one["name"]).collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert!(names.contains(&&json!("grid.probability.7")) && names.contains(&&json!("pruned_depth")));
    let output = sandbox.command("verify r").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("recorded values differ\n"), "{printed}");
    assert!(printed.contains("  pruned_depth "), "{printed}");
}

#[test]
fn verify_finds_edited_weights() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{SPIRALS} --out r"));
    edit_weights(&sandbox, "r");
    let (found, code) = differences(&sandbox, "r");
    assert_eq!(code, Some(1));
    assert!(
        found
            .iter()
            .any(|one| one["name"] == "evaluations.0.test.predictives.marginal.nll"),
        "{found:?}"
    );
    let output = sandbox.command("verify r").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert!(printed.contains("more; --json has them all"), "{printed}");
}

#[test]
fn verify_reports_a_changed_environment_without_changing_the_verdict() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{SPIRALS} --out r"));
    edit(&sandbox, "r/environment.json", |environment| {
        environment["commit"] = json!("another");
        environment["instruction_set"] = Value::Null;
        environment["threads"] = json!(999);
    });
    let printed = sandbox.run("verify r");
    assert!(printed.contains("not as it was when the run was made"), "{printed}");
    assert!(printed.contains("  commit  another"), "{printed}");
    assert!(
        !printed.contains("threads") && !printed.contains("instruction_set"),
        "{printed}"
    );
}

#[test]
fn verify_exits_with_2_for_missing_and_damaged_files_and_verifies_the_other_runs() {
    let sandbox = Sandbox::new();
    sandbox.run(&format!("{SPIRALS} --out whole"));
    for (name, file) in [
        "weights.safetensors",
        "summary.json",
        "environment.json",
        "predictive_grid.json",
        "test_examples.safetensors",
    ]
    .iter()
    .enumerate()
    {
        for damage in ["missing", "truncated"] {
            let run = format!("{name}-{damage}");
            fs::create_dir(sandbox.path(&run)).unwrap();
            for entry in fs::read_dir(sandbox.path("whole")).unwrap() {
                let entry = entry.unwrap();
                fs::copy(entry.path(), sandbox.path(&run).join(entry.file_name())).unwrap();
            }
            let path = sandbox.path(&run).join(file);
            let bytes = fs::read(&path).unwrap();
            match damage {
                "missing" => fs::remove_file(path).unwrap(),
                _ => fs::write(path, &bytes[..bytes.len() / 2]).unwrap(),
            }
            let output = sandbox.command(&format!("verify {run} whole")).output().unwrap();
            let printed = String::from_utf8(output.stdout).unwrap();
            assert_eq!(output.status.code(), Some(2), "{file}: {printed}");
            let lines: Vec<&str> = printed.lines().collect();
            assert!(
                lines[0].contains("cannot be verified") && lines[0].contains(file),
                "{printed}"
            );
            assert!(lines[1].ends_with("are reproduced"), "{printed}");
        }
    }
}

#[test]
fn verify_of_a_folder_that_is_not_a_run_verifies_the_others_in_order() {
    let sandbox = Sandbox::new();
    for run in ["a", "b"] {
        sandbox.run(&format!("{SPIRALS} --out {run}"));
    }
    sandbox.write("file", "");
    let output = sandbox.command("verify a no-run file b").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!((lines.len(), output.status.code()), (4, Some(2)), "{printed}");
    assert!(lines[0].starts_with("a: all "), "{printed}");
    assert!(
        lines[1].starts_with("no-run: cannot be verified: no-run is not a run directory"),
        "{printed}"
    );
    assert!(lines[2].starts_with("file: cannot be verified: "), "{printed}");
    assert!(lines[3].starts_with("b: all "), "{printed}");
    let output = sandbox.command("verify a no-run b --json").output().unwrap();
    let verified: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        [0, 1, 2].map(|index| verified[index]["run"].clone()),
        ["a", "no-run", "b"]
    );
}
