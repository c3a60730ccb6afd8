//! What a terminal and a shell see of names and texts that may hold anything.

use std::fs;
use std::process::{Command, Output};

use serde_json::Value;

use crate::bad_input::fixtures::run_on_points;
use crate::sandbox::Sandbox;

/// Clears the screen, fakes a line, rings, and begins a sequence with one character.
const STEERING: &str = "a\u{1b}[2Jb\nerror: fake\r\u{7}\u{9b}1m\u{7f}";

/// Runs a command with more arguments.
fn run(sandbox: &Sandbox, command: &str, arguments: &[&str]) -> Output {
    sandbox.command(command).args(arguments).output().unwrap()
}

/// What a command prints, which steers no terminal and fakes no line.
#[track_caller]
fn printed(sandbox: &Sandbox, command: &str, arguments: &[&str]) -> (String, Option<i32>) {
    let output = run(sandbox, command, arguments);
    let text = [output.stdout, output.stderr]
        .map(|bytes| String::from_utf8(bytes).unwrap())
        .concat();
    let raw: Vec<char> = text
        .chars()
        .filter(|c| c.is_control() && !"\n\t".contains(*c))
        .collect();
    assert!(raw.is_empty(), "{command}: {raw:?} in {text}");
    assert!(
        text.lines().all(|line| !line.starts_with("error: fake")),
        "{command}: {text}"
    );
    (text, output.status.code())
}

#[track_caller]
fn check(sandbox: &Sandbox, command: &str, arguments: &[&str], code: i32) {
    let (text, actual) = printed(sandbox, command, arguments);
    assert_eq!(actual, Some(code), "{command}: {text}");
    assert!(
        text.contains(r"a\u{1b}[2Jb\nerror: fake\r\u{7}\u{9b}1m\u{7f}") || text.contains(r"$'"),
        "{command}: {text}"
    );
}

#[test]
fn terminal_sees_no_control_characters_of_names_that_are_not_there() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    for command in [
        "evaluate",
        "verify",
        "train --resume",
        "sweep status",
        "sweep run",
        "report --out page.html",
    ] {
        check(&sandbox, command, &[STEERING], 2);
    }
    for (command, arguments) in [
        ("train --out o", vec![STEERING]),
        ("train CONFIGS/spirals.ron --out o", vec!["--set", STEERING]),
        ("train CONFIGS/spirals.ron --out o --seed", vec![STEERING]),
        ("predict r", vec![STEERING]),
        ("prune --out o", vec![STEERING]),
        ("sweep plan --out o", vec![STEERING]),
        ("data verify", vec![STEERING]),
        ("data fetch mnist --mirror", vec![STEERING]),
        ("data import mnist", vec![STEERING]),
        ("report r --out", vec![&format!("{STEERING}/page.html")]),
        ("", vec![STEERING]),
        ("evaluate r", vec![&format!("--{STEERING}")]),
    ] {
        let (text, code) = printed(&sandbox, command, &arguments);
        assert_eq!(code, Some(2), "{command}: {text}");
    }
}

#[test]
fn terminal_sees_no_control_characters_of_names_that_are_there() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    fs::rename(sandbox.path("r"), sandbox.path(STEERING)).unwrap();
    fs::create_dir(sandbox.path("p")).unwrap();
    let points = format!("p/{STEERING}");
    sandbox.write(&points, "0 1\n");
    check(&sandbox, "verify", &[STEERING], 0);
    check(&sandbox, "predict", &[STEERING, &points], 0);
    check(
        &sandbox,
        "report --out",
        &[&format!("{STEERING}/page.html"), STEERING],
        0,
    );
    check(&sandbox, "train CONFIGS/spirals.ron --out", &[STEERING], 2);
    check(&sandbox, "prune --out", &[STEERING, STEERING], 2);
    sandbox.write(&points, "0 1 2\n");
    check(&sandbox, "predict", &[STEERING, &points], 2);
    sandbox.write(&points, format!("(sche{}: 3)", STEERING.replace('\n', "")));
    check(&sandbox, "train --out o", &[&points], 2);
    sandbox.write(&points, "(\"sch\u{1b}[2Jema\": 3, sch\\u{1b}ema: 2)");
    check(&sandbox, "train --out o", &[&points], 2);
    fs::remove_file(sandbox.path(STEERING).join("summary.json")).unwrap();
    check(&sandbox, "verify", &[STEERING], 2);
    check(&sandbox, "report --out page.html", &[STEERING], 2);
}

