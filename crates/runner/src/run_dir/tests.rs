use std::fs;
use std::path::Path;

use expect_test::{Expect, expect};
use vds_datasets::Provenance;
use vds_records::files::{CHECKPOINTS, CONFIG, ENVIRONMENT, METRICS, PREDICTIVE_GRID, SUMMARY, WEIGHTS};
use vds_records::{Environment, EpochMetrics, RunReader};

use super::*;
use crate::config::{self, Config};
use crate::error;

fn config() -> Config {
    config::load(Path::new("t.ron"), config::SMALL, &[]).unwrap()
}

fn environment() -> Environment {
    let provenance = Provenance {
        name: "none".to_owned(),
        class_names: Vec::new(),
        files: Vec::new(),
    };
    environment_here(&provenance, &config())
}

fn metrics(epoch: usize) -> EpochMetrics {
    EpochMetrics {
        epoch,
        train_loss: 1.0,
        posterior: vec![1.0],
        ..EpochMetrics::default()
    }
}

/// The refusal of a folder, with the temporary folder's name taken out.
#[track_caller]
fn check_refused(root: &Path, path: &Path, overwrite: bool, expected: Expect) {
    let refused = RunDir::create(path, overwrite).unwrap_err();
    let text = error::text(&refused.into());
    expected.assert_eq(&text.replace(&root.to_string_lossy().to_string(), "ROOT"));
}

#[test]
fn output_of_a_run_that_does_not_begin_is_nothing() {
    let root = tempfile::tempdir().unwrap();
    let there = root.path().join("there");
    fs::create_dir(&there).unwrap();
    drop(RunDir::create(&there, false).unwrap());
    assert!(there.exists(), "it was not made by the run");
    drop(RunDir::create(&there.join("a/b/c"), false).unwrap());
    assert_eq!(fs::read_dir(&there).unwrap().count(), 0);
}

#[test]
fn output_of_a_run_that_begins_stays() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("a/b");
    let mut run_dir = RunDir::create(&path, false).unwrap();
    run_dir.begin(&config(), &environment()).unwrap();
    let (mut log, _) = run_dir.open_logs(Vec::new()).unwrap();
    log.append(&metrics(1)).unwrap();
    drop(run_dir);
    assert_eq!(RunReader::new(&path).epochs().unwrap(), [metrics(1)]);
    assert_eq!(*StoredRun::open(&path).unwrap().config(), config());
}

