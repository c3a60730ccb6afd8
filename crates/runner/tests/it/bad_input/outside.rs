//! Nothing that stands in a configuration, a record or a file decides where something is written.

use super::fixtures::run_on_points;
use super::weights::WEIGHTS;
use super::weights_file::WeightsFile;
use crate::sandbox::Sandbox;

/// Names that would leave the folder if they were used as paths.
const NAMES: [&str; 4] = ["../../evil", "a/../../evil", "a/b", ".."];

/// Runs a command that succeeds and writes into `folder` alone.
#[track_caller]
fn check(sandbox: &Sandbox, command: &str, folder: &str) {
    let before = sandbox.everything();
    sandbox.run(command);
    let changes = sandbox.changes(&before);
    let root = sandbox.path(folder);
    assert!(!changes.is_empty(), "{command}");
    for path in changes {
        assert!(path.starts_with(&root), "{command} wrote {}", path.to_string_lossy());
    }
}

#[test]
fn train_does_not_write_where_the_name_of_the_experiment_points() {
    for name in NAMES {
        let sandbox = Sandbox::new();
        let small = "--set epochs=1 --set max_depth=1 --quiet";
        check(
            &sandbox,
            &format!("train CONFIGS/spirals.ron --set name=\"{name}\" {small} --out o"),
            "o",
        );
        check(&sandbox, "prune o --depth 0 --out p", "p");
        check(&sandbox, "report o p --out page.html", "page.html");
    }
}

#[test]
fn report_and_prune_do_not_write_where_names_in_records_point() {
    for name in NAMES {
        let sandbox = Sandbox::new();
        run_on_points(&sandbox);
        sandbox.replace("r/summary.json", "\"spirals\"", &format!("\"{name}\""));
        let mut environment = sandbox.json("r/environment.json");
        for field in ["version", "commit", "toolchain", "target"] {
            environment[field] = name.into();
        }
        environment["data"][0]["location"] = name.into();
        sandbox.write("r/environment.json", environment.to_string());
        sandbox.reseal("r");
        check(&sandbox, "report r --out page.html", "page.html");
        check(&sandbox, "prune r --out p", "p");
    }
}

#[test]
fn weights_with_paths_for_names_are_refused() {
    for name in NAMES {
        let sandbox = Sandbox::new();
        run_on_points(&sandbox);
        let mut file = WeightsFile::parse(&std::fs::read(sandbox.path(WEIGHTS)).unwrap());
        file.add(name);
        file.add(sandbox.path("../evil").to_str().unwrap());
        sandbox.write(WEIGHTS, file.to_bytes());
        let before = sandbox.everything();
        for command in ["evaluate r", "prune r --out p", "predict r r/config.ron"] {
            assert_eq!(sandbox.fail(command).1, Some(2), "{command}");
        }
        assert!(sandbox.changes(&before).is_empty());
    }
}
