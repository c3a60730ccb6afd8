//! The states of a run directory, and what each command does in each: docs/RUN_STATES.md is what this test observes.

use std::fmt::Write as _;
use std::fs;
use std::process::Stdio;

use expect_test::expect_file;

use crate::sandbox::Sandbox;

const TRAIN: &str = "train CONFIGS/spirals.ron --set epochs=6 --set max_depth=2 --set dataset.n=40 --quiet";

/// A state, and how a run comes into it.
struct State {
    name: &'static str,
    comes_from: &'static str,
    prepare: fn(&Sandbox),
}

const STATES: &[State] = &[
    State {
        name: "reserved",
        comes_from: "`vds train` or `vds prune` was killed before it wrote anything but the lock",
        prepare: |sandbox| sandbox.write("r/.vds-lock", ""),
    },
    State {
        name: "announced",
        comes_from: "`vds train` was killed before the configuration was there",
        prepare: |sandbox| killed(sandbox, &format!("{TRAIN} --out r"), "environment-written@1"),
    },
    State {
        name: "begun",
        comes_from: "`vds train` was killed before its first checkpoint was there",
        prepare: |sandbox| {
            killed(
                sandbox,
                &format!("{TRAIN} --out r --checkpoint-epochs 2"),
                "half-written@1",
            );
        },
    },
    State {
        name: "training",
        comes_from: "`vds train` was killed or interrupted",
        prepare: |sandbox| {
            killed(
                sandbox,
                &format!("{TRAIN} --out r --checkpoint-epochs 2"),
                "half-written@2",
            );
        },
    },
    State {
        name: "training, configuration lost",
        comes_from: "somebody removed `config.ron`",
        prepare: |sandbox| {
            killed(
                sandbox,
                &format!("{TRAIN} --out r --checkpoint-epochs 2"),
                "half-written@2",
            );
            fs::remove_file(sandbox.path("r/config.ron")).unwrap();
        },
    },
    State {
        name: "training, environment lost",
        comes_from: "somebody removed `environment.json`",
        prepare: |sandbox| {
            killed(
                sandbox,
                &format!("{TRAIN} --out r --checkpoint-epochs 2"),
                "half-written@2",
            );
            fs::remove_file(sandbox.path("r/environment.json")).unwrap();
        },
    },
    State {
        name: "training, checkpoints lost",
        comes_from: "somebody removed the checkpoints",
        prepare: |sandbox| {
            killed(
                sandbox,
                &format!("{TRAIN} --out r --checkpoint-epochs 2"),
                "half-written@2",
            );
            fs::remove_dir_all(sandbox.path("r/checkpoints")).unwrap();
        },
    },
    State {
        name: "overwriting",
        comes_from: "`vds train --overwrite` was killed between the new environment and the new configuration",
        prepare: |sandbox| {
            sandbox.run(&format!("{TRAIN} --out r"));
            let again = format!("{TRAIN} --seed 3 --out r --overwrite");
            killed(sandbox, &again, "environment-written@1");
        },
    },
    State {
        name: "diverged",
        comes_from: "a number became NaN or infinite",
        prepare: |sandbox| {
            let train = format!("{TRAIN} --set optimizer.learning_rate=100 --set epochs=1000 --out r");
            assert_eq!(sandbox.fail(&train).1, Some(1));
        },
    },
    State {
        name: "stripped",
        comes_from: "somebody removed `summary.json` of a finished run",
        prepare: |sandbox| {
            sandbox.run(&format!("{TRAIN} --out r"));
            fs::remove_file(sandbox.path("r/summary.json")).unwrap();
        },
    },
    State {
        name: "finished",
        comes_from: "`vds train` ended by itself",
        prepare: |sandbox| {
            sandbox.run(&format!("{TRAIN} --out r"));
        },
    },
    State {
        name: "pruning announced",
        comes_from: "`vds prune` was killed before the configuration was there",
        prepare: |sandbox| {
            sandbox.run(&format!("{TRAIN} --out whole"));
            killed(sandbox, "prune whole --depth 1 --out r", "environment-written@1");
        },
    },
    State {
        name: "pruning",
        comes_from: "`vds prune` was killed before the summary was there",
        prepare: |sandbox| {
            sandbox.run(&format!("{TRAIN} --out whole"));
            killed(sandbox, "prune whole --depth 1 --out r", "environment-written@1");
            sandbox.run("prune whole --depth 1 --out done");
            fs::copy(sandbox.path("done/config.ron"), sandbox.path("r/config.ron")).unwrap();
        },
    },
    State {
        name: "pruned",
        comes_from: "`vds prune` ended by itself",
        prepare: |sandbox| {
            sandbox.run(&format!("{TRAIN} --out whole"));
            sandbox.run("prune whole --depth 1 --out r");
        },
    },
];