#[test]
fn output_to_a_folder_with_something_in_it_is_refused() {
    let root = tempfile::tempdir().unwrap();
    let (run, other) = (root.path().join("run"), root.path().join("other"));
    RunDir::create(&run, false)
        .unwrap()
        .begin(&config(), &environment())
        .unwrap();
    check_refused(
        root.path(),
        &run,
        false,
        expect![[r#"
        ROOT/run holds an unfinished run
        hint: continue it with `vds train --resume ROOT/run`, choose another folder, or replace it with --overwrite"#]],
    );
    fs::write(run.join(SUMMARY), "{}").unwrap();
    check_refused(
        root.path(),
        &run,
        false,
        expect![[r#"
        ROOT/run holds a finished run
        hint: choose another folder, or replace the run with --overwrite"#]],
    );

    fs::create_dir(&other).unwrap();
    fs::write(other.join("thesis.tex"), "text").unwrap();
    check_refused(
        root.path(),
        &other,
        false,
        expect![[r#"
            ROOT/other is not empty and does not hold a run
            hint: choose another folder"#]],
    );
    check_refused(
        root.path(),
        &other,
        true,
        expect![[r#"
            ROOT/other is not empty and does not hold a run
            hint: choose another folder"#]],
    );
    check_refused(
        root.path(),
        &other.join("thesis.tex"),
        false,
        expect![[r#"
            the output folder ROOT/other/thesis.tex cannot be made: ROOT/other/thesis.tex is not a folder
            hint: choose another --out"#]],
    );
}

#[test]
fn overwrite_removes_the_old_files_only_when_the_new_run_begins() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    RunDir::create(path, false)
        .unwrap()
        .begin(&config(), &environment())
        .unwrap();
    fs::write(path.join(SUMMARY), "old").unwrap();
    fs::write(path.join("notes.txt"), "mine").unwrap();
    let mut run_dir = RunDir::create(path, true).unwrap();
    assert!(path.join(SUMMARY).exists());
    run_dir.begin(&config(), &environment()).unwrap();
    assert!(!path.join(SUMMARY).exists());
    assert!(path.join("notes.txt").exists(), "only files of a run are removed");
}

#[test]
fn overwrite_that_breaks_off_leaves_a_run_that_starts_from_scratch() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path();
    let mut run_dir = RunDir::create(path, false).unwrap();
    run_dir.begin(&config(), &environment()).unwrap();
    for name in [SUMMARY, WEIGHTS] {
        fs::write(path.join(name), "old").unwrap();
    }
    fs::create_dir(path.join(CHECKPOINTS)).unwrap();
    // Each of these in turn cannot be removed, as if the process had ended there.
    for blocking in [PREDICTIVE_GRID, METRICS, ENVIRONMENT] {
        let _ = fs::remove_file(path.join(blocking));
        fs::create_dir(path.join(blocking)).unwrap();
        run_dir.begin(&config(), &environment()).unwrap_err();
        assert!(!path.join(SUMMARY).exists(), "{blocking}: it would pass for finished");
        assert!(!path.join(CHECKPOINTS).exists(), "{blocking}: it would resume");
        assert!(path.join(CONFIG).exists(), "{blocking}");
        fs::remove_dir(path.join(blocking)).unwrap();
        fs::write(path.join(SUMMARY), "old").unwrap();
        fs::create_dir(path.join(CHECKPOINTS)).unwrap();
    }
}

#[test]
fn output_file_is_replaced_whole_and_leaves_no_temporary_one() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join("file");
    write_atomically(&path, b"first").unwrap();
    write_atomically(&path, b"second").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"second");
    assert_eq!(fs::read_dir(root.path()).unwrap().count(), 1);
    let refused = write_atomically(&root.path().join("no/such/folder"), b"").unwrap_err();
    assert_eq!(error::exit_code(&refused.into()), error::ExitCode::BadInput);
}

#[test]
fn metrics_with_a_torn_line_are_refused_by_line() {
    let root = tempfile::tempdir().unwrap();
    let path = root.path().join(METRICS);
    let mut log = MetricsLog::with(&path, Vec::new()).unwrap();
    log.append(&metrics(1)).unwrap();
    log.append(&metrics(2)).unwrap();
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() - 20]).unwrap();
    let text = error::text(&RunReader::new(root.path()).epochs().unwrap_err().into());
    assert!(text.contains("metrics.jsonl:2:"), "{text}");
    assert!(text.ends_with(": the text ends in the middle of a value"), "{text}");
}

#[test]
fn environment_reads_back() {
    let text = serde_json::to_string(&environment()).unwrap();
    assert_eq!(serde_json::from_str::<Environment>(&text).unwrap(), environment());
    assert!(!text.contains("pruned_from"));
}

#[test]
fn environment_names_the_program_the_lock_file_and_the_instruction_set() {
    let environment = environment();
    let is_digest = |digest: Option<String>| digest.is_some_and(|digest| digest.len() == 64);
    assert!(is_digest(environment.binary_sha256) && is_digest(environment.lock_sha256));
    assert!(environment.instruction_set.is_some_and(|name| !name.is_empty()));
}

#[test]
fn environment_of_an_older_version_reads() {
    let mut value = serde_json::to_value(environment()).unwrap();
    let added = ["binary_sha256", "lock_sha256", "instruction_set"];
    for name in added {
        assert!(value.as_object_mut().unwrap().remove(name).is_some(), "{name}");
    }
    let read: Environment = serde_json::from_value(value).unwrap();
    assert_eq!(
        [read.binary_sha256, read.lock_sha256, read.instruction_set],
        [None, None, None]
    );
}
