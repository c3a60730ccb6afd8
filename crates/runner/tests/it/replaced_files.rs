//! What a command replaces, and what it removes: its own kind, and nothing else.

use std::fs;
use std::os::unix::fs::{FileTypeExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use crate::bad_input::fixtures::{run_on_images, run_on_points};
use crate::sandbox::Sandbox;

/// A page is refused there with these words, and nothing changes.
#[track_caller]
fn check_refused(sandbox: &Sandbox, out: &str, expected: &str) {
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail(&format!("report r --out {out}"));
    assert_eq!(
        (stderr.as_str(), code),
        (&*format!("error: {expected}\nhint: choose another --out\n"), Some(2))
    );
    assert!(sandbox.changes(&before).is_empty(), "{out}");
}

#[test]
fn report_replaces_no_file_but_a_page() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    sandbox.write("my.ron", "(schema: 3)");
    sandbox.write("empty", "");
    sandbox.write("short", "<!DOCTYPE");
    sandbox.write("indented", " <!DOCTYPE html>");
    for file in ["my.ron", "empty", "short", "indented", "r/../my.ron"] {
        let expected = format!("{file} is not a page: it does not begin with <!DOCTYPE html>");
        check_refused(&sandbox, file, &expected);
    }
    sandbox.run("report r --out page.html --title first");
    symlink("page.html", sandbox.path("link")).unwrap();
    symlink("nothing", sandbox.path("dangling")).unwrap();
    for link in ["link", "dangling"] {
        let expected = format!("{link} is a symbolic link, expected a page or nothing");
        check_refused(&sandbox, link, &expected);
    }
    sandbox.run("report r --out page.html --title second");
    assert!(sandbox.text("page.html").contains("<h1>second</h1>"));
}

#[test]
fn report_replaces_no_device_pipe_or_socket() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    assert!(
        Command::new("mkfifo")
            .arg(sandbox.path("fifo"))
            .status()
            .unwrap()
            .success()
    );
    let _socket = UnixListener::bind(sandbox.path("socket")).unwrap();
    for name in ["fifo", "socket"] {
        let (stderr, code) = sandbox.fail(&format!("report r --out {name}"));
        assert!(
            stderr.starts_with(&format!("error: {name} is not a regular file")),
            "{stderr}"
        );
        assert_eq!(code, Some(2));
        assert!(!fs::symlink_metadata(sandbox.path(name)).unwrap().file_type().is_file());
    }
    let fifo = fs::symlink_metadata(sandbox.path("fifo")).unwrap().file_type();
    assert!(fifo.is_fifo());
}

#[test]
fn report_replaces_no_file_of_any_run_and_takes_none_of_their_names() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    run_on_images(&sandbox);
    sandbox.write("i/checkpoints/checkpoint-00000002.safetensors", "a checkpoint");
    sandbox.write("i/.vds-lock", "");
    // Also what is not there yet, and what is not a whole run.
    sandbox.write("part/metrics.jsonl", "");
    for (out, run) in [
        ("i/weights.safetensors", "i"),
        ("i/config.ron", "i"),
        ("i/.vds-lock", "i"),
        ("r/.vds-lock", "r"),
        ("r/../i/nonfinite.json", "r/../i"),
        ("part/SUMMARY.json", "part"),
        ("r/checkpoints", "r"),
    ] {
        check_refused(&sandbox, out, &format!("{out} is a file of the run {run}"));
    }
    for name in ["checkpoint-00000002.safetensors", "checkpoint-00000003.safetensors"] {
        let expected = "i/checkpoints holds the checkpoints of a run";
        check_refused(&sandbox, &format!("i/checkpoints/{name}"), expected);
    }
    // Beside the files of a run there is room for its page.
    sandbox.run("report r --out r/page.html");
    fs::create_dir(sandbox.path("pages")).unwrap();
    sandbox.run("report r --out pages/summary.json");
}

#[test]
fn sweep_plan_replaces_no_file_that_is_not_a_sweep() {
    let sandbox = Sandbox::new();
    let config = crate::sandbox::configs().join("spirals.ron");
    sandbox.write("spirals.ron", fs::read(config).unwrap());
    let plan = r#"(schema: 1, name: "test", experiments: [(name: "e", config: "spirals.ron", vary: [], threads: one_per_cell)])"#;
    sandbox.write("plan.ron", plan);
    sandbox.write("other/sweep.json", "{\"method\": \"bayes\"}");
    let before = sandbox.everything();
    let (stderr, code) = sandbox.fail("sweep plan plan.ron --out other");
    assert!(
        stderr.starts_with("error: other does not hold a sweep: other/sweep.json:"),
        "{stderr}"
    );
    assert_eq!(code, Some(2));
    assert!(sandbox.changes(&before).is_empty());
}

#[test]
fn leftovers_of_killed_writers_are_removed_by_the_next_one() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    let config = crate::sandbox::configs().join("spirals.ron");
    sandbox.write("spirals.ron", fs::read(config).unwrap());
    let plan = r#"(schema: 1, name: "test", experiments: [(name: "e", config: "spirals.ron", vary: [], threads: one_per_cell)])"#;
    sandbox.write("plan.ron", plan);
    let leftovers = ["pages/.vds-a.partial", "s/.vds-b.partial", "s/cells/.vds-c.partial"];
    for name in leftovers.iter().chain(&[".vds-d.partial", "pages/thesis.partial"]) {
        sandbox.write(name, "half");
    }
    // A writer that is alive holds its file.
    sandbox.write("pages/.vds-e.partial", "half");
    let held = fs::File::open(sandbox.path("pages/.vds-e.partial")).unwrap();
    held.lock().unwrap();
    sandbox.run("report r --out pages/page.html");
    sandbox.run("sweep plan plan.ron --out s");
    for name in leftovers {
        assert!(!sandbox.path(name).exists(), "{name}");
    }
    for name in [".vds-d.partial", "pages/thesis.partial", "pages/.vds-e.partial"] {
        assert!(sandbox.path(name).exists(), "{name}");
    }
    sandbox.run("report r --out page.html");
    assert!(!sandbox.path(".vds-d.partial").exists());
}