const COMMANDS: [(&str, &str); 8] = [
    ("train CONFIG --out r", "TRAIN --out r"),
    ("train CONFIG --out r --overwrite", "TRAIN --out r --overwrite"),
    ("train --resume r", "train --resume r --quiet"),
    ("evaluate r", "evaluate r"),
    ("predict r FILE", "predict r p.txt"),
    ("prune r --out p", "prune r --depth 1 --out p"),
    ("report r --out page.html", "report r --out page.html"),
    ("verify r", "verify r"),
];

fn killed(sandbox: &Sandbox, command: &str, fault: &str) {
    let mut process = sandbox.command(command);
    process
        .env("VDS_FAULT", fault)
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    assert_eq!(process.status().unwrap().code(), None, "{command} is killed at {fault}");
}

/// What cannot be made again: weights and checkpoints. What has become of them.
fn treasures(sandbox: &Sandbox) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let checkpoints = fs::read_dir(sandbox.path("r/checkpoints")).into_iter().flatten();
    let names = checkpoints.map(|entry| format!("r/checkpoints/{}", entry.unwrap().file_name().to_string_lossy()));
    for name in names.chain(["r/weights.safetensors".to_owned()]) {
        if let Ok(bytes) = fs::read(sandbox.path(&name)) {
            found.push((name, vds_files::digest(&bytes)));
        }
    }
    found.sort();
    found
}

#[test]
fn run_states_are_those_of_the_table() {
    let mut page = HEAD.to_owned();
    for state in STATES {
        let sandbox = Sandbox::new();
        (state.prepare)(&sandbox);
        let mut files: Vec<String> = fs::read_dir(sandbox.path("r"))
            .unwrap()
            .map(|entry| format!("`{}`", entry.unwrap().file_name().to_string_lossy()))
            .filter(|name| !name.starts_with("`.vds-"))
            .collect();
        files.sort();
        let (name, comes_from) = (state.name, state.comes_from);
        let files = if files.is_empty() {
            "nothing".to_owned()
        } else {
            files.join(", ")
        };
        write!(page, "\n## {name}\n\n{comes_from}.\nIn the folder: {files}.\n\n").unwrap();
        page.push_str("| command | exit code | what it says |\n| --- | --- | --- |\n");
        for (shown, command) in COMMANDS {
            let sandbox = Sandbox::new();
            sandbox.write("p.txt", "1 2\n");
            (state.prepare)(&sandbox);
            let before = treasures(&sandbox);
            let command = command.replace("TRAIN", TRAIN);
            let output = sandbox.command(&command).output().unwrap();
            let code = output.status.code().unwrap();
            if code == 2 {
                assert_eq!(treasures(&sandbox), before, "{name}: {command}");
            }
            // `verify` prints its verdict on each run, also that it has no numbers, as a result.
            let is_result = code != 0 && output.stderr.is_empty();
            let said = if is_result { output.stdout } else { output.stderr };
            let said = String::from_utf8(said).unwrap();
            let said: Vec<&str> = said.lines().take(2).collect();
            writeln!(
                page,
                "| `{shown}` | {code} | {} |",
                said.join("<br>").replace('|', "\\|")
            )
            .unwrap();
        }
    }
    expect_file!["../../../../docs/RUN_STATES.md"].assert_eq(&page);
}

const HEAD: &str = "# States of a run directory

Which files are there says in which state a run is.
They are written in this order: lock, `environment.json`, `config.ron`, `metrics.jsonl` with `journal.jsonl` and `checkpoints`, `weights.safetensors`, `predictive_grid.json`, and last `summary.json`, which holds the digests of the others.
`--overwrite` begins by removing the summary, then the checkpoints, then the rest.
No command removes weights or checkpoints that cannot be made again unless `--overwrite` is given.

This page is what `cargo test -p vds-runner --test it run_states` observes; the test fails where a command does something else.
";
