//! Exit codes where the output cannot be written: the verdict stays, and what is stored is said.

use std::fs::File;
use std::process::{Command, Stdio};

use serde_json::json;

use crate::bad_input::fixtures::run_on_points;
use crate::sandbox::Sandbox;

const FULL: &str = "error: writing to the standard output: No space left on device (os error 28)\n";

/// A disk that is full.
fn full() -> Stdio {
    File::options().write(true).open("/dev/full").unwrap().into()
}

/// A pipe whose reader has gone away.
fn closed() -> Stdio {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer.into()
}

#[track_caller]
fn check(sandbox: &Sandbox, arguments: &str, stdout: Stdio, code: i32, expected: &str) {
    let output = sandbox.command(arguments).stdout(stdout).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), stderr.as_str()),
        (Some(code), expected),
        "vds {arguments}"
    );
}

/// A sweep `s` of one cell.
fn sweep(sandbox: &Sandbox) {
    let config = crate::sandbox::configs().join("spirals.ron");
    sandbox.write("spirals.ron", std::fs::read(config).unwrap());
    let plan = r#"(schema: 1, name: "test", experiments: [(name: "e", config: "spirals.ron",
        settings: ["max_depth=1", "epochs=1"], vary: [("seed", ["0"])], threads: one_per_cell)])"#;
    sandbox.write("plan.ron", plan);
    sandbox.run("sweep plan plan.ron --out s");
}

#[test]
fn verify_exits_by_its_verdict_whatever_becomes_of_its_output() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    std::fs::rename(sandbox.path("r"), sandbox.path("same")).unwrap();
    run_on_points(&sandbox);
    let mut summary = sandbox.json("r/summary.json");
    summary["evaluations"][0]["test"]["predictives"]["marginal"]["nll"] = json!(0.5);
    sandbox.write("r/summary.json", summary.to_string());
    sandbox.reseal("r");
    for json in ["", " --json"] {
        for (runs, verdict) in [("same", 0), ("r", 1), ("same r", 1), ("none r same", 2)] {
            let command = format!("verify {runs}{json}");
            check(&sandbox, &command, Stdio::null(), verdict, "");
            check(&sandbox, &command, closed(), verdict, "");
            let failure = if verdict == 0 { 2 } else { verdict };
            check(&sandbox, &command, full(), failure, FULL);
        }
    }
}

#[test]
fn data_verify_exits_by_its_verdict_whatever_becomes_of_its_output() {
    let sandbox = Sandbox::new();
    sandbox.write("data/svhn-like/train_32x32.mat", "not a data set");
    for stdout in [Stdio::null(), closed()] {
        check(&sandbox, "data verify fashion-mnist-mini", stdout, 0, "");
    }
    check(&sandbox, "data verify fashion-mnist-mini", full(), 2, FULL);
    let bad = "data verify fashion-mnist-mini mnist --data-dir data";
    let output = sandbox.command(bad).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    check(&sandbox, bad, closed(), 2, &stderr);
}

#[test]
fn full_standard_output_is_named_with_what_is_stored() {
    let sandbox = Sandbox::new();
    sandbox.write("points.txt", "0 1\n");
    sweep(&sandbox);
    let train = "train CONFIGS/spirals.ron --set epochs=1 --set max_depth=1 --quiet --out";
    for (command, stored) in [
        (&*format!("{train} r"), "the run is stored in r"),
        ("train --resume r", "the run is stored in r"),
        ("prune r --depth 0 --out p", "the run is stored in p"),
        ("report r p --out page.html", "the page is stored in page.html"),
        ("sweep plan plan.ron --out s", "the sweep is stored in s"),
        ("sweep run s", "the sweep is stored in s"),
    ] {
        let expected = format!("{FULL}hint: {stored}\n");
        check(&sandbox, command, full(), 2, &expected);
    }
    // So it is.
    sandbox.run("verify r p s/runs/e/s0");
    assert!(sandbox.text("page.html").ends_with("</html>"));
    for command in [
        "evaluate r",
        "evaluate r --json",
        "predict r points.txt",
        "sweep status s",
        "data list",
        "completions zsh",
        "help",
        "help train",
        "--help",
        "--version",
    ] {
        check(&sandbox, command, full(), 2, FULL);
        check(&sandbox, command, closed(), 0, "");
    }
    check(&sandbox, &format!("{train} q"), closed(), 0, "");
    sandbox.run("verify q");
}

#[test]
fn sweep_run_trains_and_exits_by_its_verdict_whatever_becomes_of_its_output() {
    for stdout in [closed, full] {
        let sandbox = Sandbox::new();
        sweep(&sandbox);
        let train = "train spirals.ron --set max_depth=1 --set epochs=1 --seed 0 --quiet";
        sandbox.run(&format!("{train} --set ece_bins=7 --out s/runs/e/s0"));
        let output = sandbox.command("sweep run s").stdout(stdout()).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "the cell has another configuration");
        let output = sandbox.command("sweep run s --overwrite").stdout(closed()).output();
        assert_eq!(output.unwrap().status.code(), Some(0));
        assert!(sandbox.run("sweep status s").ends_with("1 of 1 cells are finished\n"));
    }
}

#[test]
fn usage_errors_exit_with_2_whatever_becomes_of_their_text() {
    let sandbox = Sandbox::new();
    for stderr in [full(), closed()] {
        let status = sandbox.command("tarin").stderr(stderr).status().unwrap();
        assert_eq!(status.code(), Some(2));
    }
}

#[test]
fn file_size_limit_is_reported_as_a_full_disk_is() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    // The unit is 512 or 1024 bytes; a page has more.
    let mut shell = Command::new("sh");
    shell.args(["-c", "ulimit -f 2; exec \"$0\" report r --out page.html"]);
    let output = shell
        .arg(env!("CARGO_BIN_EXE_vds"))
        .current_dir(sandbox.path(""))
        .output();
    let output = output.unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        (output.status.code(), stderr.as_str()),
        (Some(2), "error: writing page.html: File too large (os error 27)\n")
    );
}

#[test]
fn threads_are_those_of_the_machine_whatever_rayon_num_threads_says() {
    let sandbox = Sandbox::new();
    let n_threads = std::thread::available_parallelism().unwrap().get();
    for variable in ["RAYON_NUM_THREADS", "RAYON_RS_NUM_CPUS"] {
        let train = format!("train CONFIGS/spirals.ron --set epochs=1 --set max_depth=1 --quiet --out {variable}");
        let mut command = sandbox.command(&train);
        assert!(
            command
                .env(variable, (n_threads + 5).to_string())
                .output()
                .unwrap()
                .status
                .success()
        );
        let journal = sandbox.text(&format!("{variable}/journal.jsonl"));
        let begin: serde_json::Value = serde_json::from_str(journal.lines().next().unwrap()).unwrap();
        assert_eq!(begin["threads"], json!(n_threads), "{begin}");
    }
}
