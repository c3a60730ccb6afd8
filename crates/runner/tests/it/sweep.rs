//! Sweeps: plans, cells, resuming, reports.

use std::process::Stdio;
use std::time::{Duration, Instant};

use crate::sandbox::Sandbox;

/// A plan with one experiment on spirals.
pub(crate) fn plan(sandbox: &Sandbox, settings: &str, vary: &str) {
    let config = crate::sandbox::configs().join("spirals.ron");
    sandbox.write("spirals.ron", std::fs::read(config).unwrap());
    let text = format!(
        "(schema: 1, name: \"test\", experiments: [(name: \"spirals\", config: \"spirals.ron\", \
         settings: [\"max_depth=3\", {settings}], vary: [{vary}], threads: one_per_cell)])"
    );
    sandbox.write("plan.ron", text);
}

const TWO_SEEDS: &str = r#"("method", ["ldn", "ddn"]), ("seed", ["0", "1"])"#;

#[test]
fn sweep_trains_what_single_runs_train_and_keeps_what_is_finished() {
    let sandbox = Sandbox::new();
    plan(&sandbox, "\"epochs=20\"", TWO_SEEDS);
    assert_eq!(sandbox.run("sweep plan plan.ron --out s"), "4 cells in s\n");
    let (refused, code) = sandbox.fail("report s --out page.html");
    assert!(refused.starts_with("error: no cell of the sweep s is finished\nhint: train them with `vds sweep run s`"));
    assert_eq!(code, Some(2));
    let printed = sandbox.run("sweep run s --threads 2");
    assert_eq!(
        printed.lines().filter(|line| line.ends_with(" s)")).count(),
        4,
        "{printed}"
    );
    assert!(printed.contains("LDN pruned") && printed.contains("DDN"), "{printed}");

    sandbox.run("train spirals.ron --set max_depth=3 --set epochs=20 --set method=ddn --seed 1 --out single --quiet");
    for file in ["config.ron", "weights.safetensors", "summary.json", "metrics.jsonl"] {
        let single = std::fs::read(sandbox.path("single").join(file)).unwrap();
        let cell = std::fs::read(sandbox.path("s/runs/spirals/ddn-s1").join(file)).unwrap();
        assert!(single == cell, "{file} differs");
    }

    let before = sandbox.everything();
    let again = sandbox.run("sweep run s");
    assert_eq!(again.matches("(finished before)").count(), 4, "{again}");
    assert!(sandbox.run("sweep status s").ends_with("4 of 4 cells are finished\n"));
    assert_eq!(sandbox.changes(&before), [""; 0].map(std::path::PathBuf::from));
    sandbox.run("report s --out page.html");
    assert!(sandbox.text("page.html").contains("spirals/ddn-s1"));
}

#[test]
fn sweep_goes_past_a_cell_that_fails() {
    let sandbox = Sandbox::new();
    plan(
        &sandbox,
        "\"epochs=300\"",
        r#"("optimizer.learning_rate", ["100.0", "0.1"])"#,
    );
    sandbox.run("sweep plan plan.ron --out s");
    let output = sandbox.command("sweep run s").output().unwrap();
    let printed = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{printed}");
    assert!(
        printed.contains("spirals/learning_rate100.0: FAILED: vds train ended with exit status: 1"),
        "{printed}"
    );
    assert!(printed.contains("spirals/learning_rate0.1: test error"), "{printed}");
    sandbox.run("report s --out page.html");
}

#[test]
fn sweep_replaces_a_run_of_another_configuration_only_if_asked_to() {
    let sandbox = Sandbox::new();
    let one = r#"("seed", ["0"])"#;
    plan(&sandbox, "\"epochs=5\"", one);
    sandbox.run("sweep plan plan.ron --out s");
    sandbox.run("sweep run s");
    plan(&sandbox, "\"epochs=6\"", one);
    sandbox.run("sweep plan plan.ron --out s");
    assert!(
        sandbox
            .run("sweep status s")
            .contains("spirals/s0: other configuration\n")
    );
    let weights = || std::fs::read(sandbox.path("s/runs/spirals/s0/weights.safetensors")).unwrap();
    let before = weights();
    let refused = sandbox.command("sweep run s").output().unwrap();
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8(refused.stdout)
            .unwrap()
            .contains("--overwrite trains it again")
    );
    assert!(weights() == before);
    sandbox.run("sweep run s --overwrite");
    assert_eq!(sandbox.text("s/runs/spirals/s0/metrics.jsonl").lines().count(), 6);
}

