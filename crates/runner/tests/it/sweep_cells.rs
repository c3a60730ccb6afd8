//! Single cells of a sweep: named by index or id, failing, shared among processes, killed, out of time.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;
use crate::sweep::plan;

/// A sweep that is planned, in `s`.
fn planned(settings: &str, vary: &str) -> Sandbox {
    let sandbox = Sandbox::new();
    plan(&sandbox, settings, vary);
    sandbox.run("sweep plan plan.ron --out s");
    sandbox
}

const LONG: &str = "\"epochs=6000\", \"early_stopping.patience=None\"";

#[track_caller]
fn wait_for_epochs(sandbox: &Sandbox, run: &str) {
    let patience = Instant::now();
    loop {
        let metrics = std::fs::read_to_string(sandbox.path(run).join("metrics.jsonl"));
        if metrics.unwrap_or_default().lines().count() >= 20 {
            return;
        }
        assert!(patience.elapsed() < Duration::from_secs(60), "no epoch within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn sweep_cell_is_named_by_index_or_id_and_its_call_is_idempotent() {
    let sandbox = planned("\"epochs=5\"", r#"("max_depth", ["2", "3"]), ("seed", ["0", "1"])"#);
    assert_eq!(sandbox.run("sweep todo s"), "0-3\n");
    // Costliest first.
    let printed = sandbox.run("sweep run s --index 0");
    assert!(
        printed.starts_with("1 cells in s\n[ 1/1] spirals/D3-s0: test error"),
        "{printed}"
    );
    let before = sandbox.everything();
    assert!(sandbox.run("sweep run s --index 0").contains("(finished before)"));
    assert_eq!(sandbox.changes(&before), [""; 0].map(std::path::PathBuf::from));
    let mut command = sandbox.command("sweep run s --index env --offset 1");
    assert!(command.env("HQ_TASK_ID", "1").status().unwrap().success());
    assert_eq!(sandbox.run("sweep todo s"), "1,3\n");
    sandbox.run("sweep run s --cell spirals/D2-s1");
    sandbox.run("sweep run s --index 0 --batch 2");
    assert_eq!(sandbox.run("sweep todo s"), "");
    for (command, expected) in [
        (
            "sweep run s --index 4",
            "error: --index 4: there is no such cell, the sweep has 4\n",
        ),
        ("sweep run s --cell x", "error: --cell x: the sweep has no such cell\n"),
        (
            "sweep retry s --cell x",
            "error: --cell x: the sweep has no such cell\n",
        ),
    ] {
        assert_eq!(sandbox.fail(command), (expected.to_owned(), Some(2)));
    }

    let table = sandbox.run("sweep collect s");
    let lines: Vec<&str> = table.lines().collect();
    assert!(
        lines[0].starts_with("id,experiment,name,dataset,method,max_depth,seed,"),
        "{}",
        lines[0]
    );
    assert!(lines[0].contains(",marginal.nll,"), "{}", lines[0]);
    assert_eq!(lines.len(), 5);
    assert!(
        lines[1].contains(",spirals,D2-s0,spirals,ldn,2,0,0,"),
        "in the order of the plan: {}",
        lines[1]
    );
    assert!(
        lines
            .iter()
            .all(|line| line.matches(',').count() == lines[0].matches(',').count())
    );
    assert_eq!(sandbox.run("sweep collect s --csv t.csv"), "4 of 4 cells in t.csv\n");
    assert_eq!(sandbox.text("t.csv"), table);
    let status = sandbox.run("sweep status s --watch");
    assert!(
        status.starts_with("4 finished; 0 s left by the cost model, within a factor of "),
        "{status}"
    );
}

#[test]
fn sweep_cell_that_failed_is_kept_with_its_error_and_tried_again_when_asked() {
    let sandbox = planned("\"epochs=300\"", r#"("optimizer.learning_rate", ["100.0"])"#);
    let run = |expected: &str| {
        let output = sandbox.command("sweep run s").output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert_eq!(output.status.code(), Some(1), "{printed}");
        assert!(printed.contains(expected), "{printed}");
    };
    run("spirals/learning_rate100.0: FAILED: vds train ended");
    let log = || sandbox.text("s/logs/spirals/learning_rate100.0.log").len();
    let before = log();
    run("spirals/learning_rate100.0: FAILED before");
    assert_eq!(log(), before, "no process was started");
    assert!(sandbox.run("sweep status s").contains("learning_rate100.0: failed\n"));
    assert_eq!(
        (sandbox.run("sweep todo s"), sandbox.run("sweep todo s --failed")),
        (String::new(), "0\n".to_owned())
    );
    assert_eq!(
        sandbox.run("sweep retry s"),
        "spirals/learning_rate100.0\n1 cells are to be trained again\n"
    );
    run("spirals/learning_rate100.0: FAILED: vds train ended");
    assert!(log() > before);
}

#[test]
fn sweep_is_drained_by_several_processes_that_train_each_cell_once() {
    let sandbox = planned("\"epochs=150\"", r#"("seed", ["0", "1", "2", "3", "4", "5"])"#);
    let start = || {
        let mut command = sandbox.command("sweep run s --threads 1");
        command.stdout(Stdio::piped()).spawn().unwrap()
    };
    let outputs = [start(), start(), start()].map(Child::wait_with_output);
    let printed: String = outputs
        .into_iter()
        .map(|output| String::from_utf8(output.unwrap().stdout).unwrap())
        .collect();
    let n_trained = printed.lines().filter(|line| line.ends_with(" s)")).count();
    assert_eq!((n_trained, printed.contains("FAILED")), (6, false), "{printed}");
    assert!(sandbox.run("sweep status s").ends_with("6 of 6 cells are finished\n"));
    assert_eq!(std::fs::read_dir(sandbox.path("s/leases")).unwrap().count(), 0);
}

/// A process that is killed leaves its lease behind, and nobody waits for it.
#[cfg(target_os = "linux")]
#[test]
fn sweep_cell_of_a_killed_process_is_resumed_at_once() {
    let sandbox = planned(LONG, r#"("seed", ["0"])"#);
    let mut sweep = sandbox
        .command("sweep run s --index 0")
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    wait_for_epochs(&sandbox, "s/runs/spirals/s0");
    let held = sandbox.run("sweep run s --index 0");
    assert!(held.ends_with("spirals/s0: another process trains it\n"), "{held}");
    assert_eq!(sandbox.run("sweep todo s"), "");
    let children = std::fs::read_to_string(format!("/proc/{0}/task/{0}/children", sweep.id())).unwrap();
    sweep.kill().unwrap();
    sweep.wait().unwrap();
    let child = children
        .trim()
        .parse()
        .ok()
        .and_then(rustix::process::Pid::from_raw)
        .unwrap();
    rustix::process::kill_process(child, rustix::process::Signal::KILL).unwrap();
    let patience = Instant::now();
    while sandbox.run("sweep todo s") != "0\n" {
        assert!(
            patience.elapsed() < Duration::from_secs(10),
            "the killed process still holds the cell"
        );
    }
    assert_eq!(std::fs::read_dir(sandbox.path("s/leases")).unwrap().count(), 1);
    let printed = sandbox.run("sweep run s --index 0");
    assert!(printed.contains("spirals/s0: test error"), "{printed}");
}

#[test]
fn sweep_out_of_time_saves_its_state_and_resumes_to_the_same_bytes() {
    let sandbox = planned(LONG, r#"("seed", ["0"])"#);
    let limited = sandbox.command("sweep run s --time-limit 0.01").output().unwrap();
    assert_eq!(
        limited.status.code(),
        Some(75),
        "{}",
        String::from_utf8_lossy(&limited.stdout)
    );
    assert_eq!(sandbox.run("sweep todo s"), "0\n");
    sandbox.run("sweep run s");
    let undisturbed = planned(LONG, r#"("seed", ["0"])"#);
    undisturbed.run("sweep run s");
    for file in ["weights.safetensors", "metrics.jsonl", "summary.json"] {
        let [a, b] = [&sandbox, &undisturbed].map(|s| std::fs::read(s.path("s/runs/spirals/s0").join(file)).unwrap());
        assert!(a == b, "{file} differs");
    }
    let (refused, code) = sandbox.fail("sweep run s --time-limit 0");
    assert!(
        code == Some(2) && refused.contains("expected a positive number of minutes"),
        "{refused}"
    );
}

#[test]
fn sweep_takes_a_stored_cell_instead_of_training_it_and_recomputes_it() {
    let sandbox = planned("\"epochs=40\"", TWO_SEEDS);
    sandbox.run("sweep run s");
    assert_eq!(
        sandbox.run("sweep store s --results results"),
        "2 records added to results\n"
    );
    assert_eq!(
        sandbox.run("sweep store s --results results"),
        "0 records added to results\n"
    );
    let records = std::fs::read_dir(sandbox.path("results"))
        .unwrap()
        .map(|entry| entry.unwrap());
    let lengths: Vec<u64> = records.map(|entry| entry.metadata().unwrap().len()).collect();
    assert!(lengths.iter().all(|&n| n < 20_000), "{lengths:?}");

    sandbox.run("sweep plan plan.ron --out other");
    let printed = sandbox.run("sweep run other --results results");
    assert_eq!(printed.matches("(finished before)").count(), 2, "{printed}");
    assert!(!sandbox.path("other/runs/spirals/s0/weights.safetensors").exists());
    assert!(
        sandbox
            .run("sweep status other")
            .ends_with("2 of 2 cells are finished\n")
    );
    sandbox.run("report other --out page.html");
    let table = |sweep: &str| {
        let printed = sandbox.run(&format!("sweep run {sweep}"));
        printed[printed.find("experiment").unwrap()..].to_owned()
    };
    assert_eq!(table("other"), table("s"));

    let again = sandbox.run("sweep run other --results results --recompute 1");
    assert!(
        again.ends_with(": reproduced\n") && again.lines().count() == 1,
        "{again}"
    );
    let id = sandbox.json("other/sweep.json")["cells"][0]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let record = format!("results/{id}.json");
    let mut changed = sandbox.json(&record);
    changed["summary"]["expected_depth"] = serde_json::json!(0.5);
    sandbox.write(&record, changed.to_string());
    let output = sandbox
        .command("sweep run other --results results --recompute 2")
        .output()
        .unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        printed.contains("NOT reproduced\n    expected_depth: stored 0.5, now "),
        "{printed}"
    );
    assert_eq!(printed.matches(": reproduced").count(), 1, "{printed}");
}

const TWO_SEEDS: &str = r#"("seed", ["0", "1"])"#;
