use super::*;
use summary::tests::summary_text;

fn args(only: &[&str], out: Option<PathBuf>) -> Args {
    let only = only.iter().map(|&name| name.to_owned()).collect();
    Args {
        profile: Profile::Smoke,
        only,
        out,
        data_dir: None,
        threads: None,
        offline: false,
    }
}

#[test]
fn unknown_experiment_is_a_bad_request_that_names_the_known_ones() {
    let error = chosen_experiments(&args(&["spiral"], None)).unwrap_err();
    assert!(error.is::<BadRequest>());
    let expected = "profile smoke has no experiment `spiral`; it has spirals, fashion-mnist-mini";
    assert_eq!(error.to_string(), expected);
}

#[test]
fn only_keeps_the_named_experiment() {
    let names = |only: &[&str]| -> Vec<&str> {
        let chosen = chosen_experiments(&args(only, None)).unwrap();
        chosen.iter().map(|experiment| experiment.name).collect()
    };
    assert_eq!(names(&["spirals"]), ["spirals"]);
    assert_eq!(names(&[]), ["spirals", "fashion-mnist-mini"]);
}

#[test]
fn output_folder_that_is_a_file_is_a_bad_request() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let error = writable_folder(&args(&[], Some(file.path().to_path_buf()))).unwrap_err();
    assert!(error.is::<BadRequest>());
    assert!(error.to_string().starts_with("cannot write to "), "{error}");
}

#[test]
fn output_folder_is_made_and_left_empty() {
    let parent = tempfile::tempdir().unwrap();
    let out = writable_folder(&args(&[], Some(parent.path().join("a/b")))).unwrap();
    assert_eq!(fs::read_dir(out).unwrap().count(), 0);
}

#[test]
fn only_the_end_of_a_long_output_is_shown() {
    let text: String = (0..20).map(|number| format!("{number}\n")).collect();
    let shown = last_lines(&text);
    assert_eq!((shown.lines().count(), shown.lines().next()), (15, Some("    5")));
}

/// A stand-in for `vds`: DDNs fail with a message, everything else writes the summary that lies beside it.
#[cfg(unix)]
const STAND_IN: &str = r#"#!/bin/sh
case "$*" in *method=ddn*) echo "no such luck" >&2; exit 1 ;; esac
for last; do :; done
mkdir -p "$last" && cp summary.json "$last/summary.json"
"#;

/// An output folder with the stand-in and configurations.
#[cfg(unix)]
fn context_with_stand_in(folder: &tempfile::TempDir) -> Context {
    use std::os::unix::fs::PermissionsExt as _;
    let out = folder.path().to_path_buf();
    let binary = out.join("vds");
    fs::write(&binary, STAND_IN).unwrap();
    fs::set_permissions(&binary, fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(out.join("summary.json"), summary_text()).unwrap();
    for experiment in Profile::Smoke.experiments() {
        fs::write(out.join(format!("{}.ron", experiment.name)), "()").unwrap();
    }
    Context {
        binary,
        configs: out.clone(),
        data_dir: None,
        out,
        n_threads: 2,
    }
}

#[cfg(unix)]
#[test]
fn failed_run_is_reported_with_its_output_and_the_others_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let context = context_with_stand_in(&folder);
    let cells: Vec<Cell> = Profile::Smoke.experiments().iter().flat_map(cell::cells).collect();
    let outcomes = run_cells(&cells, &context);
    for (cell, outcome) in cells.iter().zip(&outcomes) {
        match outcome {
            Ok(_) => assert_eq!(cell.method, "ldn"),
            Err(reason) => assert!(reason.ends_with("ends so:\n    no such luck\n"), "{reason}"),
        }
    }
    let (finished, failed) = sort_out(&cells, outcomes);
    assert_eq!(finished.len(), 2);
    assert_eq!(failed, ["spirals/ddn-D5-s0", "fashion-mnist-mini/ddn-D1-s0"]);

    let (_, seconds) = run_cell(&cells[0], &context, &AtomicBool::new(false)).unwrap();
    assert_eq!(seconds, None, "the finished cell is kept");
}