#[test]
fn terminal_sees_no_control_characters_of_records() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    let mut summary = sandbox.json("r/summary.json");
    summary["dataset"] = STEERING.into();
    sandbox.write("r/summary.json", summary.to_string());
    let mut environment = sandbox.json("r/environment.json");
    for field in ["version", "commit", "toolchain", "target", "instruction_set"] {
        environment[field] = STEERING.into();
    }
    sandbox.write("r/environment.json", environment.to_string());
    sandbox.reseal("r");
    check(&sandbox, "train --resume r", &[], 0);
    check(&sandbox, "verify r", &[], 1);
}

#[test]
fn json_keeps_names_with_control_characters_as_escapes() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    sandbox.write(STEERING, "0 1\n");
    let output = run(&sandbox, "predict r --json", &[STEERING]);
    printed(&sandbox, "predict r --json", &[STEERING]);
    let predicted: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(predicted[0]["file"], STEERING);
    printed(&sandbox, "verify --json", &["r", STEERING]);
    let output = run(&sandbox, "verify --json", &["r", STEERING]);
    let verified: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(verified[1]["run"], STEERING);
}

#[test]
fn report_page_has_no_control_characters() {
    let sandbox = Sandbox::new();
    run_on_points(&sandbox);
    fs::rename(sandbox.path("r"), sandbox.path(STEERING)).unwrap();
    let output = run(&sandbox, "report --out page.html --title", &[STEERING, STEERING]);
    assert!(output.status.success());
    let page = sandbox.text("page.html");
    let raw: Vec<char> = page
        .chars()
        .filter(|c| c.is_control() && !"\n\t".contains(*c))
        .collect();
    assert!(raw.is_empty(), "{raw:?}");
    assert!(page.contains("a\u{fffd}[2Jb"), "the rest of the text is there");
}

/// Runs the command between the backticks of a hint in a shell.
#[track_caller]
fn follow(sandbox: &Sandbox, stderr: &str) {
    let hint = stderr.lines().find_map(|line| line.strip_prefix("hint: "));
    let hint = hint.unwrap_or_else(|| panic!("no hint: {stderr}"));
    let (_, after) = hint.split_once('`').unwrap();
    let (command, _) = after.rsplit_once('`').unwrap();
    let bin = std::path::Path::new(env!("CARGO_BIN_EXE_vds")).parent().unwrap();
    let path = format!("{}:{}", bin.to_str().unwrap(), std::env::var("PATH").unwrap());
    // Names with control characters are written as `$'...'`, which not every `sh` reads.
    let mut shell = Command::new(if command.contains("$'") { "bash" } else { "sh" });
    shell
        .args(["-c", command])
        .env("PATH", path)
        .current_dir(sandbox.path(""));
    let output = shell.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command}: {stderr}");
}

const ODD_NAMES: [&str; 7] = [
    "a b",
    "$(touch pwned)",
    "-x",
    "it's",
    "a`touch pwned`",
    "a;touch pwned",
    STEERING,
];

#[test]
fn hints_to_resume_can_be_copied_into_a_shell_whatever_the_folder_is_called() {
    for name in ODD_NAMES {
        let sandbox = Sandbox::new();
        run_on_points(&sandbox);
        fs::remove_file(sandbox.path("r/summary.json")).unwrap();
        fs::remove_file(sandbox.path("r/weights.safetensors")).unwrap();
        fs::rename(sandbox.path("r"), sandbox.path(name)).unwrap();
        let (stderr, _) = printed(&sandbox, "report --out page.html", &["--", name]);
        follow(&sandbox, &stderr);
        assert!(sandbox.path(name).join("summary.json").is_file(), "{name}");
        assert!(!sandbox.path("pwned").exists(), "{name}");
        printed(&sandbox, "report --out page.html", &["--", name]);
    }
}

#[test]
fn hints_to_run_a_sweep_can_be_copied_into_a_shell_whatever_the_folder_is_called() {
    let plan = r#"(schema: 1, name: "test", experiments: [(name: "e", config: "spirals.ron",
        settings: ["max_depth=1", "epochs=1"], vary: [], threads: one_per_cell)])"#;
    for name in ODD_NAMES {
        let sandbox = Sandbox::new();
        let config = crate::sandbox::configs().join("spirals.ron");
        sandbox.write("spirals.ron", fs::read(config).unwrap());
        sandbox.write("plan.ron", plan);
        printed(&sandbox, "sweep plan plan.ron --out=s", &[]);
        fs::rename(sandbox.path("s"), sandbox.path(name)).unwrap();
        let (stderr, _) = printed(&sandbox, "report --out page.html", &["--", name]);
        follow(&sandbox, &stderr);
        assert!(!sandbox.path("pwned").exists(), "{name}");
        let (text, code) = printed(&sandbox, "report --out page.html", &["--", name]);
        assert_eq!(code, Some(0), "{text}");
    }
}