#[test]
fn sweep_refuses_folders_that_are_not_sweeps() {
    let sandbox = Sandbox::new();
    plan(&sandbox, "\"epochs=5\"", r#"("seed", ["0"])"#);
    sandbox.write("thesis/chapter.tex", "text");
    let (refused, code) = sandbox.fail("sweep plan plan.ron --out thesis");
    assert_eq!(code, Some(2));
    assert_eq!(
        refused,
        "error: thesis is not empty and does not hold a sweep\nhint: choose another folder\n"
    );
    for command in ["sweep run thesis", "sweep status thesis", "sweep run no/such"] {
        let (refused, code) = sandbox.fail(command);
        assert_eq!(code, Some(2), "{refused}");
        assert!(refused.contains("sweep.json"), "{refused}");
    }
}

/// A signal to the sweep's process alone reaches the runs: they save their state, and the next call resumes them.
#[cfg(unix)]
#[test]
fn sweep_resumes_after_a_signal_to_the_same_bytes() {
    let settings = "\"epochs=6000\", \"early_stopping.patience=None\"";
    let undisturbed = Sandbox::new();
    plan(&undisturbed, settings, r#"("seed", ["0", "1"])"#);
    undisturbed.run("sweep plan plan.ron --out s");
    undisturbed.run("sweep run s --threads 2");

    let sandbox = Sandbox::new();
    plan(&sandbox, settings, r#"("seed", ["0", "1"])"#);
    sandbox.run("sweep plan plan.ron --out s");
    let mut command = sandbox.command("sweep run s --threads 2");
    let mut sweep = command.stdout(Stdio::null()).spawn().unwrap();
    let epochs = || {
        let metrics = std::fs::read_to_string(sandbox.path("s/runs/spirals/s1/metrics.jsonl"));
        metrics.unwrap_or_default().lines().count()
    };
    let patience = Instant::now();
    while epochs() < 20 {
        assert!(patience.elapsed() < Duration::from_secs(60), "no epoch within a minute");
        std::thread::sleep(Duration::from_millis(5));
    }
    let id = rustix::process::Pid::from_raw(i32::try_from(sweep.id()).unwrap()).unwrap();
    rustix::process::kill_process(id, rustix::process::Signal::TERM).unwrap();
    assert_eq!(sweep.wait().unwrap().code(), Some(75));
    assert!(epochs() < 6000);
    assert!(sandbox.run("sweep status s").ends_with("0 of 2 cells are finished\n"));

    sandbox.run("sweep run s --threads 2");
    for file in ["weights.safetensors", "metrics.jsonl", "summary.json"] {
        let [a, b] = [&sandbox, &undisturbed].map(|s| std::fs::read(s.path("s/runs/spirals/s1").join(file)).unwrap());
        assert!(a == b, "{file} differs");
    }
}

#[test]
fn findings_take_what_is_finished_and_replace_their_own_page_alone() {
    let sandbox = Sandbox::new();
    plan(&sandbox, "\"epochs=5\"", TWO_SEEDS);
    sandbox.run("sweep plan plan.ron --out s");
    assert_eq!(
        sandbox.run("findings s -o FINDINGS.md"),
        "FINDINGS.md from 0 of 4 cells\n4 cells are not finished and are left out\n"
    );
    assert!(!sandbox.text("FINDINGS.md").contains("Setting:"));
    sandbox.run("sweep run s --threads 2");
    let before = sandbox.everything();
    assert_eq!(
        sandbox.run("findings s --out FINDINGS.md"),
        "FINDINGS.md from 4 of 4 cells\n"
    );
    assert_eq!(sandbox.changes(&before), [sandbox.path("FINDINGS.md")]);
    let page = sandbox.text("FINDINGS.md");
    assert!(
        page.contains("At D = 3 the LDN against the DDN over 2 data sets has"),
        "{page}"
    );

    sandbox.write("thesis/chapter.tex", "text");
    let (refused, code) = sandbox.fail("findings thesis -o FINDINGS.md");
    assert_eq!(code, Some(2));
    assert!(
        refused.starts_with("error: thesis is not the folder of a sweep\nhint: "),
        "{refused}"
    );
    let (refused, code) = sandbox.fail("findings s -o thesis/chapter.tex");
    assert_eq!(code, Some(2));
    assert!(
        refused.contains("is not a page of findings: it does not begin with # Findings\n"),
        "{refused}"
    );
    assert_eq!(sandbox.text("thesis/chapter.tex"), "text");
    assert_eq!(sandbox.text("FINDINGS.md"), page);
}
